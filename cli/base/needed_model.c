/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/needed_model.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

size_t archive_head_read(const char *path, uint8_t head[TACIT_ARCHIVE_HEADER_MAX])
{
    struct stat about;
    size_t n = 0;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) /* reading a pipe would take its
                                                               bytes */
        return 0;
    FILE *file = fopen(path, "rb");
    if (file) {
        n = fread(head, 1, TACIT_ARCHIVE_HEADER_MAX, file);
        fclose(file);
    }
    return n;
}

void needed_model_read(const char *path, struct tacit_archive_model *needed)
{
    uint8_t head[TACIT_ARCHIVE_HEADER_MAX];
    *needed = (struct tacit_archive_model){.struct_size = sizeof *needed};
    size_t n = archive_head_read(path, head);
    if (tacit_archive_needs(head, n, needed) != TACIT_OK)
        needed->n_hash = 0;
}
