/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads that keep some positions: which slot a position takes, against a list of cases; and a stream's logits, which
 * are the same by tokens and by batches, on every set of kernels and by threads, saved and restored, and which
 * differ from those of a stream that keeps all only once positions have been dropped.
 */
#include "engine/kv/lm_keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "engine/lm.h"
#include "kernel_sets.h"
#include "tiny_model.h"

enum { N_TOKENS = 400, CONTEXT = 256, SHARE = 50, N_SLOTS = 128, N_SINKS = 4, SHORT_CONTEXT = 320 };

#define SHAPE(name, ...) {__VA_ARGS__},
static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};

static void check_choice(void)
{
    float received[N_SLOTS];
    uint32_t positions[N_SLOTS];
    struct lm_keep keep = {received, positions, NULL};
    struct kv_use use = {.cache.n_slots = N_SLOTS, .n_kept = CONTEXT, .n_sinks = N_SINKS};
    for (use.position = 0; use.position < N_SLOTS; use.position++) {
        CHECK(lm_keep_take(&keep, &use) == use.position);
        received[use.position] = 1.0f + (float)(use.position * 37 % N_SLOTS);
    }
    received[2] = 0.0f;   /* a sink */
    received[110] = 0.0f; /* too late */
    received[50] = 0.25f;
    received[70] = 0.25f;
    CHECK(lm_keep_take(&keep, &use) == 50 && positions[50] == N_SLOTS && received[50] == 0.0f);
    use.position++;
    CHECK(lm_keep_take(&keep, &use) == 70);
    received[50] = received[70] = 9.0f;
    received[100] = 0.5f;
    use.position = CONTEXT - 1; /* position 4 is in sight still, 110 is not late any more */
    CHECK(lm_keep_take(&keep, &use) == 110);
    received[5] = 1e9f;
    received[4] = 1e9f;
    use.position = CONTEXT; /* position 4 has left */
    CHECK(lm_keep_take(&keep, &use) == 4);
    use.position++;
    CHECK(lm_keep_take(&keep, &use) == 5);
}

static uint32_t token_at(const struct lm_model *model, size_t i)
{
    return (uint32_t)((i * i * 7 + i * 13) % model->shape.n_vocab);
}

/* What is kept: a share, or by head with few bits, too; 0, NULL: all. */
struct kept {
    uint32_t share;
    const struct kv_heads *heads;
};

static struct lm_state *start(const struct lm_model *model, uint32_t n_threads, uint32_t features,
                              const struct kept *kept)
{
    struct lm_options options = {1,          kept->heads ? SHORT_CONTEXT : CONTEXT,
                                 n_threads,  features,
                                 1,          0,
                                 KV_INT8,    kept->share,
                                 kept->heads};
    struct lm_state *state;
    options.kv_kind = kept->heads ? KV_K4V3S : KV_INT8;
    CHECK(lm_state_create(&state, model, &options) == TACIT_OK);
    return state;
}

/* Rows of which the logits are not `want`, of a stream that is saved and restored in the midst. */
static size_t count_other(const struct lm_model *model, const struct kept *kept, size_t piece,
                          uint32_t n_threads, uint32_t features, const float *want)
{
    struct lm_state *state = start(model, n_threads, features, kept);
    size_t stride = lm_logit_stride(model), n_other = 0;
    float *logits = aligned_alloc(64, LM_BATCH * stride * sizeof *logits);
    for (size_t i = 0; i < N_TOKENS; i += piece) {
        uint32_t tokens[LM_BATCH];
        size_t n = N_TOKENS - i < piece ? N_TOKENS - i : piece;
        for (size_t j = 0; j < n; j++)
            tokens[j] = token_at(model, i + j);
        CHECK(lm_prefill(state, 0, tokens, n, logits) == TACIT_OK);
        for (size_t j = 0; j < n; j++)
            n_other += memcmp(logits + j * stride, want + (i + j) * stride,
                              model->shape.n_vocab * sizeof *logits) != 0;
        if (i / piece == 150 / piece) {
            uint8_t *saved = malloc(lm_stream_size(state, lm_stream_position(state, 0)));
            lm_save_stream(state, 0, saved);
            lm_state_destroy(state);
            state = start(model, n_threads, features, kept);
            lm_restore_stream(state, 0, saved);
            free(saved);
        }
    }
    lm_state_destroy(state);
    free(logits);
    return n_other;
}

static void read_all(const struct lm_model *model, const struct kept *kept, float *logits)
{
    struct lm_state *state = start(model, 1, CPU_SCALAR, kept);
    for (size_t i = 0; i < N_TOKENS; i++) {
        uint32_t token = token_at(model, i);
        CHECK(lm_step(state, &token, logits + i * lm_logit_stride(model)) == TACIT_OK);
    }
    lm_state_destroy(state);
}

/* A stream has these logits however it is read. */
static void check_pieces(const struct lm_model *model, const struct kept *kept, const float *want)
{
    uint32_t features = cpu_features();
    for (uint32_t set = CPU_SCALAR; set != features; set = kernel_set_after(set, features))
        CHECK(count_other(model, kept, 37, 1, set, want) == 0);
    CHECK(count_other(model, kept, LM_BATCH, 2, features, want) == 0);
    CHECK(count_other(model, kept, 1, 1, features, want) == 0);
}

static void check_share(const struct lm_model *model, float *want, float *all)
{
    const struct kept share = {SHARE, NULL}, everything = {0, NULL};
    size_t stride = lm_logit_stride(model), n_same = 0;
    read_all(model, &share, want);
    read_all(model, &everything, all);
    while (n_same < N_TOKENS && memcmp(want + n_same * stride, all + n_same * stride,
                                       model->shape.n_vocab * sizeof(float)) == 0)
        n_same++;
    CHECK_MSG(n_same == (model->shape.window ? n_same : N_SLOTS), "%zu rows as if all were kept",
              n_same);
    check_pieces(model, &share, want);
}

/* Heads that drop with few bits: all that is near, and of the others as many as they have slots for, so that the first row
 * that differs follows from the head with the fewest. */
static void check_short(const struct lm_model *model, float *want, float *all)
{
    struct kv_heads some = {.n = (uint32_t)kv_heads_of(&model->shape)}, none = some;
    const struct kept short_some = {0, &some}, short_all = {0, &none};
    size_t stride = lm_logit_stride(model), n_same = 0;
    for (uint32_t i = 0; i < some.n; i++)
        some.parts[i] = (uint8_t)(i == 0 ? 5 : 12); /* 64 and 192 slots */
    if (some.n == 0)
        return;
    read_all(model, &short_some, want);
    read_all(model, &short_all, all);
    while (n_same < N_TOKENS && memcmp(want + n_same * stride, all + n_same * stride,
                                       model->shape.n_vocab * sizeof(float)) == 0)
        n_same++;
    CHECK_MSG(n_same == LM_GROUP + kv_near(KV_K4V3S), "%zu rows as if all were kept", n_same);
    check_pieces(model, &short_some, want);
}

static void check_model(const struct lm_shape *shape)
{
    struct lm_model *model;
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    size_t n_bytes = lm_logit_stride(model) * sizeof(float);
    float *want = aligned_alloc(64, N_TOKENS * n_bytes),
          *all = aligned_alloc(64, N_TOKENS * n_bytes);
    check_share(model, want, all);
    check_short(model, want, all);
    free(want);
    free(all);
    lm_model_destroy(model);
}

static void check_options(void)
{
    struct lm_options options = {1, 2048, 1, 0, 1, 0, KV_INT8, 30, NULL};
    uint64_t n_all, n_some;
    CHECK(lm_state_memory_needed(&shapes[0], &options, &n_some) == TACIT_OK);
    options.kv_keep = 0;
    CHECK(lm_state_memory_needed(&shapes[0], &options, &n_all) == TACIT_OK && n_some < n_all);
    options.kv_keep = 100;
    CHECK(lm_state_memory_needed(&shapes[0], &options, &n_all) == TACIT_ERR_ARGUMENT);
    options.kv_keep = 30;
    options.n_back = 1;
    CHECK(lm_state_memory_needed(&shapes[0], &options, &n_all) == TACIT_ERR_ARGUMENT);
    options.n_back = 0;
    options.kv_kind = KV_K4V4;
    CHECK(lm_state_memory_needed(&shapes[0], &options, &n_all) == TACIT_ERR_ARGUMENT);
}

int main(void)
{
    check_choice();
    check_options();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_model(&shapes[i]);
    return check_result();
}
