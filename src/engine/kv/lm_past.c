/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the caches of one head lie, in a state and in what is saved of a stream.
 */
#include "engine/lm_state.h"

void lm_past_lay_out(struct lm_past *past, const struct lm_shape *s, const struct lm_span *span,
                     const struct lm_head *head, size_t n_slots, bool can_go_back,
                     struct arena *arena)
{
    *past = (struct lm_past){0};
    kv_cache_lay_out(&past->cache, head->kind, s->head_dim, n_slots, arena);
    past->sink_keys = arena_take(arena, LM_SINK_TOKENS * s->head_dim * sizeof *past->sink_keys);
    if (can_go_back && head->kind == KV_INT8) /* others lose nothing that they would need again */
        kv_cache_lay_out(&past->undone, head->kind, s->head_dim, LM_GROUP, arena);
    if (head->n_slots < span->n_kept)
        lm_keep_lay_out(&past->keep, head->kind, n_slots, arena);
}

struct lm_past lm_past_of(const struct lm_state *state, uint32_t layer, uint32_t stream,
                          uint32_t head_index)
{
    const struct lm_shape *s = &state->model->shape;
    const struct lm_span *span = &state->spans[layer];
    const struct lm_head *head = &span->heads[head_index];
    uint8_t *caches = span->caches + (size_t)stream * span->stream_bytes + head->at;
    struct arena arena = {caches, head->n_bytes, 0};
    struct lm_past past;
    lm_past_lay_out(&past, s, span, head, head->n_slots, state->n_back > 0, &arena);
    return past;
}
