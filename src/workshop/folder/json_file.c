/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/folder/json_file.h"

#include <stdio.h>
#include <unistd.h>

bool folder_path(char path[FOLDER_PATH_MAX], const char *folder, const char *name)
{
    int n = snprintf(path, FOLDER_PATH_MAX, "%s/%s", folder, name);
    return n > 0 && n < FOLDER_PATH_MAX;
}

bool folder_has(const char *folder, const char *name)
{
    char path[FOLDER_PATH_MAX];
    return folder_path(path, folder, name) && access(path, R_OK) == 0;
}

enum tacit_status json_file_read(json_t **root, const char *folder, const char *name,
                                 struct reason *reason)
{
    char path[FOLDER_PATH_MAX];
    json_error_t error;
    *root = NULL;
    if (!folder_has(folder, name) || !folder_path(path, folder, name))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "there is no %s", name);
    *root = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!*root)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s is not JSON: %s, line %d", name,
                           error.text, error.line);
    if (json_is_object(*root))
        return TACIT_OK;
    json_decref(*root);
    *root = NULL;
    return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s is no JSON object", name);
}
