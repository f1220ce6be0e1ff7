/* SPDX-License-Identifier: Apache-2.0
 *
 * How many positions each head keeps: a stream's cache takes no more than the share of what 8 bits take for all positions; a
 * larger share keeps more; few bits in heads that drop keep more than 8 at the same share; threads and kernels change
 * nothing; and what cannot be measured has no numbers.
 */
#include "engine/kv/kv_choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "tiny_model.h"

enum { CONTEXT = 1024, N_TOKENS = CONTEXT };

#define SHAPE(name, ...) {__VA_ARGS__},
static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
static uint32_t tokens[N_TOKENS];

static struct lm_options options_of(enum kv_kind kind)
{
    return (struct lm_options){.n_streams = 1,
                               .n_context = CONTEXT,
                               .n_threads = 1,
                               .cpu_features = cpu_features(),
                               .kv_kind = kind};
}

static struct kv_heads choose(const struct lm_model *model, enum kv_kind kind, uint32_t share)
{
    struct kv_heads heads, again;
    struct lm_options options = options_of(kind);
    CHECK(kv_heads_choose(&heads, model, &options, share, tokens, N_TOKENS) == TACIT_OK);
    options.n_threads = 2;
    options.cpu_features = CPU_SCALAR;
    if (kind == KV_K4V3S) {
        CHECK(kv_heads_choose(&again, model, &options, share, tokens, N_TOKENS) == TACIT_OK);
        CHECK(again.n == heads.n && memcmp(again.parts, heads.parts, heads.n) == 0);
    }
    CHECK(heads.n == kv_heads_of(&model->shape));
    return heads;
}

/* Sixteenths that all heads together keep. */
static uint32_t parts_of(const struct kv_heads *heads)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < heads->n; i++)
        n += heads->parts[i] ? heads->parts[i] : KV_PARTS;
    return n;
}

/* Of a stream, whose heads keep what was chosen, or all at 8 bits. */
static size_t stream_bytes(const struct lm_model *model, enum kv_kind kind,
                           const struct kv_heads *heads)
{
    struct lm_options options = options_of(heads ? kind : KV_INT8);
    struct lm_state *state;
    options.kv_heads = heads;
    CHECK(lm_state_create(&state, model, &options) == TACIT_OK);
    size_t n = lm_stream_size(state, UINT64_MAX);
    lm_state_destroy(state);
    return n;
}

static void check_model(const struct lm_shape *shape)
{
    static const uint32_t shares[] = {15, 30, 45};
    struct lm_model *model;
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    uint32_t before = 0;
    size_t all = stream_bytes(model, KV_INT8, NULL);
    size_t beside = kv_heads_of(shape) * LM_SINK_TOKENS * shape->head_dim * sizeof(float) + 1024;
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct kv_heads few = choose(model, KV_K4V3S, shares[i]);
        struct kv_heads eight = choose(model, KV_INT8, shares[i]);
        size_t n = stream_bytes(model, KV_K4V3S, &few);
        CHECK_MSG(n <= all * shares[i] / 100 + beside, "%u %%: %zu of %zu bytes", shares[i], n,
                  all);
        CHECK(parts_of(&few) >= before && parts_of(&few) > parts_of(&eight));
        before = parts_of(&few);
    }
    lm_model_destroy(model);
}

static void check_none(const struct lm_model *model)
{
    struct kv_heads heads;
    struct lm_options options = options_of(KV_K4V3S);
    CHECK(kv_heads_choose(&heads, model, &options, 50, tokens, CONTEXT / 2) == TACIT_OK);
    CHECK(heads.n == 0); /* too few tokens */
    options.n_context = KV_HEADS_CONTEXT_MIN - LM_CONTEXT_UNIT;
    CHECK(kv_heads_choose(&heads, model, &options, 20, tokens, N_TOKENS) == TACIT_OK);
    CHECK(heads.n == 0);
}

int main(void)
{
    struct lm_model *model;
    for (uint32_t i = 0; i < N_TOKENS; i++)
        tokens[i] = (i * i * 7 + i * 13) % 90;
    check_model(&shapes[0]);
    check_model(&shapes[1]);
    CHECK(tiny_model(&model, &shapes[0]) == TACIT_OK);
    check_none(model);
    lm_model_destroy(model);
    return check_result();
}
