/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovery where more than one archive is in play: blocks of two versions of a file, archives
 * inside of archives, whole blocks in other places, headers that claim the rest of the source.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "check.h"
#include "container/format.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { BLOCK = 4000, N_BLOCKS = 6, N_CONTENT = N_BLOCKS * BLOCK, N_MAX = 1 << 20 };

static uint8_t content[N_CONTENT], other_content[N_CONTENT];
static uint8_t archive[N_MAX], other[N_MAX], damaged[N_MAX];
static size_t n_archive, n_other, n_damaged;
static uint64_t n_read;

static enum tacit_status read_at(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    (void)context;
    CHECK(offset <= n_damaged && n_bytes <= n_damaged - offset);
    memcpy(data, damaged + offset, n_bytes);
    n_read += n_bytes;
    return TACIT_OK;
}

struct found {
    uint64_t n_right, n_wrong, n_unknown, n_lost, n_doubtful;
    uint64_t doubt; /* where the last of it begins */
    unsigned n_gaps;
};

static int take(void *context, enum tacit_recovered what, uint64_t offset, const void *data,
                uint64_t n)
{
    struct found *found = context;
    if (what == TACIT_RECOVERED_LOST) {
        found->n_lost += n;
        found->n_gaps += n == 0;
    } else if (what == TACIT_RECOVERED_DOUBTFUL) {
        found->n_doubtful += n;
        found->doubt = offset;
    } else if (offset == UINT64_MAX) {
        found->n_unknown += n;
    } else if (offset <= N_CONTENT && n <= N_CONTENT - offset &&
               memcmp(content + offset, data, n) == 0) {
        found->n_right += n;
    } else {
        found->n_wrong += n;
    }
    return 0;
}

static struct found recover(enum tacit_status expected)
{
    struct found found = {0};
    struct tacit_source source = {NULL, n_damaged, read_at};
    n_read = 0;
    enum tacit_status status = tacit_archive_recover(&source, NULL, take, &found);
    CHECK_MSG(status == expected, "%s", tacit_status_name(status));
    return found;
}

static size_t compress(const uint8_t *data, size_t n, uint8_t *to, int level)
{
    struct tacit_options options;
    size_t n_out;
    tacit_options_init(&options);
    options.level = level;
    options.block_size = BLOCK;
    options.no_model = 1;
    CHECK(tacit_buffer_compress(data, n, to, N_MAX, &n_out, &options) == TACIT_OK);
    return n_out;
}

static struct tacit_block_info block_of(const uint8_t *data, size_t n, uint64_t index)
{
    struct tacit_archive *reader;
    struct tacit_block_info block = {.struct_size = sizeof block};
    memcpy(damaged, data, n);
    n_damaged = n;
    struct tacit_source source = {NULL, n, read_at};
    CHECK(tacit_archive_open(&reader, &source, NULL) == TACIT_OK);
    CHECK(tacit_archive_get_block(reader, index, &block) == TACIT_OK);
    tacit_archive_close(reader);
    return block;
}

/* What `tacit cat --range 0-` does. */
static enum tacit_status read_all(uint64_t step)
{
    static uint8_t to[N_CONTENT];
    struct tacit_archive *reader;
    struct tacit_source source = {NULL, n_damaged, read_at};
    enum tacit_status status = tacit_archive_open(&reader, &source, NULL);
    for (uint64_t at = 0; status == TACIT_OK && at < N_CONTENT; at += step)
        status = tacit_archive_read(reader, at, to, step < N_CONTENT - at ? step : N_CONTENT - at);
    tacit_archive_close(reader);
    return status;
}

/* The first `n_first` blocks of `archive` in front of what follows them in `other`. */
static void join_versions(unsigned n_first)
{
    struct tacit_block_info mine = block_of(archive, n_archive, n_first);
    struct tacit_block_info theirs = block_of(other, n_other, n_first);
    memcpy(damaged, archive, mine.archive_offset);
    n_damaged = mine.archive_offset + n_other - theirs.archive_offset;
    memcpy(damaged + mine.archive_offset, other + theirs.archive_offset,
           n_other - theirs.archive_offset);
}

static void make_versions(enum sample_kind kind)
{
    sample_fill(content, N_CONTENT, kind, 1);
    memcpy(other_content, content, N_CONTENT);
    sample_fill(other_content + BLOCK, N_CONTENT - BLOCK, kind, 2);
    n_archive = compress(content, N_CONTENT, archive, 1);
    n_other = compress(other_content, N_CONTENT, other, 1);
}

/* Equal first blocks have equal tags: nothing but sizes and the content's hash tells the
 * versions apart. */
static void check_two_versions(void)
{
    make_versions(SAMPLE_RANDOM); /* blocks of equal sizes */
    join_versions(3);
    struct found found = recover(TACIT_ERR_CHECKSUM);
    CHECK(found.n_right == 3 * BLOCK && found.n_wrong == 3 * BLOCK && found.n_lost == 0);
    CHECK(found.n_doubtful == N_CONTENT && found.doubt == 0);
    CHECK(read_all(N_CONTENT) == TACIT_ERR_CHECKSUM && read_all(777) == TACIT_ERR_CHECKSUM);
    struct tacit_block_info last = block_of(archive, n_archive, N_BLOCKS - 1);
    CHECK(last.method == TACIT_METHOD_STORED && read_all(777) == TACIT_OK);

    make_versions(SAMPLE_TEXT); /* of different sizes */
    join_versions(3);
    found = recover(TACIT_ERR_CHECKSUM);
    CHECK(found.n_doubtful == 2 * BLOCK && found.doubt == BLOCK && found.n_lost == 0);

    /* Both whole, one behind the other but for the index of the first: there are two archives. */
    memcpy(damaged, archive, n_archive - 60);
    memcpy(damaged + n_archive - 60, other, n_other);
    n_damaged = n_archive - 60 + n_other;
    found = recover(TACIT_ERR_CORRUPT);
    CHECK(found.n_right == N_CONTENT && found.n_unknown == N_CONTENT && found.n_gaps == 1);
}

/* Content that cannot be compressed and is full of archives: a tar of them. */
static void make_nest(void)
{
    static uint8_t text[3 * BLOCK];
    size_t n = 0;
    for (unsigned i = 1; n < N_CONTENT; i++) {
        static uint8_t inner[N_MAX];
        sample_fill(text, sizeof text, SAMPLE_RANDOM, 100 + i);
        size_t n_inner = compress(text, i % 3 ? 700 : sizeof text, inner, 1);
        size_t n_part = n_inner < N_CONTENT - n ? n_inner : N_CONTENT - n;
        memcpy(content + n, inner, n_part);
        n += n_part;
    }
    n_archive = compress(content, N_CONTENT, archive, 1);
}

static void check_nested(unsigned lost_block)
{
    struct tacit_block_info block = block_of(archive, n_archive, lost_block);
    CHECK(block.method == TACIT_METHOD_STORED);
    for (size_t i = 0; i < block.archive_size; i += i < 60 ? 7 : 331) {
        damaged[block.archive_offset + i] ^= 4;
        struct found found = recover(TACIT_ERR_CORRUPT);
        CHECK_MSG(found.n_right == N_CONTENT - BLOCK && found.n_lost == BLOCK &&
                      found.n_wrong + found.n_unknown == 0,
                  "block %u, byte %zu", lost_block, i);
        damaged[block.archive_offset + i] ^= 4;
    }
}

static void check_archives_inside(void)
{
    make_nest();
    for (unsigned i = 0; i < N_BLOCKS; i++)
        check_nested(i);

    /* Two neighbours at once, and one that the source ends in. */
    struct tacit_block_info block = block_of(archive, n_archive, 2);
    damaged[block.archive_offset + 900] ^= 1;
    damaged[block.archive_offset + block.archive_size + 20] ^= 1;
    struct found found = recover(TACIT_ERR_CORRUPT);
    CHECK(found.n_right == N_CONTENT - 2 * BLOCK && found.n_lost == 2 * BLOCK);
    n_damaged = block.archive_offset + block.archive_size - 30;
    damaged[block.archive_offset + 900] ^= 1;
    found = recover(TACIT_ERR_CORRUPT);
    CHECK(found.n_right == 2 * BLOCK && found.n_wrong + found.n_unknown == 0 && found.n_gaps == 1);
}

static size_t append(size_t n, const struct tacit_block_info *block)
{
    memcpy(damaged + n, archive + block->archive_offset, block->archive_size);
    return n + block->archive_size;
}

/* The source ends behind a damaged block, whose content is another archive with small blocks. */
static void check_end_in_nest(void)
{
    static uint8_t inner[N_MAX];
    sample_fill(content, N_CONTENT, SAMPLE_RANDOM, 5);
    memset(content, 0, BLOCK);
    size_t n_inner = compress(content, BLOCK + 100, inner, 1);
    CHECK(n_inner < BLOCK - 500);
    sample_fill(content, BLOCK, SAMPLE_RANDOM, 6);
    memcpy(content + 500, inner, n_inner);
    n_archive = compress(content, N_CONTENT, archive, 1);
    struct tacit_block_info block = block_of(archive, n_archive, 0);
    CHECK(block.method == TACIT_METHOD_STORED);
    n_damaged = block.archive_offset + block.archive_size;
    damaged[block.archive_offset + 100] ^= 1;
    struct found found = recover(TACIT_ERR_CORRUPT);
    CHECK(found.n_right + found.n_wrong + found.n_unknown == 0 && found.n_gaps > 0);
}

/* The content holds an archive of another version of itself: its blocks have the same tag. */
static void check_version_inside(void)
{
    static uint8_t version[BLOCK + 100], inner[N_MAX];
    sample_fill(content, N_CONTENT, SAMPLE_RANDOM, 5);
    sample_fill(version, sizeof version, SAMPLE_RANDOM, 6);
    memcpy(version, content, BLOCK);
    size_t n_inner = compress(version, sizeof version, inner, 1);
    CHECK(n_inner < BLOCK + 500);
    memcpy(content + (size_t)2 * BLOCK + 500, inner, n_inner);
    n_archive = compress(content, N_CONTENT, archive, 1);
    struct tacit_block_info gone = block_of(archive, n_archive, 1);
    struct tacit_block_info holder = block_of(archive, n_archive, 3);
    damaged[gone.archive_offset + 200] ^= 1;
    damaged[holder.archive_offset + holder.archive_size - 200] ^= 1;
    struct found found = recover(TACIT_ERR_CORRUPT);
    CHECK(found.n_right == N_CONTENT - 2 * BLOCK && found.n_lost == 2 * BLOCK);
    CHECK(found.n_wrong + found.n_unknown == 0);
}

/* The archive with its blocks in this order; those from n_late on lie behind the index. */
static void check_order(const unsigned order[N_BLOCKS], unsigned n_late)
{
    struct tacit_block_info blocks[N_BLOCKS];
    for (unsigned i = 0; i < N_BLOCKS; i++)
        blocks[i] = block_of(archive, n_archive, i);
    size_t end = blocks[N_BLOCKS - 1].archive_offset + blocks[N_BLOCKS - 1].archive_size;
    size_t n = blocks[0].archive_offset;
    for (unsigned i = 0; i < n_late; i++)
        n = append(n, &blocks[order[i]]);
    memcpy(damaged + n, archive + end, n_archive - end);
    n += n_archive - end;
    for (unsigned i = n_late; i < N_BLOCKS; i++)
        n = append(n, &blocks[order[i]]);
    n_damaged = n;
    struct found found = recover(TACIT_OK);
    CHECK(found.n_right == N_CONTENT && found.n_lost == 0 && found.n_doubtful == 0);
}

static void check_orders(void)
{
    make_versions(SAMPLE_TEXT);
    check_order((unsigned[]){0, 1, 2, 4, 3, 5}, N_BLOCKS);
    check_order((unsigned[]){5, 4, 3, 2, 1, 0}, N_BLOCKS);
    check_order((unsigned[]){1, 0, 2, 3, 5, 4}, N_BLOCKS - 1);
    check_order((unsigned[]){0, 3, 5, 4, 1, 2}, N_BLOCKS - 3);
}

/* Each block header claims what follows it for its payload. */
static void check_claims(void)
{
    enum { N_HEADERS = 8000 };
    n_damaged = N_HEADERS * FORMAT_BLOCK_HEADER;
    for (unsigned i = 0; i < N_HEADERS; i++)
        format_block_pack(
            damaged + (size_t)i * FORMAT_BLOCK_HEADER,
            &(struct format_block){.tag = i % 7,
                                   .method = TACIT_METHOD_ZSTD,
                                   .content_size = BLOCK,
                                   .content_offset = (uint64_t)i * BLOCK,
                                   .payload_size =
                                       (uint32_t)(n_damaged - (i + 1) * FORMAT_BLOCK_HEADER)});
    recover(TACIT_ERR_CORRUPT);
    CHECK_MSG(n_read < 40 * (uint64_t)n_damaged, "%llu bytes read", (unsigned long long)n_read);
}

/* What fills up a tape or a device is no damage; anything else is. */
static void check_padding(void)
{
    make_versions(SAMPLE_TEXT);
    memcpy(damaged, archive, n_archive);
    memset(damaged + n_archive, 0, 1000);
    n_damaged = n_archive + 1000;
    struct found found = recover(TACIT_OK);
    CHECK(found.n_right == N_CONTENT && found.n_gaps == 0);
    damaged[n_damaged - 1] = 1;
    found = recover(TACIT_ERR_CORRUPT);
    CHECK(found.n_right == N_CONTENT && found.n_gaps == 1);
}

/* A block loses as many bytes as the n_next blocks behind it have, so that another part stands right
 * behind where its payload should end. */
static void check_lost_from(unsigned lost_block, unsigned n_next, uint64_t n_content)
{
    struct tacit_block_info hurt = block_of(archive, n_archive, lost_block);
    struct tacit_block_info last = block_of(archive, n_archive, lost_block + n_next);
    size_t end = hurt.archive_offset + hurt.archive_size;
    size_t n_cut = last.archive_offset + last.archive_size - end;
    CHECK(hurt.content_size == BLOCK && hurt.archive_size > n_cut + FORMAT_BLOCK_HEADER);
    n_damaged = n_archive - n_cut;
    for (size_t at = hurt.archive_offset + FORMAT_BLOCK_HEADER; at + n_cut <= end; at += 97) {
        memcpy(damaged, archive, at);
        memcpy(damaged + at, archive + at + n_cut, n_archive - at - n_cut);
        struct found found = recover(TACIT_ERR_CORRUPT);
        CHECK_MSG(found.n_lost == BLOCK && found.n_right == n_content - BLOCK &&
                      found.n_wrong + found.n_unknown == 0,
                  "block %u, %u behind, byte %zu", lost_block, n_next, at - hurt.archive_offset);
    }
}

/* The last two blocks of this content are small. */
static void check_lost_bytes(int level, enum tacit_method method)
{
    enum { N_LAST = 100, N_ALL = N_CONTENT - BLOCK + N_LAST, HURT = N_BLOCKS - 3 };
    memset(content + (size_t)(HURT + 1) * BLOCK, 0, BLOCK);
    n_archive = compress(content, N_ALL, archive, level);
    struct tacit_block_info hurt = block_of(archive, n_archive, HURT);
    CHECK_MSG(hurt.method == method, "method %u", (unsigned)hurt.method);
    check_lost_from(HURT, 1, N_ALL);
    check_lost_from(HURT, 2, N_ALL);
}

static void check_lost_bytes_of_all_methods(void)
{
    sample_fill(content, N_CONTENT, SAMPLE_TEXT, 4);
    check_lost_bytes(3, TACIT_METHOD_CONTEXT);
    check_lost_bytes(1, TACIT_METHOD_ZSTD);
    sample_fill(content, N_CONTENT, SAMPLE_RANDOM, 4);
    check_lost_bytes(1, TACIT_METHOD_STORED);
    make_nest();
    check_lost_bytes(1, TACIT_METHOD_STORED);
}

/* A block of a method that later versions may have is lost, and the status says why. */
static void check_newer(void)
{
    make_versions(SAMPLE_TEXT);
    struct tacit_block_info newer = block_of(archive, n_archive, 2);
    uint8_t *header = damaged + newer.archive_offset;
    header[12] = 9;
    store_le32(header + 46, (uint32_t)hash64(header, 46, 0));
    struct found found = recover(TACIT_ERR_VERSION);
    CHECK(found.n_lost == BLOCK && found.n_right == N_CONTENT - BLOCK);

    header[13] = 1; /* reserved */
    store_le32(header + 46, (uint32_t)hash64(header, 46, 0));
    found = recover(TACIT_ERR_VERSION);
    CHECK(found.n_lost == BLOCK && found.n_right == N_CONTENT - BLOCK);
}

/* An archive of another version of the format: alone, behind one of this version, and within noise. */
static void check_newer_archive(void)
{
    make_versions(SAMPLE_TEXT);
    n_other = compress(content, BLOCK / 2, other, 1);
    other[4] ^= 3;
    memcpy(damaged, other, n_other);
    n_damaged = n_other;
    recover(TACIT_ERR_VERSION);
    memcpy(damaged, archive, n_archive);
    memcpy(damaged + n_archive, other, n_other);
    n_damaged = n_archive + n_other;
    struct found found = recover(TACIT_ERR_VERSION);
    CHECK(found.n_right == N_CONTENT && found.n_gaps == 1);
    damaged[n_archive] = 1;
    memcpy(damaged + n_archive + 1, other, n_other);
    n_damaged++;
    recover(TACIT_ERR_CORRUPT);
}

int main(void)
{
    check_newer();
    check_newer_archive();
    check_two_versions();
    check_archives_inside();
    check_end_in_nest();
    check_version_inside();
    check_orders();
    check_claims();
    check_padding();
    check_lost_bytes_of_all_methods();
    return check_result();
}
