/* SPDX-License-Identifier: Apache-2.0
 *
 * One output: a file, standard output, or nothing at all. A file is made under a temporary name in
 * the directory where it will stand, and takes its place when it is complete and on the disk; until
 * then whatever had the name is untouched. Call order: one of the open functions, output_write and
 * output_skip, then output_commit or output_abort. What can go wrong is said on the console;
 * functions return the exit code that goes with it.
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
    int fd;            /* -1: what is written goes nowhere */
    char *temp_path;   /* NULL: the bytes go straight to where they belong */
    bool replace;      /* an existing file may be replaced */
    bool is_sparse;    /* zeros may become holes: the file ends where writing began */
    bool ends_in_hole; /* the last bytes were skipped, not written */
    uint64_t n_bytes;  /* written and skipped so far */
};

/* Takes the bytes and forgets them. */
void output_open_nothing(struct output *output, struct console *console);

/* Refused if it is a terminal, unless force. */
enum exit_code output_open_stdout(struct output *output, struct console *console, bool force);

/* Refused if something has this name, unless force. A device or pipe (with force, or /dev/null) is
 * written to as it stands. path: must outlive the output. After a failure nothing is left to close.
 */
enum exit_code output_open_file(struct output *output, struct console *console, const char *path,
                                bool force);

/* Would writing to output destroy this file? */
bool output_is_same_file(const struct output *output, const struct stat *file);

/* Zeros become holes where the file can have them: who restores a file with holes gets holes. */
enum exit_code output_write(struct output *output, const void *data, size_t n);

/* n zeros; a hole where files can have one. */
enum exit_code output_skip(struct output *output, uint64_t n);

/* Puts the file in its place, synchronised with the disk. like: mode, times and, where the system
 * allows it, owner are taken from there; NULL for the mode of a new file. Closes output; after a
 * failure nothing of it is left. */
enum exit_code output_commit(struct output *output, const struct stat *like);

/* Closes the output and removes what was made of it. After commit, abort or a failed open it does
 * nothing. */
void output_abort(struct output *output);

#endif
