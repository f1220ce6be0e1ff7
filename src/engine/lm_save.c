/* SPDX-License-Identifier: Apache-2.0
 *
 * Saves what a stream has read as plain bytes: its last tokens and the number of all tokens, then the pasts of all
 * layers and heads, which hold values and no addresses. What is saved has slots for the tokens that were read only, so
 * that a short stream is copied quickly, however long its context.
 */
#include <string.h>

#include "engine/lm_state.h"

/* What stands in front of the pasts. */
struct head {
    uint32_t before[2 + LM_BACK_MAX];
    uint64_t n_seen;
};

static struct arena pasts_behind(uint8_t *saved)
{
    struct arena arena = {saved, SIZE_MAX, 0};
    arena_take(&arena, sizeof(struct head));
    return arena;
}

/* Slots of a head that n_tokens reach. */
static size_t slots_reached(const struct lm_head *head, uint64_t n_tokens)
{
    size_t least = head->kind == KV_INT8 ? 0 : KV_NEAR_SLOTS + LM_GROUP;
    if (n_tokens >= head->n_slots)
        return head->n_slots;
    size_t n = ((size_t)n_tokens + LM_GROUP - 1) / LM_GROUP * LM_GROUP;
    n = n > least ? n : least;
    return n < head->n_slots ? n : head->n_slots;
}

/* The next past, of this head, in what is saved of n_tokens. */
static struct lm_past next_past(const struct lm_state *state, uint32_t layer, uint32_t head,
                                uint64_t n_tokens, struct arena *arena)
{
    const struct lm_span *span = &state->spans[layer];
    struct lm_past past;
    lm_past_lay_out(&past, &state->model->shape, span, &span->heads[head],
                    slots_reached(&span->heads[head], n_tokens), state->n_back > 0, arena);
    return past;
}

size_t lm_stream_size(const struct lm_state *state, uint64_t n_tokens)
{
    struct arena arena = pasts_behind(NULL);
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++)
        for (uint32_t head = 0; head < state->model->shape.n_kv_heads; head++)
            next_past(state, layer, head, n_tokens, &arena);
    return arena.used;
}

uint64_t lm_stream_numbers(const struct lm_state *state)
{
    const struct lm_shape *s = &state->model->shape;
    uint64_t n_positions = 0;
    for (uint32_t layer = 0; layer < s->n_layers; layer++)
        n_positions += state->spans[layer].n_kept;
    return 2 * n_positions * s->n_kv_heads * s->head_dim;
}

/* Both of one head; the slots that both have are copied. */
static void copy_past(const struct lm_state *state, const struct lm_past *to,
                      const struct lm_past *from)
{
    size_t n_keys = LM_SINK_TOKENS * state->model->shape.head_dim;
    size_t n_slots =
        to->cache.n_slots < from->cache.n_slots ? to->cache.n_slots : from->cache.n_slots;
    kv_cache_copy_first(&to->cache, &from->cache, n_slots);
    memcpy(to->sink_keys, from->sink_keys, n_keys * sizeof *to->sink_keys);
    if (to->undone.n_slots)
        kv_cache_copy_first(&to->undone, &from->undone, LM_GROUP);
    if (!to->keep.received)
        return;
    memcpy(to->keep.received, from->keep.received, n_slots * sizeof *to->keep.received);
    memcpy(to->keep.positions, from->keep.positions, n_slots * sizeof *to->keep.positions);
    memcpy(to->keep.near, from->keep.near, kv_near_slots(to->cache.kind) * sizeof *to->keep.near);
}

void lm_save_stream(const struct lm_state *state, uint32_t stream, uint8_t *saved)
{
    struct head head;
    struct arena arena = pasts_behind(saved);
    memcpy(head.before, state->before[stream], sizeof head.before);
    head.n_seen = state->n_seen[stream];
    memcpy(saved, &head, sizeof head);
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++)
        for (uint32_t i = 0; i < state->model->shape.n_kv_heads; i++) {
            struct lm_past from = lm_past_of(state, layer, stream, i),
                           to = next_past(state, layer, i, head.n_seen, &arena);
            copy_past(state, &to, &from);
        }
}

/* What is saved is only read, though a past has pointers that could write. */
void lm_restore_stream(struct lm_state *state, uint32_t stream, const uint8_t *saved)
{
    struct head head;
    struct arena arena = pasts_behind((uint8_t *)(uintptr_t)saved);
    memcpy(&head, saved, sizeof head);
    memcpy(state->before[stream], head.before, sizeof head.before);
    state->n_seen[stream] = head.n_seen;
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++)
        for (uint32_t i = 0; i < state->model->shape.n_kv_heads; i++) {
            struct lm_past from = next_past(state, layer, i, head.n_seen, &arena),
                           to = lm_past_of(state, layer, stream, i);
            copy_past(state, &to, &from);
        }
}

bool lm_saved_fits(const struct lm_state *state, const uint8_t *saved, size_t n_bytes,
                   uint64_t n_tokens)
{
    struct head head;
    if (n_bytes != lm_stream_size(state, n_tokens))
        return false;
    memcpy(&head, saved, sizeof head);
    for (size_t i = 0; i < 2 + LM_BACK_MAX; i++)
        if (head.before[i] >= state->model->shape.n_vocab)
            return false;
    return head.n_seen == n_tokens;
}

void lm_clear_stream(struct lm_state *state, uint32_t stream)
{
    lm_reset_stream(state, stream);
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++) {
        size_t n = state->spans[layer].stream_bytes;
        memset(state->spans[layer].caches + stream * n, 0, n);
    }
}
