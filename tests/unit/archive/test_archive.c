/* SPDX-License-Identifier: Apache-2.0
 *
 * Random access through the index and without it, and recovery of what is left.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { BLOCK = 2000, N_CONTENT = 9 * BLOCK + 700, N_MAX = 4 * N_CONTENT };

static uint8_t content[N_MAX], archive[N_MAX * 2], restored[N_MAX];
static size_t n_content, n_archive;
static unsigned n_reads;
static size_t n_read;

static enum tacit_status read_at(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    (void)context;
    CHECK(offset <= n_archive && n_bytes <= n_archive - offset);
    memcpy(data, archive + offset, n_bytes);
    n_reads++;
    n_read += n_bytes;
    return TACIT_OK;
}

static struct tacit_source source(void)
{
    return (struct tacit_source){.size = n_archive, .read_at = read_at};
}

static void add_archive(size_t n, const struct tacit_options *options)
{
    size_t n_added;
    sample_fill(content + n_content, n, SAMPLE_MIXED, n_archive + n);
    CHECK(tacit_buffer_compress(content + n_content, n, archive + n_archive,
                                sizeof archive - n_archive, &n_added, options) == TACIT_OK);
    n_content += n;
    n_archive += n_added;
}

static void check_ranges(const struct tacit_options *options, uint64_t n_blocks,
                         uint32_t n_archives)
{
    struct tacit_archive *reader;
    struct tacit_source from = source();
    CHECK(tacit_archive_open(&reader, &from, options) == TACIT_OK);
    if (!reader)
        return;
    struct tacit_archive_info info = {.struct_size = sizeof info};
    CHECK(tacit_archive_get_info(reader, &info) == TACIT_OK);
    CHECK(info.content_size == n_content && info.archive_size == n_archive);
    CHECK(info.n_blocks == n_blocks && info.n_archives == n_archives);

    uint64_t offset = 0;
    for (uint64_t i = 0; i < n_blocks; i++) {
        struct tacit_block_info block = {.struct_size = sizeof block};
        CHECK(tacit_archive_get_block(reader, i, &block) == TACIT_OK);
        CHECK(block.content_offset == offset);
        offset += block.content_size;
    }
    CHECK(offset == n_content);

    uint64_t state = 1;
    for (int i = 0; i < 60; i++) {
        size_t at = sample_rng(&state) % (n_content + 1);
        size_t n = sample_rng(&state) % (n_content - at + 1) >> sample_rng(&state) % 12;
        CHECK(tacit_archive_read(reader, at, restored, n) == TACIT_OK);
        CHECK_MSG(memcmp(content + at, restored, n) == 0, "%zu bytes at %zu", n, at);
    }
    CHECK(tacit_archive_read(reader, 0, restored, n_content) == TACIT_OK);
    CHECK(memcmp(content, restored, n_content) == 0);
    CHECK(tacit_archive_read(reader, n_content, restored, 1) == TACIT_ERR_RANGE);
    CHECK(tacit_archive_read(reader, UINT64_MAX, restored, 2) == TACIT_ERR_RANGE);
    tacit_archive_close(reader);
}

/* One range decodes only its block: header, payload and no other block's payload are read. */
static void check_reads_little(const struct tacit_options *options)
{
    struct tacit_archive *reader;
    struct tacit_source from = source();
    CHECK(tacit_archive_open(&reader, &from, options) == TACIT_OK);
    n_reads = 0;
    CHECK(tacit_archive_read(reader, 5 * BLOCK + 10, restored, 20) == TACIT_OK);
    CHECK(memcmp(content + 5 * BLOCK + 10, restored, 20) == 0);
    CHECK_MSG(n_reads == 2, "%u reads", n_reads);
    CHECK(tacit_archive_read(reader, 5 * BLOCK + 100, restored, 20) == TACIT_OK);
    CHECK(n_reads == 2);
    tacit_archive_close(reader);
}

/* Opening concatenated archives reads their headers and a few bytes behind each archive, and no more. */
static void check_opening_reads_little(void)
{
    enum { N_ARCHIVES = 20, A_HEADER = TACIT_ARCHIVE_HEADER_MAX + 64 };
    struct tacit_archive *reader;
    struct tacit_source from = source();
    n_content = n_archive = 0;
    for (unsigned i = 0; i < N_ARCHIVES; i++)
        add_archive(BLOCK, NULL);
    from.size = n_archive;
    n_read = 0;
    CHECK(tacit_archive_open(&reader, &from, NULL) == TACIT_OK);
    CHECK_MSG(n_read <= (size_t)N_ARCHIVES * A_HEADER, "%zu bytes read of %zu", n_read, n_archive);
    tacit_archive_close(reader);
}

struct recovered {
    uint64_t n_known, n_unknown, n_lost, n_doubtful;
    unsigned n_gaps_unknown;
    bool wrong;
};

static int take(void *context, enum tacit_recovered what, uint64_t offset, const void *data,
                uint64_t n)
{
    struct recovered *recovered = context;
    if (what == TACIT_RECOVERED_DOUBTFUL) {
        recovered->n_doubtful += n;
    } else if (what == TACIT_RECOVERED_LOST) {
        recovered->n_lost += n;
        recovered->n_gaps_unknown += n == 0;
    } else if (offset == UINT64_MAX) {
        recovered->n_unknown += n;
    } else {
        recovered->n_known += n;
        if (offset > n_content || n > n_content - offset || memcmp(content + offset, data, n) != 0)
            recovered->wrong = true;
    }
    return 0;
}

static struct recovered recover(const struct tacit_options *options, enum tacit_status expected)
{
    struct recovered recovered = {0};
    struct tacit_source from = source();
    enum tacit_status status = tacit_archive_recover(&from, options, take, &recovered);
    CHECK_MSG(status == expected, "%s", tacit_status_name(status));
    CHECK(!recovered.wrong || recovered.n_doubtful > 0);
    return recovered;
}

/* A bit of each byte of one block in turn is wrong: that block is lost, every other is had. */
static void check_recovery(const struct tacit_options *options)
{
    struct recovered whole = recover(options, TACIT_OK);
    CHECK(whole.n_known == n_content && whole.n_lost == 0 && whole.n_unknown == 0);

    struct tacit_archive *reader;
    struct tacit_source from = source();
    struct tacit_block_info block = {.struct_size = sizeof block};
    CHECK(tacit_archive_open(&reader, &from, options) == TACIT_OK);
    CHECK(tacit_archive_get_block(reader, 4, &block) == TACIT_OK);
    tacit_archive_close(reader);
    for (uint64_t i = 0; i < block.archive_size; i += i < 60 ? 1 : 97) {
        uint8_t *damaged = &archive[block.archive_offset + i];
        *damaged ^= 0x10;
        struct recovered some = recover(options, TACIT_ERR_CORRUPT);
        CHECK_MSG(some.n_known == n_content - BLOCK && some.n_lost == BLOCK, "byte %u",
                  (unsigned)i);
        *damaged ^= 0x10;
    }

    /* Bytes are missing from the middle of the block. */
    uint8_t *gap = &archive[block.archive_offset + block.archive_size / 2];
    memmove(gap, gap + 10, (size_t)(archive + n_archive - gap - 10));
    n_archive -= 10;
    struct recovered some = recover(options, TACIT_ERR_CORRUPT);
    CHECK(some.n_known == n_content - BLOCK && some.n_lost == BLOCK);
}

/* The end is gone: what came before is had, and nobody knows how much is lost. */
static void check_cut(const struct tacit_options *options)
{
    n_content = n_archive = 0;
    add_archive(N_CONTENT, options);
    size_t all = n_archive;
    n_archive = all / 2;
    struct recovered some = recover(options, TACIT_ERR_CORRUPT);
    CHECK(some.n_known >= 2 * BLOCK && some.n_known % BLOCK == 0 && some.n_gaps_unknown == 1);
    struct tacit_archive *reader;
    struct tacit_source from = source();
    enum tacit_status status = tacit_archive_open(&reader, &from, options);
    CHECK_MSG(status == TACIT_ERR_TRUNCATED && !reader, "%s", tacit_status_name(status));
    n_archive = 3;
    recover(options, TACIT_ERR_NOT_ARCHIVE);

    /* The only block of an archive is damaged. */
    n_content = n_archive = 0;
    add_archive(BLOCK / 2, options);
    archive[n_archive - 1] ^= 1;
    some = recover(options, TACIT_ERR_CORRUPT);
    CHECK(some.n_known == 0 && some.n_gaps_unknown == 1);
    n_content = n_archive = 0;
    add_archive(N_CONTENT, options);

    /* The header is gone: the blocks say where they belong. */
    n_archive = all;
    memset(archive, 0, 17);
    some = recover(options, TACIT_OK);
    CHECK(some.n_known == n_content);
}

/* Damage at the end of the first of two archives: what follows has no known position. */
static void check_lost_position(const struct tacit_options *options)
{
    n_content = n_archive = 0;
    add_archive(N_CONTENT, options);
    size_t first = n_archive;
    add_archive(3 * BLOCK, options);
    memset(archive + first - 60, 0, 60);
    struct recovered some = recover(options, TACIT_ERR_CORRUPT);
    CHECK(some.n_known == N_CONTENT && some.n_unknown == 3 * BLOCK && some.n_gaps_unknown == 1);
}

int main(void)
{
    static const int levels[] = {1, 2};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct tacit_options options;
        tacit_options_init(&options);
        options.level = levels[i];
        options.block_size = BLOCK;
        n_content = n_archive = 0;
        add_archive(N_CONTENT, &options);
        check_ranges(&options, 10, 1);
        check_reads_little(&options);
        check_recovery(&options);

        n_content = n_archive = 0;
        add_archive(N_CONTENT, &options);
        add_archive(100, &options);
        add_archive(0, &options);
        add_archive(N_CONTENT, &options);
        check_ranges(&options, 22, 4);
        struct recovered whole = recover(&options, TACIT_OK);
        CHECK(whole.n_known == n_content && whole.n_lost == 0);
        check_cut(&options);
        check_lost_position(&options);
    }
    check_opening_reads_little();
    return check_result();
}
