/* SPDX-License-Identifier: Apache-2.0
 *
 * The trainer's use of the file system beside base/file_replace.h: makes folders and reads whole
 * files.
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

#endif
