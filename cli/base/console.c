/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void console_init(struct console *console)
{
    struct stat out;
    *console =
        (struct console){.is_terminal = isatty(STDERR_FILENO) == 1,
                         .feeds_pipe = fstat(STDOUT_FILENO, &out) == 0 && S_ISFIFO(out.st_mode)};
}

/* Bytes above 127 pass: they may be letters of another alphabet. */
static void put_printable(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        putc(byte < 0x20 || byte == 0x7f ? '?' : byte, file);
    }
}

static void put_line(struct console *console, const char *name, const char *format, va_list args)
{
    char text[1024];
    console_clear_bar(console);
    vsnprintf(text, sizeof text, format, args);
    fputs("tacit: ", stderr);
    if (name != NULL) {
        put_printable(stderr, name);
        fputs(": ", stderr);
    }
    put_printable(stderr, text);
    putc('\n', stderr);
    fflush(stderr);
}

void console_print_name(const char *name)
{
    put_printable(stdout, name);
}

void console_error(struct console *console, const char *name, const char *format, ...)
{
    if (console->verbosity < -1)
        return;
    va_list args;
    va_start(args, format);
    put_line(console, name, format, args);
    va_end(args);
}

void console_warn(struct console *console, const char *name, const char *format, ...)
{
    if (console->verbosity < 0)
        return;
    va_list args;
    va_start(args, format);
    put_line(console, name, format, args);
    va_end(args);
}

void console_note(struct console *console, const char *name, const char *format, ...)
{
    bool is_wanted = (console->is_terminal && !console->feeds_pipe) || console->wants_lines;
    if (console->verbosity < (is_wanted ? 0 : 1))
        return;
    va_list args;
    va_start(args, format);
    put_line(console, name, format, args);
    va_end(args);
}

bool console_wants_bar(const struct console *console)
{
    const char *terminal = getenv("TERM");
    bool is_dumb = terminal && strcmp(terminal, "dumb") == 0;
    return console->is_terminal && !is_dumb && !console->feeds_pipe && console->verbosity >= 0;
}

unsigned console_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

void console_show_bar(struct console *console, const char *text)
{
    fputs("\r\033[K", stderr);
    put_printable(stderr, text);
    fflush(stderr);
    console->bar_shown = true;
}

void console_clear_bar(struct console *console)
{
    if (!console->bar_shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    console->bar_shown = false;
}
