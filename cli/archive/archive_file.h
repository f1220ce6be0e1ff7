/* SPDX-License-Identifier: Apache-2.0
 *
 * An archive file opened for random access, and its index.
 */
#ifndef TACIT_CLI_ARCHIVE_ARCHIVE_FILE_H
#define TACIT_CLI_ARCHIVE_ARCHIVE_FILE_H

#include "cli/base/arguments.h"
#include "cli/files/file_input.h"
#include "tacit/archive.h"

struct archive_file {
    struct input input;
    struct tacit_archive *archive;
    struct tacit_archive_info info;
};

/* to_decode: first searches for the model that the archive needs. Reports failures. After a failure
 * the caller has nothing to close. The struct must not move until it is closed. */
enum exit_code archive_file_open(struct archive_file *file, struct arguments *arguments,
                                 const char *path, bool to_decode);

void archive_file_close(struct archive_file *file);

#endif
