/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kv/lm_keep.h"

#include "engine/kv/kv_low.h"

enum { LATEST = 4 }; /* the latest 1 / LATEST of the slots are kept whatever they receive */

void lm_keep_lay_out(struct lm_keep *keep, enum kv_kind kind, size_t n_slots, struct arena *arena)
{
    keep->received = arena_take(arena, n_slots * sizeof *keep->received);
    keep->positions = arena_take(arena, n_slots * sizeof *keep->positions);
    keep->near = arena_take(arena, kv_near_slots(kind) * sizeof *keep->near);
}

static size_t choose(const struct lm_keep *keep, const struct kv_use *use)
{
    size_t n_slots = use->cache.n_slots, n_latest = n_slots / LATEST, least = n_slots;
    for (size_t i = use->n_sinks; i < n_slots; i++) {
        uint32_t age = (uint32_t)use->position - keep->positions[i];
        if (age >= use->n_kept - use->n_sinks)
            return i;
        if (age > n_latest && (least == n_slots || keep->received[i] < keep->received[least]))
            least = i;
    }
    return least;
}

static size_t take(const struct lm_keep *keep, const struct kv_use *use, uint64_t position,
                   float received)
{
    size_t slot = position < use->cache.n_slots ? (size_t)position : choose(keep, use);
    keep->received[slot] = received;
    keep->positions[slot] = (uint32_t)position;
    return slot;
}

size_t lm_keep_take(const struct lm_keep *keep, const struct kv_use *use)
{
    uint64_t near = kv_near(use->cache.kind), position = use->position;
    if (use->cache.kind == KV_INT8)
        return take(keep, use, position, 0.0f);
    if (position >= use->n_sinks)
        keep->near[kv_low_near_slot(use, position)] = 0.0f;
    if (position < use->n_sinks + near) /* sinks' slots hold nothing */
        return position < near ? 0 : (size_t)(position - near);
    position -= near;
    return take(keep, use, position, keep->near[kv_low_near_slot(use, position)]);
}

/* Adds the weights of n columns, whose groups have scales, as shares. */
static void add(float *received, const int8_t *q, const float *scale, float share, size_t n)
{
    for (size_t g = 0; g * LM_GROUP < n; g++) {
        float factor = scale[g] * share;
        size_t left = n - g * LM_GROUP, end = left < LM_GROUP ? n : (g + 1) * LM_GROUP;
        for (size_t j = g * LM_GROUP; j < end; j++)
            received[j] += (float)q[j] * factor;
    }
}

void lm_keep_note(const struct lm_keep *keep, const struct kv_use *use, size_t n_valid)
{
    const struct kv_scratch *t = use->scratch;
    bool few = use->cache.kind != KV_INT8;
    size_t n_columns = use->cache.n_slots + kv_near_slots(use->cache.kind);
    size_t n_far = few ? kv_low_n_far(use) : n_valid, near = few ? kv_low_first_near(use) : 0;
    for (size_t i = 0; i < use->n_queries; i++) {
        float share = 1.0f / t->total[i];
        const int8_t *q = t->weight.q + i * n_columns;
        const float *scale = t->weight.scale + i * (n_columns / LM_GROUP);
        add(keep->received, q, scale, share, n_far);
        if (few)
            add(keep->near, q + near, scale + near / LM_GROUP, share, kv_low_n_near(use));
    }
}
