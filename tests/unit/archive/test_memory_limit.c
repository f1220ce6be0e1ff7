/* SPDX-License-Identifier: Apache-2.0
 *
 * A limit on memory: tables shrink for one thread, threads go before that, and the bytes do not
 * depend on the number of threads; a decoder refuses what needs more.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

#define MIB ((uint64_t)1 << 20)

enum { N = 60000, BLOCK = 50000 };

static uint8_t content[N], first[N * 2], archive[N * 2], restored[N];

static void check_limit(int level, uint64_t limit)
{
    size_t n_first = 0, n_archive, n_restored;
    for (unsigned n_threads = 1; n_threads <= 4; n_threads += 3) {
        struct tacit_options options;
        tacit_options_init(&options);
        options.level = level;
        options.block_size = BLOCK;
        options.n_threads = n_threads;
        options.memory_limit = limit;
        enum tacit_status status =
            tacit_buffer_compress(content, N, archive, sizeof archive, &n_archive, &options);
        CHECK_MSG(status == TACIT_OK, "level %d, limit %u: %s", level, (unsigned)limit,
                  tacit_status_name(status));
        if (n_threads == 1) {
            memcpy(first, archive, n_archive);
            n_first = n_archive;
        }
        CHECK(n_archive == n_first && memcmp(first, archive, n_archive) == 0);
        status = tacit_buffer_decompress(archive, n_archive, restored, N, &n_restored, &options);
        CHECK_MSG(status == TACIT_OK && n_restored == N && memcmp(content, restored, N) == 0,
                  "level %d, limit %u: %s", level, (unsigned)limit, tacit_status_name(status));
    }
}

/* Short content whose size is known takes less than a block would; content that turns out longer is
 * refused only under a limit. */
static void check_known_size(void)
{
    static uint8_t out[N * 2];
    struct tacit_options options;
    uint64_t n_block, n_short;
    tacit_options_init(&options);
    options.n_threads = 1;
    CHECK(tacit_options_memory(&options, &n_block) == TACIT_OK);
    options.content_size = 4096;
    CHECK(tacit_options_memory(&options, &n_short) == TACIT_OK);
    CHECK_MSG(n_short < 64 * MIB && n_short < n_block / 4, "%u KiB", (unsigned)(n_short >> 10));
    for (int limited = 0; limited <= 1; limited++)
        for (size_t n = 4096; n <= 4097; n++) {
            struct tacit_input input = {.data = content, .size = n};
            struct tacit_output output = {.data = out, .size = sizeof out};
            struct tacit_encoder *encoder;
            bool done;
            options.memory_limit = limited ? n_short : 0;
            CHECK(tacit_encoder_create(&encoder, &options) == TACIT_OK);
            CHECK(tacit_encoder_run(encoder, &input, &output, true, &done) ==
                  (limited && n > 4096 ? TACIT_ERR_MEMORY_LIMIT : TACIT_OK));
            tacit_encoder_destroy(encoder);
        }
}

/* What one short block takes goes by what it is made of, the limit that is told suffices, and one byte less does
 * not. The archive is the same as without a limit where that takes no smaller tables. */
static void check_short(int level, uint64_t most)
{
    enum { SHORT = 4096 };
    static uint8_t out[N * 2];
    struct tacit_options options;
    uint64_t n_least = 0, n_any = 0;
    size_t n_free;
    bool done;
    tacit_options_init(&options);
    options.level = level;
    options.content_size = SHORT;
    CHECK(tacit_buffer_compress(content, SHORT, first, sizeof first, &n_free, &options) ==
          TACIT_OK);
    CHECK(tacit_options_least_memory(&options, &n_any) == TACIT_OK);
    options.memory_limit = 1024;
    for (int i = 0; i < 3; i++) { /* too little; what is told; a byte less than that */
        struct tacit_input input = {.data = content, .size = SHORT};
        struct tacit_output output = {.data = out, .size = sizeof out};
        struct tacit_encoder *encoder;
        CHECK(tacit_encoder_create(&encoder, &options) == TACIT_OK);
        enum tacit_status status = tacit_encoder_run(encoder, &input, &output, true, &done);
        CHECK_MSG(status == (i == 1 ? TACIT_OK : TACIT_ERR_MEMORY_LIMIT), "level %d, %d: %s", level,
                  i, tacit_status_name(status));
        if (i == 0)
            n_least = tacit_encoder_memory_needed(encoder);
        if (i == 1)
            CHECK(output.pos == n_free && memcmp(out, first, n_free) == 0);
        tacit_encoder_destroy(encoder);
        options.memory_limit = n_least - (uint64_t)i;
    }
    CHECK_MSG(n_least < most && n_least <= n_any, "level %d: %u KiB", level,
              (unsigned)(n_least >> 10));
    struct tacit_decoder *decoder;
    struct tacit_input input = {.data = first, .size = n_free};
    struct tacit_output output = {.data = out, .size = sizeof out};
    options.memory_limit = n_free + 100;
    CHECK(tacit_decoder_create(&decoder, &options) == TACIT_OK);
    CHECK(tacit_decoder_run(decoder, &input, &output, true, &done) == TACIT_ERR_MEMORY_LIMIT);
    options.memory_limit = tacit_decoder_memory_needed(decoder);
    tacit_decoder_destroy(decoder);
    input.pos = 0;
    CHECK(tacit_decoder_create(&decoder, &options) == TACIT_OK);
    CHECK(tacit_decoder_run(decoder, &input, &output, true, &done) == TACIT_OK && done);
    tacit_decoder_destroy(decoder);
}

int main(void)
{
    struct tacit_options options;
    size_t n_archive, n_restored;
    uint64_t n_needed;
    sample_fill(content, N, SAMPLE_TEXT, 1);
    check_known_size();
    check_short(1, MIB);
    check_short(2, 8 * MIB);
    check_limit(1, 0);
    check_limit(2, 0);
    /* For one thread, but not for two; then smaller tables. */
    for (int level = 1; level <= 3; level += 2) {
        tacit_options_init(&options);
        options.level = level;
        options.n_threads = 1;
        options.block_size = BLOCK;
        CHECK(tacit_options_memory(&options, &n_needed) == TACIT_OK);
        check_limit(level, n_needed);
        if (level == 3)
            check_limit(level, n_needed - MIB / 2);
    }

    /* The announced memory suffices and is little over 1 GiB a thread, whatever the level. */
    for (int level = TACIT_LEVEL_MIN; level <= TACIT_LEVEL_MAX; level++) {
        tacit_options_init(&options);
        options.level = level;
        options.n_threads = 1;
        CHECK(tacit_options_memory(&options, &n_needed) == TACIT_OK);
        CHECK_MSG(n_needed < 1096 * MIB, "level %d: %u MiB", level, (unsigned)(n_needed / MIB));
        options.memory_limit = n_needed;
        struct tacit_encoder *encoder;
        CHECK(tacit_encoder_create(&encoder, &options) == TACIT_OK);
        tacit_encoder_destroy(encoder);
    }

    /* An archive that needs more than the reader gives. */
    tacit_options_init(&options);
    options.level = 2;
    CHECK(tacit_buffer_compress(content, N, archive, sizeof archive, &n_archive, &options) ==
          TACIT_OK);
    options.memory_limit = MIB / 2;
    CHECK(tacit_buffer_decompress(archive, n_archive, restored, N, &n_restored, &options) ==
          TACIT_ERR_MEMORY_LIMIT);
    return check_result();
}
