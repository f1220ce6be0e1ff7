/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/train/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum tacit_status folder_make(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? TACIT_OK : TACIT_ERR_IO;
}

enum tacit_status file_read(const char *path, uint8_t **data, size_t *n_bytes)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return TACIT_ERR_IO;
    enum tacit_status status = TACIT_ERR_IO;
    *data = NULL;
    long size;
    if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0)
        goto out;
    *data = malloc((size_t)size + 1);
    if (!*data) {
        status = TACIT_ERR_MEMORY;
        goto out;
    }
    *n_bytes = (size_t)size;
    if (fread(*data, 1, *n_bytes, f) == *n_bytes)
        status = TACIT_OK;
out:
    if (status != TACIT_OK) {
        free(*data);
        *data = NULL;
    }
    fclose(f);
    return status;
}
