/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kv/kv_measure.h"

#include <stdlib.h>
#include <string.h>

#include "engine/kv/kv_heads.h"
#include "engine/kv/lm_keep.h"
#include "engine/kv_cache.h"

const uint8_t kv_levels_in_parts[KV_N_LEVELS] = {1, 2, 3, 4, 6, 8, 10, 12};

void kv_measure_lay_out(struct kv_measure *m, size_t n_heads, size_t n_members, size_t n_queries,
                        size_t head_dim, struct arena *arena)
{
    m->received = arena_take(arena, n_heads * m->n_slots * sizeof *m->received);
    m->lost = arena_take(arena, n_heads * KV_N_LEVELS * sizeof *m->lost);
    m->all = arena_take(arena, n_heads * sizeof *m->all);
    m->scratch = arena_take(arena, n_members * sizeof *m->scratch);
    for (size_t i = 0; i < n_members; i++) {
        struct kv_measure_scratch unused, *s = m->scratch ? &m->scratch[i] : &unused;
        s->score = arena_take(arena, n_queries * m->n_slots * sizeof *s->score);
        s->out = arena_take(arena, n_queries * head_dim * sizeof *s->out);
        s->order = arena_take(arena, m->n_slots * sizeof *s->order);
    }
}

/* The most received first; of equals the first slot. An order without ties, so that any qsort gives the same. */
static int compare(const void *a_, const void *b_)
{
    const struct kv_ranked *a = a_, *b = b_;
    if (a->received != b->received)
        return a->received > b->received ? -1 : 1;
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* Drops all positions that a head of n_slots would not have kept. */
static void mask(const struct kv_measure_scratch *s, const struct kv_use *use, size_t n_slots,
                 size_t n_valid)
{
    size_t n_latest = n_slots / 4, left = n_slots - n_latest - use->n_sinks;
    float *score = use->scratch->score;
    for (size_t i = 0; i < n_valid; i++) {
        size_t slot = s->order[i].slot;
        if (slot < use->n_sinks || slot + n_latest >= n_valid)
            continue;
        if (left > 0) {
            left--;
            continue;
        }
        for (size_t query = 0; query < use->n_queries; query++)
            score[query * use->cache.n_slots + slot] = -LM_SCORE_MAX;
    }
}

static float squares(const float *a, const float *b, size_t n)
{
    float sum = 0.0f;
    for (size_t i = 0; i < n; i++) {
        float d = a[i] - (b ? b[i] : 0.0f);
        sum += d * d;
    }
    return sum;
}

static void measure(const struct kv_measure *m, size_t head, const struct kv_measure_scratch *s,
                    const struct kv_use *use, const float *out, const float *sinks, size_t n_valid)
{
    size_t n_scores = use->n_queries * use->cache.n_slots * sizeof *s->score;
    size_t n = use->n_queries * use->cache.head_dim;
    const float *received = m->received + head * m->n_slots;
    for (size_t i = 0; i < n_valid; i++)
        s->order[i] = (struct kv_ranked){received[i], (uint32_t)i};
    qsort(s->order, n_valid, sizeof *s->order, compare);
    memcpy(s->score, use->scratch->score, n_scores);
    for (size_t level = 0; level < KV_N_LEVELS; level++) {
        size_t n_slots = kv_slots_of_share(m->n_slots, kv_levels_in_parts[level], KV_PARTS);
        memcpy(use->scratch->score, s->score, n_scores);
        mask(s, use, n_slots, n_valid);
        kv_cache_weigh(use, s->out, sinks, n_valid);
        m->lost[head * KV_N_LEVELS + level] += squares(out, s->out, n);
    }
    m->all[head] += squares(out, NULL, n);
}

void kv_measure_row(const struct kv_measure *m, size_t head, size_t member,
                    const struct kv_use *use, const float *out, const float *sinks, size_t n_valid)
{
    struct lm_keep keep = {.received = m->received + head * m->n_slots};
    lm_keep_note(&keep, use, n_valid);
    if (use->position >= m->from && (use->position - m->from) % m->step == 0)
        measure(m, head, &m->scratch[member], use, out, sinks, n_valid);
}
