/* SPDX-License-Identifier: Apache-2.0
 *
 * A file in memory: it stays what was read when the file is overwritten or shortened.
 */
#include "base/file_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_replace.h"
#include "check.h"

enum { N_BYTES = 3 * 65536 + 5 };

int main(void)
{
    static const char path[] = "test_file_bytes.test";
    uint8_t *data = malloc(N_BYTES);
    struct file_bytes file, other;
    for (size_t i = 0; i < N_BYTES; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    CHECK(file_replace_all(path, data, N_BYTES) == TACIT_OK);
    CHECK(file_bytes_open(&file, path) == TACIT_OK && file.n_bytes == N_BYTES);
    CHECK(truncate(path, 100) == 0);
    CHECK(file_bytes_open(&other, path) == TACIT_OK && other.n_bytes == 100);
    CHECK(memcmp(other.data, data, 100) == 0);
    CHECK(memcmp(file.data, data, N_BYTES) == 0);
    file_bytes_close(&other);
    file_bytes_close(&file);
    CHECK(truncate(path, 0) == 0);
    CHECK(file_bytes_open(&file, path) == TACIT_OK && file.n_bytes == 0 && file.data == NULL);
    file_bytes_close(&file);
    errno = 0;
    CHECK(file_bytes_open(&file, "/") == TACIT_ERR_IO && errno == EINVAL && file.data == NULL);
    CHECK(file_bytes_open(&file, "/nonexistent") == TACIT_ERR_IO && errno == ENOENT);
    unlink(path);
    free(data);
    return check_result();
}
