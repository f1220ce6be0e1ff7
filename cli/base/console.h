/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard error: messages of one line each, "tacit: FILE: what failed", and below them at most one
 * progress bar. Control characters are shown as '?', so that a file's name cannot control the
 * terminal.
 */
#ifndef TACIT_CLI_BASE_CONSOLE_H
#define TACIT_CLI_BASE_CONSOLE_H

#include <stdbool.h>

struct console {
    int verbosity;    /* -2 nothing, -1 errors only, 0 normal, 1 and more: details */
    bool is_terminal; /* standard error is a terminal */
    bool feeds_pipe;  /* standard output is a pipe: its reader may draw on the same terminal */
    bool wants_lines; /* progress as plain lines, wherever standard error goes */
    bool bar_shown;
    const char *reference_given; /* what -D gave, in the words of reference_text.h; NULL: nothing */
};

void console_init(struct console *console);

/* name: the file that the message is about, NULL for none. Each adds the line's end. */
__attribute__((format(printf, 3, 4))) void console_error(struct console *console, const char *name,
                                                         const char *format, ...);
__attribute__((format(printf, 3, 4))) void console_warn(struct console *console, const char *name,
                                                        const char *format, ...);

/* Prints a name on standard output with control characters replaced too. */
void console_print_name(const char *name);

/* Reports a success: on a terminal that no other program draws on, or with -v or --progress. */
__attribute__((format(printf, 3, 4))) void console_note(struct console *console, const char *name,
                                                        const char *format, ...);

/* Whether to show a progress bar. Not on a terminal of the kind "dumb", which cannot go back in a
 * line, nor on one that a pager may be drawing on. */
bool console_wants_bar(const struct console *console);

/* Columns of the terminal. */
unsigned console_width(void);

/* Replaces the bar by text, which must be shorter than the terminal is wide. */
void console_show_bar(struct console *console, const char *text);
void console_clear_bar(struct console *console);

#endif
