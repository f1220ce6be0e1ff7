/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the tests of golden archives, whole; a file that cannot be written ends the program. And what they hold, decoded.
 */
#ifndef TACIT_TESTS_GOLDEN_FILES_H
#define TACIT_TESTS_GOLDEN_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"

static inline void golden_write(const char *path, const uint8_t *data, size_t n)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, n, file) != n || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/* The number of bytes, at most cap; 0 if there is no such file. */
static inline size_t golden_read(const char *path, uint8_t *data, size_t cap)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t n = fread(data, 1, cap, file);
    fclose(file);
    return n;
}

/* Decodes an archive; if that succeeds, to the content. */
static inline enum tacit_status golden_decode(const uint8_t *archive, size_t n,
                                              const struct tacit_options *options,
                                              const uint8_t *content, size_t n_content)
{
    uint8_t *restored = malloc(n_content);
    size_t n_restored = 0;
    CHECK(restored != NULL);
    enum tacit_status status =
        tacit_buffer_decompress(archive, n, restored, n_content, &n_restored, options);
    CHECK(status != TACIT_OK ||
          (n_restored == n_content && memcmp(restored, content, n_content) == 0));
    free(restored);
    return status;
}

#endif
