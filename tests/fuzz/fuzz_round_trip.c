/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as content; the first two choose level and block size. Compressed
 * twice, with one thread and with three, the archives are the same, and restore the content.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tacit/tacit.h"

enum { CONTENT_MAX = 1 << 14, ARCHIVE_MAX = 2 * CONTENT_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static uint8_t first[ARCHIVE_MAX], second[ARCHIVE_MAX], restored[CONTENT_MAX];
    static const uint64_t block_sizes[4] = {0, 1024, 1500, 5000};
    struct tacit_options options;
    size_t n_first, n_second, n_restored;
    if (n_bytes < 2 || n_bytes > CONTENT_MAX)
        return 0;
    tacit_options_init(&options);
    options.level = TACIT_LEVEL_MIN + data[0] % (TACIT_LEVEL_MAX - TACIT_LEVEL_MIN + 1);
    options.block_size = block_sizes[data[1] % 4];
    options.n_threads = 1;
    data += 2;
    n_bytes -= 2;
    if (tacit_buffer_compress(data, n_bytes, first, sizeof first, &n_first, &options) != TACIT_OK)
        abort();
    if (n_first > tacit_buffer_bound(n_bytes))
        abort();
    options.n_threads = 3;
    if (tacit_buffer_compress(data, n_bytes, second, sizeof second, &n_second, &options) !=
        TACIT_OK)
        abort();
    if (n_first != n_second || memcmp(first, second, n_first) != 0)
        abort();
    if (tacit_buffer_decompress(first, n_first, restored, sizeof restored, &n_restored, NULL) !=
        TACIT_OK)
        abort();
    if (n_restored != n_bytes || memcmp(restored, data, n_bytes) != 0)
        abort();
    return 0;
}
