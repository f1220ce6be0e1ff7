/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of a model's folder, and the JSON in them.
 */
#ifndef TACIT_WORKSHOP_FOLDER_JSON_FILE_H
#define TACIT_WORKSHOP_FOLDER_JSON_FILE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/reason.h"

enum { FOLDER_PATH_MAX = 4096 };

/* False if the path is too long. */
bool folder_path(char path[FOLDER_PATH_MAX], const char *folder, const char *name);
bool folder_has(const char *folder, const char *name);

/* *root: an object, for json_decref. TACIT_ERR_IO, TACIT_ERR_MODEL_DAMAGED. */
enum tacit_status json_file_read(json_t **root, const char *folder, const char *name,
                                 struct reason *reason);

#endif
