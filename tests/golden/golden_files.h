/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the tests of golden archives, whole; a file that cannot be written ends the program.
 */
#ifndef TACIT_TESTS_GOLDEN_FILES_H
#define TACIT_TESTS_GOLDEN_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

#endif
