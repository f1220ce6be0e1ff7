/* SPDX-License-Identifier: Apache-2.0
 *
 * Streaming in pieces of odd sizes equals one-shot; concatenation; truncation and bit flips.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { N_MAX = 60000 };

static uint8_t content[N_MAX], archive[N_MAX * 2], other[N_MAX * 2], restored[N_MAX * 2];

/* Sizes 0 .. 1023, small ones often. */
static size_t any_piece(uint64_t *state)
{
    uint32_t r = sample_rng(state);
    return r >> (22 + r % 10);
}

static size_t encode_in_pieces(size_t n, const struct tacit_options *options, uint64_t seed)
{
    struct tacit_encoder *encoder;
    struct tacit_input input = {.data = content};
    struct tacit_output output = {.data = other};
    bool done = false;
    CHECK(tacit_encoder_create(&encoder, options) == TACIT_OK);
    for (enum tacit_status status = TACIT_OK; status == TACIT_OK && !done;) {
        size_t n_in = any_piece(&seed), n_out = any_piece(&seed);
        input.size = n_in > n - input.pos ? n : input.pos + n_in;
        output.size = n_out > sizeof other - output.pos ? sizeof other : output.pos + n_out;
        status = tacit_encoder_run(encoder, &input, &output, input.size == n, &done);
        CHECK_MSG(status == TACIT_OK, "%s", tacit_status_name(status));
    }
    tacit_encoder_destroy(encoder);
    return output.pos;
}

static size_t decode_in_pieces(const uint8_t *from, size_t n, const struct tacit_options *options,
                               uint64_t seed)
{
    struct tacit_decoder *decoder;
    struct tacit_input input = {.data = from};
    struct tacit_output output = {.data = restored};
    bool done = false;
    CHECK(tacit_decoder_create(&decoder, options) == TACIT_OK);
    for (enum tacit_status status = TACIT_OK; status == TACIT_OK && !done;) {
        size_t n_in = any_piece(&seed), n_out = any_piece(&seed);
        input.size = n_in > n - input.pos ? n : input.pos + n_in;
        output.size = n_out > sizeof restored - output.pos ? sizeof restored : output.pos + n_out;
        status = tacit_decoder_run(decoder, &input, &output, input.size == n, &done);
        CHECK_MSG(status == TACIT_OK, "%s", tacit_status_name(status));
    }
    tacit_decoder_destroy(decoder);
    return output.pos;
}

static void check_pieces(struct tacit_options *options)
{
    static const size_t sizes[] = {0, 1, 2047, 2048, 2049, 6144, 8000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i], n_archive;
        sample_fill(content, n, SAMPLE_MIXED, n);
        CHECK(tacit_buffer_compress(content, n, archive, sizeof archive, &n_archive, options) ==
              TACIT_OK);
        size_t n_other = encode_in_pieces(n, options, i);
        CHECK_MSG(n_other == n_archive && memcmp(archive, other, n_archive) == 0, "%zu bytes", n);
        CHECK(decode_in_pieces(archive, n_archive, options, i) == n);
        CHECK_MSG(memcmp(content, restored, n) == 0, "%zu bytes", n);
    }
}

/* Archives of both forms, one after the other, decode as one. */
static void check_concatenation(struct tacit_options *options)
{
    static const size_t sizes[] = {500, 0, 5000, 3000, 1};
    size_t n_content = 0, n_archive = 0, n_restored, n;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sample_fill(content + n_content, sizes[i], SAMPLE_TEXT, i);
        CHECK(tacit_buffer_compress(content + n_content, sizes[i], archive + n_archive,
                                    sizeof archive - n_archive, &n, options) == TACIT_OK);
        n_content += sizes[i];
        n_archive += n;
    }
    CHECK(tacit_buffer_decompress(archive, n_archive, restored, sizeof restored, &n_restored,
                                  options) == TACIT_OK);
    CHECK(n_restored == n_content && memcmp(content, restored, n_content) == 0);
    uint64_t size;
    CHECK(tacit_buffer_content_size(archive, n_archive, &size) == TACIT_OK && size == n_content);
    archive[n_archive] = 'x';
    CHECK(tacit_buffer_decompress(archive, n_archive + 1, restored, sizeof restored, &n_restored,
                                  options) == TACIT_ERR_CORRUPT);
}

/* Cut anywhere, an archive is an error; with a bit changed, an error or the content. */
static void check_damage(struct tacit_options *options, size_t n, int stride)
{
    size_t n_archive, n_restored;
    sample_fill(content, n, SAMPLE_MIXED, 7);
    CHECK(tacit_buffer_compress(content, n, archive, sizeof archive, &n_archive, options) ==
          TACIT_OK);
    for (size_t cut = 0; cut < n_archive; cut += (size_t)(stride > 3 ? stride / 4 : 1)) {
        enum tacit_status status =
            tacit_buffer_decompress(archive, cut, restored, sizeof restored, &n_restored, options);
        CHECK_MSG(status == TACIT_ERR_TRUNCATED, "cut at %zu: %s", cut, tacit_status_name(status));
    }
    for (size_t bit = 0; bit < n_archive * 8; bit += (size_t)stride) {
        archive[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum tacit_status status = tacit_buffer_decompress(archive, n_archive, restored,
                                                           sizeof restored, &n_restored, options);
        CHECK_MSG(status != TACIT_OK || (n_restored == n && memcmp(content, restored, n) == 0),
                  "bit %zu", bit);
        archive[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

struct counter {
    uint64_t n_in, n_out;
    unsigned n_calls, n_left;
};

static int count(void *context, uint64_t n_in, uint64_t n_out)
{
    struct counter *counter = context;
    CHECK(n_in >= counter->n_in && n_out >= counter->n_out);
    counter->n_in = n_in;
    counter->n_out = n_out;
    counter->n_calls++;
    return counter->n_left-- == 0;
}

/* The callback sees numbers that grow, and stops the work. */
static void check_progress(struct tacit_options *options)
{
    struct tacit_options watched = *options;
    struct counter counter = {.n_left = 1000};
    size_t n_archive, n = options->level <= 2 ? N_MAX : 9000;
    sample_fill(content, n, SAMPLE_TEXT, 5);
    watched.n_threads = 1;
    watched.progress = count;
    watched.progress_context = &counter;
    CHECK(tacit_buffer_compress(content, n, archive, sizeof archive, &n_archive, &watched) ==
          TACIT_OK);
    CHECK(counter.n_calls > 0 && counter.n_in <= n && counter.n_out <= n_archive);
    size_t n_restored;
    counter = (struct counter){.n_left = 1000};
    CHECK(tacit_buffer_decompress(archive, n_archive, restored, sizeof restored, &n_restored,
                                  &watched) == TACIT_OK);
    CHECK(counter.n_in <= n_archive && counter.n_out <= n);
    counter = (struct counter){.n_left = 0};
    CHECK(tacit_buffer_compress(content, n, archive, sizeof archive, &n_archive, &watched) ==
          TACIT_ERR_CANCELLED);
    CHECK(counter.n_calls == 1);
}

int main(void)
{
    static const int levels[] = {1, 2};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct tacit_options options;
        tacit_options_init(&options);
        options.level = levels[i];
        options.block_size = 2048;
        for (unsigned n_threads = 1; n_threads <= 3; n_threads++) {
            options.n_threads = n_threads;
            check_pieces(&options);
            check_concatenation(&options);
            check_progress(&options);
        }
        options.n_threads = 1;
#ifdef TEST_FULL
        check_damage(&options, 1500, 1);
        check_damage(&options, 5000, 3);
#else
        check_damage(&options, 1500, options.level == 1 ? 1 : 41);
        check_damage(&options, 5000, options.level == 1 ? 3 : 181);
#endif
    }
    return check_result();
}
