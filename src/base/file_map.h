/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole file mapped read-only. Pages are shared and read on demand. Another process that shortens
 * the file while it is mapped makes later reads fault: map only files that nobody writes, such as
 * models.
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

/* TACIT_ERR_IO with errno set where the file cannot be opened, is not a regular file or cannot be
 * mapped; *map is then empty and needs no close. */
enum tacit_status file_map_open(struct file_map *map, const char *path);

/* An empty map is allowed. */
void file_map_close(struct file_map *map);

#endif
