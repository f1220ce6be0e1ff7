/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files for the trainer: read into memory, written atomically (a temporary file, flushed,
 * then renamed), so that a stopped run leaves either the old file or the new one.
 */
#ifndef TACIT_WORKSHOP_TRAIN_FILES_H
#define TACIT_WORKSHOP_TRAIN_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

/* A folder that is there already is fine. */
enum tacit_status folder_make(const char *path);

/* The caller frees *data. */
enum tacit_status file_read(const char *path, uint8_t **data, size_t *n_bytes);
enum tacit_status file_write_atomic(const char *path, const void *data, size_t n_bytes);

#endif
