/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that appears whole or not at all. It is written under a name of its own beside the target; commit
 * makes it durable and gives it the target's name, in place of an older file. A process that dies
 * in between leaves the old file and a temporary file, which harms no later call: each call takes a
 * new name.
 *
 *     file_replace_open, file_replace_write ..., then file_replace_commit or file_replace_abandon
 */
#ifndef TACIT_BASE_FILE_REPLACE_H
#define TACIT_BASE_FILE_REPLACE_H

#include <stddef.h>

#include "tacit/status.h"

struct file_replace {
    int fd;
    char *target, *temporary;
};

/* The file gets a new file's permissions: 0666 less the umask. After TACIT_ERR_IO (errno says why)
 * or TACIT_ERR_MEMORY no file is left, and neither commit nor abandon may follow. */
enum tacit_status file_replace_open(struct file_replace *file, const char *path);

/* TACIT_ERR_IO, for example where the disk is full: abandon the file then. */
enum tacit_status file_replace_write(struct file_replace *file, const void *data, size_t n_bytes);

/* Ends the use of *file. After TACIT_ERR_IO the target is unchanged, and the temporary file is
 * removed. */
enum tacit_status file_replace_commit(struct file_replace *file);

/* Ends the use of *file and leaves the target unchanged. Keeps errno. */
void file_replace_abandon(struct file_replace *file);

/* Opens, writes all n bytes and commits. */
enum tacit_status file_replace_all(const char *path, const void *data, size_t n_bytes);

#endif
