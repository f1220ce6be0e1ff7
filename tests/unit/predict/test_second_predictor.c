/* SPDX-License-Identifier: Apache-2.0
 *
 * The library's predictor and the second decoder's, which was written from docs/predictor.md and
 * docs/components.md, predict the same for every bit: blocks of segments of random types, strides,
 * offsets and lengths, on content that fits the type and on content that does not.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "golden/golden_content.h"
#include "predict/context_mixer.h"
#include "reference/arithmetic.h"
#include "reference/counters.h"
#include "reference/predictor.h"

/* Many short blocks; with `large` one that is larger than the ring instead; with two numbers, for emulated machines, the
 * first block and how many. */
enum { N_BLOCKS = 16, N_SEGMENTS_MAX = 5, N_BYTES_MAX = 1000, N_BYTES_LARGE = 70000 };

static uint32_t below(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * n >> 32);
}

struct segment {
    struct content content;
    uint32_t n_bytes;
    enum golden_class made_of;
};

static struct content random_content(uint64_t *state)
{
    static const uint32_t strides[] = {1, 2, 3, 4, 5, 8, 16, 24, 60, 100, 1000, 200000};
    struct content c = {(enum content_type)below(state, CONTENT_N_TYPES), 0, 0};
    if (!content_has_rows(c.type))
        return c;
    struct sample_format f = content_samples(c.type);
    c.stride = f.n_bytes > 0 && f.n_planes == 0
                   ? f.n_bytes * (1 + below(state, CONTENT_CHANNELS_MAX))
                   : strides[below(state, sizeof strides / sizeof *strides)];
    if (f.n_planes > 0)
        c.stride = (c.stride / 2 + f.n_planes) * 2;
    if (c.type == CONTENT_DATABASE)
        c.stride = CONTENT_PAGE_MIN << below(state, 3);
    if (c.stride < 4 && (c.type == CONTENT_IMAGE24 || c.type == CONTENT_IMAGE32))
        c.stride = 4;
    c.offset = below(state, c.stride);
    return c;
}

/* The number of the first bit at which the two differ, or -1. */
static long compare_segment(struct context_mixer *cm, struct predictor *predictor,
                            const struct segment *s)
{
    uint8_t *data = malloc(s->n_bytes);
    long differs = -1;
    golden_fill(data, s->n_bytes, s->made_of);
    context_mixer_set_content(cm, &s->content);
    begin_segment(predictor, s->content.type, s->content.stride, s->content.offset);
    for (long i = 0; i < 8 * (long)s->n_bytes && differs < 0; i++) {
        int bit = data[i / 8] >> (7 - i % 8) & 1;
        if (context_mixer_predict(cm) != predict_bit(predictor))
            differs = i;
        context_mixer_update(cm, bit);
        learn_bit(predictor, bit);
    }
    free(data);
    return differs;
}

/* large: more than the ring holds. */
static void compare_block(uint64_t seed, enum context_strength strength, enum trained_start trained,
                          bool large, const struct kernels *kernels)
{
    struct segment segments[N_SEGMENTS_MAX];
    uint64_t state = seed;
    unsigned n = large ? 1 : 1 + below(&state, N_SEGMENTS_MAX);
    struct context_config config = {.strength = strength,
                                    .trained = trained,
                                    .memory_log2 = CONTEXT_MEMORY_LOG2_MIN + below(&state, 3)};
    if (large)
        config.memory_log2 = CONTEXT_MEMORY_LOG2_MIN;
    for (unsigned i = 0; i < n; i++) {
        segments[i].content = random_content(&state);
        segments[i].n_bytes = large ? N_BYTES_LARGE : 1 + below(&state, N_BYTES_MAX);
        segments[i].made_of = (enum golden_class)below(&state, GOLDEN_N_CLASSES);
        config.content_set |= CONTENT_BIT(segments[i].content.type);
    }
    struct context_mixer *cm;
    CHECK(context_mixer_create(&cm, &config, kernels) == TACIT_OK);
    struct predictor *predictor =
        make_predictor((enum block_strength)strength, config.memory_log2 - CONTEXT_MEMORY_LOG2_MIN,
                       config.content_set, 0, 0, (int)trained);
    long differs = -1;
    for (unsigned i = 0; i < n && differs < 0; i++) {
        differs = compare_segment(cm, predictor, &segments[i]);
        CHECK_MSG(
            differs < 0,
            "seed %u strength %d trained %d memory %u types %x: segment %u of type %d at bit %ld",
            (unsigned)seed, (int)strength, trained, config.memory_log2, config.content_set, i,
            (int)segments[i].content.type, differs);
    }
    forget();
    context_mixer_destroy(cm);
}

int main(int argc, char **argv)
{
    struct kernels kernels;
    bool large = argc == 2 && strcmp(argv[1], "large") == 0;
    uint64_t first = argc == 3 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t n_blocks = argc == 3 ? strtoull(argv[2], NULL, 10) : N_BLOCKS;
    CHECK(first > 0 && n_blocks > 0);
    kernels_select(&kernels, cpu_features());
    make_tables();
    for (uint64_t seed = first; !large && seed < first + n_blocks; seed++) {
        compare_block(seed, CONTEXT_QUICK, START_UNTRAINED, false, &kernels);
        compare_block(seed, CONTEXT_STRONG, START_UNTRAINED, false, &kernels);
        compare_block(seed, CONTEXT_STRONG, START_TEXT, false, &kernels);
        compare_block(seed, CONTEXT_STRONG, START_CODES, false, &kernels);
        compare_block(seed, CONTEXT_LEAN, START_UNTRAINED, false, &kernels);
    }
    if (large)
        compare_block(1, CONTEXT_QUICK, START_UNTRAINED, true, &kernels);
    return check_result();
}
