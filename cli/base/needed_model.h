/* SPDX-License-Identifier: Apache-2.0
 *
 * Which language model an archive needs, from the beginning of its file.
 */
#ifndef TACIT_CLI_BASE_NEEDED_MODEL_H
#define TACIT_CLI_BASE_NEEDED_MODEL_H

#include "tacit/archive.h"

/* needed->n_hash is 0 where the archive needs none, or where the path leads to no regular file or to no
 * archive. */
void needed_model_read(const char *path, struct tacit_archive_model *needed);

/* The first bytes of the regular file at path; their number, 0 where there is no such file. */
size_t archive_head_read(const char *path, uint8_t head[TACIT_ARCHIVE_HEADER_MAX]);

#endif
