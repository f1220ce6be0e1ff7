/* SPDX-License-Identifier: Apache-2.0
 *
 * One input file, or standard input for "-". What can go wrong is said on the console; functions
 * return the exit code that goes with it.
 */
#ifndef TACIT_CLI_FILES_FILE_INPUT_H
#define TACIT_CLI_FILES_FILE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cli/base/exit_codes.h"
#include "tacit/archive.h"

struct input {
    struct console *console;
    const char *path; /* as given */
    const char *name; /* for messages: path, or "(stdin)" */
    int fd;           /* -1: not open */
    struct stat stat; /* as it was when opened; of the mode, what the group itself may do */
    uint64_t n_read;  /* by input_read */
    unsigned char start
        [TACIT_ARCHIVE_HEADER_MAX]; /* what input_peek has read and input_read has yet to give */
    size_t n_start, at_start;
    bool start_is_all; /* the input has no more than that */
    bool at_end;
    int source_errno; /* of the last failed read through input_source */
};

enum input_rule {
    INPUT_ANY,          /* links are followed, pipes and devices read */
    INPUT_REGULAR_ONLY, /* both are refused, with a hint to -f */
};

/* After a failure nothing is left to close. path: must outlive the input. */
enum exit_code input_open(struct input *input, struct console *console, const char *path,
                          enum input_rule rule);

/* At the end of what can be read: a regular file that has lost bytes which were not read yet is a failure. */
enum exit_code input_check_end(const struct input *input);

/* Fewer than n bytes only at the end, which sets at_end and is a failure if the file became shorter. */
enum exit_code input_read(struct input *input, void *data, size_t n, size_t *n_read);

/* The first bytes, which input_read gives again: *n of them at *start, TACIT_ARCHIVE_HEADER_MAX unless the input is
 * shorter. Before input_read. */
enum exit_code input_peek(struct input *input, const void **start, size_t *n);

/* Bytes to come if the input is a regular file, 0 if that is not known. */
uint64_t input_size(const struct input *input);

/* Random access to it; it must be a regular file (or a disk). */
enum exit_code input_source(struct input *input, struct tacit_source *source);

/* The library failed on a source made by input_source. */
enum exit_code input_source_failed(const struct input *input, enum tacit_status status);

/* Whether the file has other content by now than when it was opened, as far as its size and time tell. */
bool input_has_changed(const struct input *input);

/* Deletes the file if its path still leads to what was read, whole and unchanged since. */
enum exit_code input_remove(const struct input *input);

/* May be called twice. */
void input_close(struct input *input);

#endif
