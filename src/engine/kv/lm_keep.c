/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kv/lm_keep.h"

enum { LATEST = 4 }; /* the latest 1 / LATEST of the slots are kept whatever they receive */

void lm_keep_lay_out(struct lm_keep *keep, size_t n_slots, struct arena *arena)
{
    keep->received = arena_take(arena, n_slots * sizeof *keep->received);
    keep->positions = arena_take(arena, n_slots * sizeof *keep->positions);
}

static size_t choose(const struct lm_keep *keep, const struct kv_use *use)
{
    size_t n_slots = use->cache.n_slots, n_latest = n_slots / LATEST, least = n_slots;
    for (size_t i = use->n_sinks; i < n_slots; i++) {
        uint64_t age = use->position - keep->positions[i];
        if (age >= use->n_kept - use->n_sinks)
            return i;
        if (age > n_latest && (least == n_slots || keep->received[i] < keep->received[least]))
            least = i;
    }
    return least;
}

size_t lm_keep_take(const struct lm_keep *keep, const struct kv_use *use)
{
    size_t slot = use->position < use->cache.n_slots ? (size_t)use->position : choose(keep, use);
    keep->received[slot] = 0.0f;
    keep->positions[slot] = use->position;
    return slot;
}

void lm_keep_note(const struct lm_keep *keep, const struct kv_use *use, size_t n_valid)
{
    const struct kv_scratch *t = use->scratch;
    size_t n_slots = use->cache.n_slots, n_groups = n_slots / LM_GROUP;
    for (size_t i = 0; i < use->n_queries; i++) {
        float share = 1.0f / t->total[i];
        const int8_t *q = t->weight.q + i * n_slots;
        for (size_t g = 0; g * LM_GROUP < n_valid; g++) {
            float scale = t->weight.scale[i * n_groups + g] * share;
            size_t left = n_valid - g * LM_GROUP, n = left < LM_GROUP ? left : LM_GROUP;
            for (size_t j = g * LM_GROUP; j < g * LM_GROUP + n; j++)
                keep->received[j] += (float)q[j] * scale;
        }
    }
}
