/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a whole file, read once into the process's own memory. The file is not mapped: a process that maps a file
 * is killed by SIGBUS when another process shortens it, and sees what another process writes to it. So the bytes that
 * were checked are the bytes that are used. In return, processes do not share the memory.
 */
#ifndef TACIT_BASE_FILE_BYTES_H
#define TACIT_BASE_FILE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct file_bytes {
    const uint8_t *data; /* page-aligned; NULL for an empty file */
    size_t n_bytes;
};

/* TACIT_ERR_IO with errno set where the file cannot be opened, is not a regular file, cannot be read or ends early;
 * TACIT_ERR_MEMORY. *file is then empty and needs no close. */
enum tacit_status file_bytes_open(struct file_bytes *file, const char *path);

/* Frees the bytes. An empty *file is allowed. */
void file_bytes_close(struct file_bytes *file);

#endif
