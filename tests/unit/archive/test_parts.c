/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks encoded one by one, last first, and joined: the bytes of tacit_buffer_compress. What a joiner refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { N_MAX = 30000, N_BLOCKS_MAX = 40, BLOCK_CAP = N_MAX + TACIT_CODED_BLOCK_HEADER };

static uint8_t content[N_MAX], expected[N_MAX * 2], joined[N_MAX * 2];
static uint8_t blocks[N_BLOCKS_MAX][BLOCK_CAP];
static size_t n_coded[N_BLOCKS_MAX];

static size_t encode_all(size_t n, uint64_t block_size, const struct tacit_options *options)
{
    size_t n_blocks = (size_t)((n + block_size - 1) / block_size);
    for (size_t i = n_blocks; i-- > 0;) {
        size_t start = i * (size_t)block_size;
        size_t n_block = n - start < block_size ? n - start : (size_t)block_size;
        size_t cap = tacit_block_bound(n_block);
        CHECK(cap <= BLOCK_CAP);
        CHECK(tacit_block_encode(content + start, n_block, blocks[i], cap, &n_coded[i], options) ==
              TACIT_OK);
    }
    return n_blocks;
}

static size_t join(size_t n, size_t n_blocks, const struct tacit_options *options)
{
    struct tacit_joiner *joiner;
    size_t n_joined = 0, n_header, half = n / 2;
    CHECK(tacit_joiner_create(&joiner, options) == TACIT_OK);
    tacit_joiner_hash(joiner, content, half);
    for (size_t i = 0; i < n_blocks; i++) {
        CHECK(tacit_joiner_add(joiner, blocks[i], n_coded[i], i + 1 == n_blocks, joined + n_joined,
                               &n_header) == TACIT_OK);
        CHECK(n_header <= TACIT_JOINER_HEADER_MAX);
        size_t n_payload = n_coded[i] - TACIT_CODED_BLOCK_HEADER;
        memcpy(joined + n_joined + n_header, blocks[i] + TACIT_CODED_BLOCK_HEADER, n_payload);
        n_joined += n_header + n_payload;
    }
    CHECK(tacit_joiner_finish(joiner, joined + n_joined) == TACIT_ERR_STATE); /* half is missing */
    tacit_joiner_hash(joiner, content + half, n - half);
    CHECK(tacit_joiner_finish(joiner, joined + n_joined) == TACIT_OK);
    n_joined += tacit_joiner_tail_size(joiner);
    tacit_joiner_destroy(joiner);
    return n_joined;
}

static void check_same(size_t n, int level, uint64_t block_size,
                       const struct tacit_reference *reference)
{
    struct tacit_options options;
    size_t n_expected;
    uint64_t n_block;
    tacit_options_init(&options);
    options.level = level;
    options.block_size = block_size;
    options.reference = reference;
    CHECK(tacit_options_block_size(&options, &n_block) == TACIT_OK);
    CHECK(block_size == 0 ? n_block > N_MAX : n_block == block_size);
    CHECK(tacit_buffer_compress(content, n, expected, sizeof expected, &n_expected, &options) ==
          TACIT_OK);
    size_t n_blocks = encode_all(n, n_block, &options);
    size_t n_joined = join(n, n_blocks, &options);
    CHECK_MSG(n_joined == n_expected && memcmp(joined, expected, n_joined) == 0,
              "level %d, %zu bytes, %zu blocks: %zu, not %zu bytes", level, n, n_blocks, n_joined,
              n_expected);
}

/* Archives of one block name the reference only if the block was made with it: random content is stored. */
static void check_references(void)
{
    for (int kind = 0; kind < N_SAMPLE_KINDS; kind++) {
        struct tacit_reference *reference;
        sample_fill(content, N_MAX, (enum sample_kind)kind, 3);
        CHECK(tacit_reference_create(&reference, content + 500, 4000) == TACIT_OK);
        for (int level = 1; level <= 3; level += 2) {
            check_same(3000, level, 1024, reference);
            check_same(3000, level, 0, reference);
            check_same(9, level, 0, reference);
        }
        tacit_reference_destroy(reference);
    }
}

/* One damaged bit of a coded block, wherever, is refused. */
static void check_damage(void)
{
    struct tacit_joiner *joiner;
    uint8_t header[TACIT_JOINER_HEADER_MAX];
    size_t n_header;
    CHECK(tacit_block_encode(content, 3000, blocks[0], BLOCK_CAP, &n_coded[0], NULL) == TACIT_OK);
    CHECK(tacit_joiner_create(&joiner, NULL) == TACIT_OK);
    for (size_t i = 0; i < n_coded[0]; i++) {
        blocks[0][i] ^= 0x10;
        enum tacit_status status =
            tacit_joiner_add(joiner, blocks[0], n_coded[0], true, header, &n_header);
        CHECK_MSG(status == TACIT_ERR_CHECKSUM || status == TACIT_ERR_CORRUPT, "byte %zu: %s", i,
                  tacit_status_name(status));
        blocks[0][i] ^= 0x10;
        CHECK(tacit_joiner_add(joiner, blocks[0], i, true, header, &n_header) == TACIT_ERR_CORRUPT);
    }
    CHECK(tacit_joiner_finish(joiner, joined) == TACIT_ERR_STATE);
    CHECK(tacit_joiner_add(joiner, blocks[0], n_coded[0], false, header, &n_header) ==
          TACIT_ERR_ARGUMENT); /* shorter than a block */
    CHECK(tacit_joiner_add(joiner, blocks[0], n_coded[0], true, header, &n_header) == TACIT_OK);
    CHECK(tacit_joiner_add(joiner, blocks[0], n_coded[0], true, header, &n_header) ==
          TACIT_ERR_STATE);
    tacit_joiner_destroy(joiner);
    tacit_joiner_destroy(NULL);
}

static int stop(void *context, uint64_t n_in, uint64_t n_out)
{
    (void)context, (void)n_in, (void)n_out;
    return 1;
}

static void check_refusals(void)
{
    struct tacit_options options;
    struct tacit_joiner *joiner;
    tacit_options_init(&options);
    options.level = 2;
    options.block_size = 2000;
    CHECK(tacit_block_encode(content, 2001, blocks[0], BLOCK_CAP, &n_coded[0], &options) ==
          TACIT_ERR_ARGUMENT);
    CHECK(tacit_block_encode(content, 0, blocks[0], BLOCK_CAP, &n_coded[0], &options) ==
          TACIT_ERR_ARGUMENT);
    CHECK(tacit_block_encode(content, 2000, blocks[0], TACIT_CODED_BLOCK_HEADER + 3, &n_coded[0],
                             &options) == TACIT_ERR_ARGUMENT);
    options.memory_limit = 1000;
    CHECK(tacit_block_encode(content, 2000, blocks[0], BLOCK_CAP, &n_coded[0], &options) ==
          TACIT_ERR_MEMORY_LIMIT);
    options.memory_limit = 0;
    options.progress = stop;
    CHECK(tacit_block_encode(content, 2000, blocks[0], BLOCK_CAP, &n_coded[0], &options) ==
          TACIT_ERR_CANCELLED);
    CHECK(n_coded[0] == 0);
    options.level = 0;
    CHECK(tacit_joiner_create(&joiner, &options) == TACIT_ERR_ARGUMENT && joiner == NULL);
    CHECK(tacit_block_bound(SIZE_MAX - 3) == SIZE_MAX);
}

int main(void)
{
    static const size_t sizes[] = {1, 999, 1024, 1025, 4096, 20000, 30000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int level = 1; level <= 3; level++) {
            sample_fill(content, N_MAX, (enum sample_kind)(i % N_SAMPLE_KINDS), i);
            check_same(sizes[i], level, 1024, NULL);
            check_same(sizes[i], level, 0, NULL);
        }
    check_same(3000, 6, 2000, NULL); /* with the linked-in model */
    check_same(1500, 6, 2000, NULL);
    check_references();
    check_damage();
    check_refusals();
    return check_result();
}
