/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a running model, shared by lm_state.c (who makes it), lm_forward.c (the pass over the
 * layers) and lm_attention.c.
 */
#ifndef TACIT_ENGINE_LM_STATE_H
#define TACIT_ENGINE_LM_STATE_H

#include "base/crew.h"
#include "engine/lm.h"
#include "engine/rope.h"

/* One token on its way through the layers. */
struct lm_row {
    uint32_t stream, token;
    uint32_t before[2]; /* the tokens before it, the nearest first */
    uint64_t position;
};

/* What a layer keeps of each stream: a ring of n_slots positions. */
struct lm_span {
    size_t n_slots;
    size_t cache_bytes; /* of one head of one stream */
    uint8_t *caches;    /* [stream][kv head] of cache_bytes */
};

/* What one head of keys and values remembers of one stream. Positions have slots; a slot is a row
 * of the keys' matrix and a column of the values'. Values are quantised by position, not by row:
 * their tiles' scales are 1 and value_scale enters the weights of attention instead. */
struct lm_cache {
    struct lm_tile *keys;   /* [n_slots / 16][head_dim / 64] */
    struct lm_tile *values; /* [head_dim / 16][n_slots / 64] */
    float *value_scale;     /* [head_dim / 64][n_slots] */
    float *sink_keys;       /* [LM_SINK_TOKENS][head_dim], not turned */
};

/* Of one member of the crew. */
struct lm_scratch {
    struct lm_rows query;  /* [heads a group][head_dim / 64] */
    struct lm_rows weight; /* [heads a group][n_slots / 64] */
    float *score;          /* [heads a group][n_slots] */
    float *total;          /* [heads a group] */
    float *out;            /* [heads a group][64] */
    float *head;           /* [head_dim] */
    struct lm_rows one;    /* [1][head_dim / 64] */
};

struct lm_state {
    const struct lm_model *model;
    struct kernels kernels;
    struct crew *crew;
    struct rope rope;
    uint32_t n_streams, n_rows_max;
    size_t n_sinks; /* LM_SINK_TOKENS, or 0 where layers have windows */
    size_t n_slots_max;
    struct lm_span *spans;      /* [n_layers] */
    uint64_t *n_seen;           /* [n_streams] tokens since the reset */
    uint32_t (*before)[2];      /* [n_streams] the last tokens, the nearest first */
    struct lm_scratch *scratch; /* [crew] */
    float *x;                   /* [rows][width]: the residual stream */
    float *norm;                /* [rows][width] */
    float *embedded; /* [rows][width]: x before the first layer, where layers mix it in */
    float *wide;     /* [rows][wide_stride]: q, k, v; then gate and up */
    size_t wide_stride;
    float *cosine, *sine;                        /* [rows][1 + LM_SINK_TOKENS][rope pairs] */
    struct lm_rows hashes, in, attended, hidden; /* quantised inputs of the products */
    void *memory;
    struct lm_row *rows; /* [n_rows_max] of this pass, each stream's together */
    size_t n_rows;
    float *logits;       /* of this pass; NULL: not wanted */
    bool scatter_logits; /* row's place is its stream's, not its own */
};

struct lm_cache lm_cache_of(const struct lm_state *state, uint32_t layer, uint32_t stream,
                            uint32_t head);

/* Takes state->rows through the model. */
void lm_forward(struct lm_state *state);

/* One member's share of the attention of one layer: from state->wide to state->attended. */
void lm_attention(struct lm_state *state, const struct lm_layer *layer, uint32_t layer_index,
                  struct crew *crew, unsigned member);

#endif
