/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that others change while the command reads or writes: what comes from outside at the right
 * moment only by chance. The linker sends unlink() to the test's own function.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "cli/base/console.h"
#include "cli/files/file_input.h"
#include "cli/files/file_output.h"
#include "cli/files/line_reader.h"

static char name[] = "test_file_io.XXXXXX", target[sizeof name + 4];
static struct console console;
static bool unlink_fails;

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_unlink(const char *path)
{
    if (!unlink_fails)
        return __real_unlink(path);
    errno = EPERM;
    return -1;
}

static void make_file(size_t n)
{
    FILE *file = fopen(name, "wb");
    CHECK(file != NULL);
    for (size_t i = 0; file && i < n; i++)
        fputc("line\n"[i % 5], file);
    CHECK(file && fclose(file) == 0);
}

/* The file loses its end after the first read, before or after that was looked ahead at. */
static enum exit_code read_shrinking(size_t n, size_t n_left, bool looks_ahead)
{
    static char data[1 << 16];
    struct input input;
    const void *start;
    size_t n_read, n_start;
    make_file(n);
    CHECK(input_open(&input, &console, name, INPUT_ANY) == EXIT_CODE_OK);
    if (looks_ahead)
        CHECK(input_peek(&input, &start, &n_start) == EXIT_CODE_OK &&
              n_start == TACIT_ARCHIVE_HEADER_MAX);
    CHECK(input_read(&input, data, 1000, &n_read) == EXIT_CODE_OK && n_read == 1000);
    CHECK(memcmp(data, "line\n", 5) == 0 && memcmp(data + 995, "line\n", 5) == 0);
    CHECK(truncate(name, (off_t)n_left) == 0);
    enum exit_code code = input_read(&input, data, sizeof data, &n_read);
    input_close(&input);
    return code;
}

static enum exit_code read_lines(size_t n_left)
{
    struct line_reader reader;
    const char *line;
    size_t n;
    make_file(1 << 20);
    CHECK(line_reader_open(&reader, &console, name) == EXIT_CODE_OK);
    enum exit_code code = line_reader_next(&reader, &line, &n);
    CHECK(truncate(name, (off_t)n_left) == 0);
    while (code == EXIT_CODE_OK && line)
        code = line_reader_next(&reader, &line, &n);
    line_reader_close(&reader);
    return code;
}

/* The output is complete: a name that is left over does not make it a failure. */
static void write_without_unlink(void)
{
    struct output output;
    char data[5] = "";
    CHECK(output_open_file(&output, &console, target, false) == EXIT_CODE_OK);
    CHECK(output_write(&output, "whole", 5) == EXIT_CODE_OK);
    char *temporary = strdup(output.temp_path);
    unlink_fails = true;
    CHECK(output_commit(&output, NULL) == EXIT_CODE_OK);
    unlink_fails = false;
    FILE *file = fopen(target, "rb");
    CHECK(file && fread(data, 1, 5, file) == 5 && memcmp(data, "whole", 5) == 0);
    if (file)
        fclose(file);
    CHECK(unlink(temporary) == 0 && unlink(target) == 0);
    free(temporary);
}

int main(void)
{
    console_init(&console);
    console.verbosity = -2;
    int fd = mkstemp(name);
    CHECK(fd >= 0 && close(fd) == 0);
    snprintf(target, sizeof target, "%s.out", name);
    for (int looks_ahead = 0; looks_ahead < 2; looks_ahead++) {
        CHECK(read_shrinking(5000, 5000, looks_ahead) == EXIT_CODE_OK);
        CHECK(read_shrinking(5000, 4999, looks_ahead) == EXIT_CODE_FAILED);
        CHECK(read_shrinking(5000, 10, looks_ahead) == EXIT_CODE_FAILED);
        CHECK(read_shrinking(1000, 10, looks_ahead) == EXIT_CODE_OK);
    }
    CHECK(read_lines(1 << 20) == EXIT_CODE_OK);
    CHECK(read_lines(10) == EXIT_CODE_FAILED);
    write_without_unlink();
    CHECK(unlink(name) == 0);
    return check_result();
}
