/* SPDX-License-Identifier: Apache-2.0
 *
 * How many positions each layer and each of its heads keeps, of which kind, and the memory that this takes.
 */
#include "engine/lm_state.h"

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

size_t kv_heads_of(const struct lm_shape *shape)
{
    size_t n = 0;
    for (uint32_t layer = 0; layer < shape->n_layers; layer++)
        n += lm_window(shape, layer) ? 0 : shape->n_kv_heads;
    return n;
}

size_t kv_slots_of_share(size_t n_kept, uint32_t parts, uint32_t n_parts)
{
    size_t n = n_kept * parts / n_parts / LM_GROUP * LM_GROUP;
    return n > LM_GROUP ? n : LM_GROUP;
}

/* The slots of a head of a layer without a window. */
static size_t slots_of_head(const struct lm_span *span, const struct lm_options *options,
                            size_t index)
{
    if (options->kv_keep > 0)
        return kv_slots_of_share(span->n_kept, options->kv_keep, 100);
    uint32_t parts = options->kv_heads ? options->kv_heads->parts[index] : 0;
    return parts > 0 ? kv_slots_of_share(span->n_kept, parts, KV_PARTS) : span->n_kept;
}

/* Whether a head of n_slots is of the kind that was asked for, and not of 8 bits. */
static bool has_kind(const struct lm_span *span, size_t n_slots, enum kv_kind kind)
{
    return round_up(span->n_kept, LM_GROUP) > KV_NEAR_SLOTS &&
           (n_slots >= span->n_kept || kv_is_short(kind));
}

uint64_t lm_span_measure(struct lm_span *span, struct lm_head *heads, const struct lm_shape *shape,
                         const struct lm_options *options, uint32_t layer)
{
    size_t window = lm_window(shape, layer), index = 0;
    for (uint32_t i = 0; i < layer; i++)
        index += lm_window(shape, i) ? 0 : shape->n_kv_heads;
    *span =
        (struct lm_span){.n_kept = window ? window : round_up(options->n_context, LM_CONTEXT_UNIT),
                         .n_sinks = window ? 0 : LM_SINK_TOKENS,
                         .is_local = window && shape->local_rope_base != 0.0f,
                         .heads = heads};
    for (uint32_t i = 0; i < shape->n_kv_heads; i++) {
        struct arena sizes = {0};
        struct lm_past unused;
        struct lm_head head = {.at = span->stream_bytes, .kind = KV_INT8};
        head.n_slots =
            round_up(window ? window : slots_of_head(span, options, index + i), LM_GROUP);
        if (has_kind(span, head.n_slots, options->kv_kind))
            head.kind = options->kv_kind;
        lm_past_lay_out(&unused, shape, span, &head, head.n_slots, options->n_back > 0, &sizes);
        span->stream_bytes += head.n_bytes = sizes.used;
        span->n_slots_max = head.n_slots > span->n_slots_max ? head.n_slots : span->n_slots_max;
        if (heads)
            heads[i] = head;
    }
    return (uint64_t)span->stream_bytes * options->n_streams;
}
