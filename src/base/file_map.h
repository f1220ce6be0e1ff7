/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole file in memory of its own: read once, into a mapping without a file behind it. What was checked is what
 * is used, whatever becomes of the file: a process that maps the file itself is killed by SIGBUS when
 * another one shortens it, and sees what another one writes. The price is that processes do not share the pages.
 */
#ifndef TACIT_BASE_FILE_MAP_H
#define TACIT_BASE_FILE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct file_map {
    const uint8_t *data; /* page-aligned; NULL for an empty file */
    size_t n_bytes;
};

/* TACIT_ERR_IO with errno set where the file cannot be opened, is not a regular file, cannot be read or ends early;
 * TACIT_ERR_MEMORY. *map is then empty and needs no close. */
enum tacit_status file_map_open(struct file_map *map, const char *path);

/* An empty map is allowed. */
void file_map_close(struct file_map *map);

#endif
