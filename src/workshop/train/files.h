/* SPDX-License-Identifier: Apache-2.0
 *
 * What the trainer needs of the file system beside base/file_replace.h: folders, and whole files read into memory.
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
