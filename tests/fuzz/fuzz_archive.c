/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as an archive with random access. What opens has a consistent list of
 * blocks and is read at its ends; recovery runs over every input, archive or not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tacit/tacit.h"

enum { READ_MAX = 4096, N_BLOCKS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static enum tacit_status read_memory(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    const uint8_t *const *bytes = context;
    memcpy(data, *bytes + offset, n_bytes);
    return TACIT_OK;
}

/* The blocks follow each other without a gap. */
static void list_blocks(const struct tacit_archive *archive, const struct tacit_archive_info *info)
{
    uint64_t next = 0;
    for (uint64_t i = 0; i < info->n_blocks && i < N_BLOCKS_MAX; i++) {
        struct tacit_block_info block = {.struct_size = sizeof block};
        if (tacit_archive_get_block(archive, i, &block) != TACIT_OK)
            abort();
        if (block.content_offset != next || block.archive_size > info->archive_size)
            abort();
        next += block.content_size;
    }
    if (info->n_blocks <= N_BLOCKS_MAX && next != info->content_size)
        abort();
}

static void read_ends(struct tacit_archive *archive, uint64_t content_size)
{
    static uint8_t content[READ_MAX];
    size_t n = content_size < READ_MAX ? (size_t)content_size : READ_MAX;
    (void)tacit_archive_read(archive, 0, content, n);
    (void)tacit_archive_read(archive, content_size - n, content, n);
    if (tacit_archive_read(archive, content_size, content, 1) != TACIT_ERR_RANGE)
        abort();
}

static int touch(void *context, enum tacit_recovered what, uint64_t content_offset,
                 const void *data, uint64_t n_bytes)
{
    uint64_t *n_recovered = context;
    const uint8_t *bytes = data;
    (void)content_offset;
    (void)what;
    for (uint64_t i = 0; bytes && i < n_bytes; i++)
        *n_recovered += bytes[i] | 1u;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.n_threads = 1;
    options.memory_limit = (uint64_t)512 << 20;
    struct tacit_source source = {&data, n_bytes, read_memory};
    struct tacit_archive *archive;
    uint64_t n_recovered = 0;
    if (tacit_archive_open(&archive, &source, &options) == TACIT_OK) {
        struct tacit_archive_info info = {.struct_size = sizeof info};
        if (tacit_archive_get_info(archive, &info) != TACIT_OK)
            abort();
        list_blocks(archive, &info);
        read_ends(archive, info.content_size);
        tacit_archive_close(archive);
    }
    (void)tacit_archive_recover(&source, &options, touch, &n_recovered);
    return 0;
}
