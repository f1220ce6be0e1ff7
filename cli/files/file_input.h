/* SPDX-License-Identifier: Apache-2.0
 *
 * One input file, or standard input for "-". Functions report failures on the console and return
 * the exit code.
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
    struct stat stat; /* as it was when opened; of the mode, the group's own permissions */
    uint64_t n_read;  /* by input_read */
    unsigned char start
        [TACIT_ARCHIVE_HEADER_MAX]; /* bytes that input_peek has read and input_read has still to
                                       give */
    size_t n_start, at_start;
    bool start_is_all; /* the input ends with these bytes */
    bool at_end;
    int source_errno; /* of the last failed read through input_source */
};

enum input_rule {
    INPUT_ANY,          /* links are followed, pipes and devices read */
    INPUT_REGULAR_ONLY, /* links, pipes and devices are refused, with a hint to -f */
};

/* After a failure the caller has nothing to close. path: must outlive the input. */
enum exit_code input_open(struct input *input, struct console *console, const char *path,
                          enum input_rule rule);

/* Call at the end of the input: fails if a regular file has become shorter and lost bytes that were
 * not read yet. */
enum exit_code input_check_end(const struct input *input);

/* Reads n bytes, fewer only at the end, which sets at_end, or fails if the file became shorter. */
enum exit_code input_read(struct input *input, void *data, size_t n, size_t *n_read);

/* Reads the first bytes, which input_read gives again: *n at *start, TACIT_ARCHIVE_HEADER_MAX
 * unless the input is shorter. Call before input_read. */
enum exit_code input_peek(struct input *input, const void **start, size_t *n);

/* Bytes to come if the input is a regular file, 0 if that is not known. */
uint64_t input_size(const struct input *input);

/* Random access to the input, which must be a regular file or a disk. */
enum exit_code input_source(struct input *input, struct tacit_source *source);

/* Reports that the library failed on a source made by input_source. */
enum exit_code input_source_failed(const struct input *input, enum tacit_status status);

/* Whether the file has changed since it was opened, as far as its size and time tell. */
bool input_has_changed(const struct input *input);

/* Deletes the file if its path still leads to the file that was read, and that is unchanged. */
enum exit_code input_remove(const struct input *input);

/* May be called twice. */
void input_close(struct input *input);

#endif
