/* SPDX-License-Identifier: Apache-2.0
 *
 * Which language model an archive needs, from the beginning of its file.
 */
#ifndef TACIT_CLI_BASE_NEEDED_MODEL_H
#define TACIT_CLI_BASE_NEEDED_MODEL_H

#include "tacit/archive.h"

/* needed->n_hash is 0 if the archive needs no model, or path is no regular file or no archive. */
void needed_model_read(const char *path, struct tacit_archive_model *needed);

/* Reads the first bytes of the regular file at path. Returns their number, 0 if there is no such
 * file. */
size_t archive_head_read(const char *path, uint8_t head[TACIT_ARCHIVE_HEADER_MAX]);

#endif
