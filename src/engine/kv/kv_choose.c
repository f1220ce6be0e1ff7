/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses what each head keeps: a model reads with all positions kept, kv_measure.c measures what each head would lose
 * with fewer, and steps from a sixteenth upwards are taken while the share lasts, those first that save most for each slot.
 */
#include "engine/kv/kv_choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/kv/kv_measure.h"
#include "engine/lm_state.h"

enum { MEASURED_ROWS = 16 }; /* of the last quarter */

/* The ways to keep, from the fewest bytes to the most: the levels, then all. */
struct ways {
    unsigned n;
    uint32_t cost[KV_N_LEVELS + 1];
    uint32_t whole; /* what a head of KV_INT8 that keeps all costs */
    float lost[KV_HEADS_MAX][KV_N_LEVELS + 1];
    uint8_t at[KV_HEADS_MAX]; /* the way of each head */
};

static size_t slots_of(const struct lm_options *options)
{
    return ((size_t)options->n_context + LM_CONTEXT_UNIT - 1) / LM_CONTEXT_UNIT * LM_CONTEXT_UNIT;
}

static struct lm_options measuring(const struct lm_options *options)
{
    return (struct lm_options){.n_streams = 1,
                               .n_context = options->n_context,
                               .n_threads = options->n_threads,
                               .cpu_features = options->cpu_features,
                               .kv_kind = KV_INT8};
}

static void lay_out(struct kv_measure *m, const struct lm_shape *shape,
                    const struct lm_options *options, struct arena *arena)
{
    m->n_slots = slots_of(options);
    kv_measure_lay_out(m, (size_t)shape->n_layers * shape->n_kv_heads, options->n_threads,
                       shape->n_heads / shape->n_kv_heads, shape->head_dim, arena);
}

enum tacit_status kv_heads_memory_needed(const struct lm_shape *shape,
                                         const struct lm_options *options, uint64_t *n_bytes)
{
    struct lm_options one = measuring(options);
    struct kv_measure m = {0};
    struct arena sizes = {0};
    TRY(lm_state_memory_needed(shape, &one, n_bytes));
    lay_out(&m, shape, options, &sizes);
    *n_bytes += sizes.used + sizeof(struct ways);
    return TACIT_OK;
}

/* Bytes of a cache, without what all kinds have; with what a head has that drops positions. */
static size_t cache_bytes(enum kv_kind kind, size_t head_dim, size_t n_slots, bool drops)
{
    struct arena sizes = {0};
    struct kv_cache unused;
    struct lm_keep keep;
    kv_cache_lay_out(&unused, kind, head_dim, n_slots, &sizes);
    if (drops)
        lm_keep_lay_out(&keep, kind, n_slots, &sizes);
    return sizes.used;
}

/* Where heads that drop positions have 8 bits, costs are in sixteenths of the whole, and keys and values alone count. */
static void list_ways(struct ways *ways, const struct lm_shape *shape,
                      const struct lm_options *options)
{
    size_t n_slots = slots_of(options);
    size_t n_bytes = cache_bytes(KV_INT8, shape->head_dim, n_slots, false);
    size_t of_all = cache_bytes(options->kv_kind, shape->head_dim, n_slots, false) * KV_PARTS;
    uint32_t cost_of_all = (uint32_t)((of_all + n_bytes - 1) / n_bytes);
    ways->whole = KV_PARTS;
    for (ways->n = 0; ways->n < KV_N_LEVELS && kv_levels_in_parts[ways->n] < cost_of_all; ways->n++)
        ways->cost[ways->n] = kv_levels_in_parts[ways->n];
    ways->cost[ways->n++] = cost_of_all;
}

/* Where heads that drop positions have few bits, costs are in bytes. */
static void list_short_ways(struct ways *ways, const struct lm_shape *shape,
                            const struct lm_options *options)
{
    size_t n_slots = slots_of(options), head_dim = shape->head_dim;
    uint32_t cost_of_all = (uint32_t)cache_bytes(options->kv_kind, head_dim, n_slots, false);
    ways->whole = (uint32_t)cache_bytes(KV_INT8, head_dim, n_slots, false);
    for (ways->n = 0; ways->n < KV_N_LEVELS; ways->n++) {
        size_t n = kv_slots_of_share(n_slots, kv_levels_in_parts[ways->n], KV_PARTS);
        uint32_t cost = (uint32_t)cache_bytes(options->kv_kind, head_dim, n, true);
        if (cost >= cost_of_all)
            break;
        ways->cost[ways->n] = cost;
    }
    ways->cost[ways->n++] = cost_of_all;
}

/* Of the heads of layers without a window. */
static void note_losses(struct ways *ways, const struct kv_measure *m, const struct lm_shape *shape)
{
    size_t n = 0;
    for (uint32_t layer = 0; layer < shape->n_layers; layer++)
        for (uint32_t i = 0; i < shape->n_kv_heads && !lm_window(shape, layer); i++, n++) {
            size_t head = (size_t)layer * shape->n_kv_heads + i;
            for (unsigned way = 0; way + 1 < ways->n && m->all[head] > 0.0f; way++)
                ways->lost[n][way] = m->lost[head * KV_N_LEVELS + way] / m->all[head];
        }
}

/* The step up that saves most for its cost of those that cost at most `left`; false: none saves anything. */
static bool best_step(const struct ways *ways, uint32_t n_heads, size_t left, uint32_t *head,
                      unsigned *to)
{
    float best = 0.0f;
    for (uint32_t h = 0; h < n_heads; h++)
        for (unsigned from = ways->at[h], way = from + 1; way < ways->n; way++) {
            uint32_t cost = ways->cost[way] - ways->cost[from];
            if (cost == 0 || cost > left) /* 0: both are 64 slots */
                continue;
            float saved = (ways->lost[h][from] - ways->lost[h][way]) / (float)cost;
            if (!(saved > best))
                continue;
            best = saved;
            *head = h;
            *to = way;
        }
    return best > 0.0f;
}

static void allocate(struct kv_heads *heads, struct ways *ways, uint32_t n_heads, uint32_t share)
{
    size_t total = (size_t)n_heads * ways->whole * share / 100;
    size_t used = (size_t)n_heads * ways->cost[0];
    uint32_t head = 0;
    unsigned way = 0;
    while (used < total && best_step(ways, n_heads, total - used, &head, &way)) {
        used += ways->cost[way] - ways->cost[ways->at[head]];
        ways->at[head] = (uint8_t)way;
    }
    heads->n = n_heads;
    for (uint32_t i = 0; i < n_heads; i++)
        heads->parts[i] = ways->at[i] + 1u == ways->n ? 0 : kv_levels_in_parts[ways->at[i]];
}

/* Reads the tokens with all positions kept, and measures. */
static enum tacit_status measure(struct kv_measure *m, const struct lm_model *model,
                                 const struct lm_options *options, const uint32_t *tokens,
                                 size_t n_tokens)
{
    struct lm_options one = measuring(options);
    struct lm_state *state;
    m->step = n_tokens / 4 / MEASURED_ROWS > 0 ? n_tokens / 4 / MEASURED_ROWS : 1;
    m->from = n_tokens - n_tokens / 4;
    TRY(lm_state_create(&state, model, &one));
    state->measure = m;
    enum tacit_status status = lm_prefill(state, 0, tokens, n_tokens, NULL);
    lm_state_destroy(state);
    return status;
}

enum tacit_status kv_heads_choose(struct kv_heads *heads, const struct lm_model *model,
                                  const struct lm_options *options, uint32_t share,
                                  const uint32_t *tokens, size_t n_tokens)
{
    size_t n_heads = kv_heads_of(&model->shape), n_slots = slots_of(options);
    struct arena sizes = {0};
    struct kv_measure m;
    heads->n = 0;
    n_tokens = n_tokens < n_slots ? n_tokens : n_slots;
    if (n_heads == 0 || n_heads > KV_HEADS_MAX || n_slots < KV_HEADS_CONTEXT_MIN ||
        n_tokens * 100 <= n_slots * share)
        return TACIT_OK;
    lay_out(&m, &model->shape, options, &sizes);
    struct ways *ways = calloc(1, sizeof *ways);
    struct arena arena = {aligned_alloc(ARENA_ALIGN, sizes.used), sizes.used, 0};
    enum tacit_status status = ways && arena.memory ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        memset(arena.memory, 0, sizes.used);
        lay_out(&m, &model->shape, options, &arena);
        status = measure(&m, model, options, tokens, n_tokens);
    }
    if (status == TACIT_OK) {
        (kv_is_short(options->kv_kind) ? list_short_ways : list_ways)(ways, &model->shape, options);
        note_losses(ways, &m, &model->shape);
        allocate(heads, ways, (uint32_t)n_heads, share);
    }
    free(arena.memory);
    free(ways);
    return status;
}

void kv_heads_use(struct lm_options *options, const struct kv_heads *heads)
{
    if (options->kv_keep == 0)
        return;
    if (heads->n == 0) { /* all alike */
        options->kv_kind = KV_INT8;
        return;
    }
    options->kv_heads = heads;
    options->kv_keep = 0;
}
