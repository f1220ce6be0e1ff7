/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a running model, for lm_state.c, which makes it, lm_past.c, lm_forward.c, lm_attention.c
 * and lm_save.c.
 */
#ifndef TACIT_ENGINE_LM_STATE_H
#define TACIT_ENGINE_LM_STATE_H

#include "base/threads/crew.h"
#include "engine/kv/kv_heads.h"
#include "engine/kv/kv_measure.h"
#include "engine/kv/lm_keep.h"
#include "engine/kv_cache.h"
#include "engine/lm.h"
#include "engine/lm_rows.h"
#include "engine/rope.h"

/* One token on its way through the layers. */
struct lm_row {
    uint32_t stream, token;
    uint32_t before[2]; /* the tokens before it, the nearest first */
    uint32_t logits_row;
    uint64_t position;
};

/* The tokens that go through the layers together, each stream's in order and adjacent. */
struct lm_pass {
    struct lm_row rows[TACIT_STREAMS_MAX];
    size_t n_rows;
    float *logits; /* NULL: not wanted */
};

/* One head of keys and values of a layer. */
struct lm_head {
    size_t
        n_slots; /* the span's n_kept, rounded up to a multiple of 64; fewer if kv_keep or kv_heads say so */
    enum kv_kind kind;  /* of the cache */
    size_t at, n_bytes; /* where in a stream's part of the span's caches */
};

/* What a layer keeps for each stream: a ring of n_kept positions, of which the first n_sinks
 * stay. */
struct lm_span {
    size_t n_kept, n_sinks, n_slots_max;
    bool is_local;         /* rotated by state->local_rope */
    struct lm_head *heads; /* [n_kv_heads] */
    size_t stream_bytes;   /* of all heads of one stream */
    uint8_t *caches;       /* [stream] of stream_bytes */
};

/* What one head of keys and values keeps for one stream. */
struct lm_past {
    struct kv_cache cache;
    float *sink_keys; /* [LM_SINK_TOKENS][head_dim], not rotated */
    /* of LM_GROUP slots, none without n_back or with few bits: what lm_take_back puts back */
    struct kv_cache undone;
    struct lm_keep keep; /* with fewer slots than n_kept */
};

/* How many positions a head of the layer looks at. */
static inline size_t lm_looked_at(const struct lm_span *span, uint32_t head)
{
    size_t n_slots = span->heads[head].n_slots;
    return n_slots < span->n_kept ? n_slots : span->n_kept;
}

/* Of one member of the crew. */
struct lm_scratch {
    struct kv_scratch kv;
    float *sinks; /* [heads a group]: scores */
    float *out;   /* [rows][heads a group][head_dim] */
    float *head;  /* [head_dim] */
};

/* The memory of a pass: each team has one, so that teams run passes at the same time. */
struct lm_team {
    struct crew *crew;
    struct lm_pass pass;        /* lm_feed_begin's */
    uint32_t n_steps;           /* of that pass, done */
    struct lm_scratch *scratch; /* [crew] */
    float *x;                   /* [rows][width]: the residual stream */
    float *norm;                /* [rows][width] */
    float *embedded;      /* [rows][width]: x before the first layer, where layers mix it in */
    float *wide;          /* [rows][wide_stride]: q, k, v; then gate and up */
    float *cosine, *sine; /* [rows][1 + LM_SINK_TOKENS][rope pairs] */
    float *local_cosine, *local_sine;                    /* [rows][rope pairs] */
    struct lm_inputs hashes, in, attended, hidden, last; /* of the products; last: of the head's */
};

struct lm_state {
    const struct lm_model *model;
    const struct tensor *head; /* lm_head_matrix, or its rows in another order */
    struct kernels kernels;
    struct rope rope, local_rope; /* for layers with a window, if these have a base of their own */
    uint32_t n_streams, n_rows_max, n_teams, n_back;
    enum kv_kind kv_kind;
    size_t n_context;   /* positions that layers without a window keep */
    size_t n_slots_max; /* of all layers */
    size_t wide_stride;
    struct lm_span *spans;               /* [n_layers] */
    struct lm_head *heads;               /* [n_layers][n_kv_heads] */
    uint64_t *n_seen;                    /* [n_streams] tokens since the reset */
    uint32_t (*before)[2 + LM_BACK_MAX]; /* [n_streams] the last tokens, the nearest first */
    struct lm_team *teams;               /* [n_teams] */
    lm_observe_fn *observe;              /* NULL: products are not observed */
    void *observer;
    lm_watch_fn *watch; /* NULL: attention is not watched */
    void *watcher;
    const struct kv_measure *measure; /* NULL: nothing is measured */
    void *memory;
};

/* One member's share of a pass. */
struct lm_share {
    const struct lm_state *state;
    struct lm_team *team;
    const struct lm_pass *pass;
    unsigned member;
};

static inline void lm_my_part(const struct lm_share *share, size_t n, size_t *begin, size_t *end)
{
    crew_share(share->team->crew, share->member, n, begin, end);
}

/* Where a layer keeps a position. */
static inline size_t lm_slot(const struct lm_span *span, uint64_t position)
{
    return kv_slot(span->n_kept, span->n_sinks, position);
}

/* The slot of lm_past.undone that saves what a position overwrites. The last slots save the sinks'
 * keys as they are before the first position that rotates them anew. */
enum { LM_UNDONE = LM_GROUP - LM_SINK_TOKENS };
static_assert((int)LM_BACK_MAX <= (int)LM_UNDONE, "none is needed again when its slot is");
static_assert((int)LM_BACK_MAX <= (int)KV_BACK_MAX, "and what is near stays");
static_assert((int)LM_SINK_TOKENS <= (int)KV_SINKS_MAX, "all sinks are near");

/* Sets all of a span but the caches. heads: [n_kv_heads], or NULL, to measure alone. Returns the bytes of all streams. */
uint64_t lm_span_measure(struct lm_span *span, struct lm_head *heads, const struct lm_shape *shape,
                         const struct lm_options *options, uint32_t layer);

/* A past with n_slots, which are the head's or fewer. */
void lm_past_lay_out(struct lm_past *past, const struct lm_shape *shape, const struct lm_span *span,
                     const struct lm_head *head, size_t n_slots, bool can_go_back,
                     struct arena *arena);
struct lm_past lm_past_of(const struct lm_state *state, uint32_t layer, uint32_t stream,
                          uint32_t head);

/* Runs steps [begin, end) of the pass with the whole crew of the team: the first embeds the rows, then come the layers
 * and the logits. n_rows: 1 .. state->n_rows_max. */
void lm_forward(const struct lm_state *state, struct lm_team *team, const struct lm_pass *pass,
                uint32_t begin, uint32_t end);
uint32_t lm_forward_steps(const struct lm_state *state, const struct lm_pass *pass);

/* A member's share of the attention of one layer: from team->wide to team->attended. */
void lm_attention(const struct lm_share *share, uint32_t layer_index);

#endif
