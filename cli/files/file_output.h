/* SPDX-License-Identifier: Apache-2.0
 *
 * One output: a file, standard output, or none. A file is made under a temporary name in its
 * directory, and takes its name when it is complete and on the disk; until then an older file of
 * that name is unchanged. Call order: one of the open functions, output_write and output_skip, then
 * output_commit or output_abort. Functions report failures on the console and return the exit code.
 */
#ifndef TACIT_CLI_FILES_FILE_OUTPUT_H
#define TACIT_CLI_FILES_FILE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cli/base/exit_codes.h"

struct output {
    struct console *console;
    const char *name;  /* for messages: the path, or "(stdout)" */
    int fd;            /* -1: bytes are dropped */
    char *temp_path;   /* NULL: the bytes go directly to the output */
    bool replace;      /* an existing file may be replaced */
    bool is_sparse;    /* zeros may become holes: the file ends where writing began */
    bool ends_in_hole; /* the last bytes were skipped, not written */
    uint64_t n_bytes;  /* written and skipped so far */
};

/* Drops the bytes. */
void output_open_nothing(struct output *output, struct console *console);

/* Refuses a terminal, unless force. */
enum exit_code output_open_stdout(struct output *output, struct console *console, bool force);

/* Refuses a name that exists, unless force. A device or pipe (with force, or /dev/null) is written
 * to directly. path: must outlive the output. After a failure the caller has nothing to close.
 */
enum exit_code output_open_file(struct output *output, struct console *console, const char *path,
                                bool force);

/* Whether writing to output would destroy this file. */
bool output_is_same_file(const struct output *output, const struct stat *file);

/* Zeros become holes if the file can have them, so that a restored file has its holes again. */
enum exit_code output_write(struct output *output, const void *data, size_t n);

/* n zeros; a hole where files can have one. */
enum exit_code output_skip(struct output *output, uint64_t n);

/* Puts the file in its place, synchronised with the disk. like: the file takes its mode, its times
 * and, if the system allows that, its owner; NULL: the mode of a new file. Closes output; after a
 * failure no temporary file is left. */
enum exit_code output_commit(struct output *output, const struct stat *like);

/* Closes the output and removes its temporary file. Does nothing after commit, abort or a failed
 * open. */
void output_abort(struct output *output);

#endif
