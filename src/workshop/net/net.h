/* SPDX-License-Identifier: Apache-2.0
 *
 * The network that `tacit train` trains: a small decoder-only transformer over a vocabulary of byte
 * pairs, with its gradient written by hand. docs/default-model.md has the equations.
 *
 * All parameters lie in one float array, described by a table of struct net_param; the gradient has
 * the same layout. A struct net_work holds one sequence's activations and belongs to one thread;
 * any number of them may share parameters.
 */
#ifndef TACIT_WORKSHOP_NET_NET_H
#define TACIT_WORKSHOP_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workshop/net/matmul.h"

enum {
    NET_LAYERS_MAX = 16,
    NET_PARAMS_MAX = 16 + 12 * NET_LAYERS_MAX,
    NET_ATTEND_BLOCK = 64, /* queries handled at once */
    NET_MLP_BLOCK = 256,   /* positions whose inner values are worked on at once */
    NET_LOSS_PANEL = 256,  /* tokens whose logits are held at once */
};

struct net_config {
    uint32_t n_vocab;                             /* the last token is BOS, which is read and never
                                                     predicted */
    uint32_t width, n_layers, n_heads, head_size; /* all heads share one key and value head */
    uint32_t mlp_size;
    uint32_t n_rotary;     /* of head_size */
    uint32_t seq_len;      /* longest sequence */
    uint32_t window_short; /* attention spans this many positions, the own one included ... */
    uint32_t window_long;  /* ... or this many in every third layer, beginning with the third */
    uint32_t hash_rows, hash_size; /* each of the bigram and the trigram table */
    float logit_cap;
};

enum net_param_kind {
    NET_MATRIX, /* trained by Muon */
    NET_TABLE,  /* rows looked up: Adam */
    NET_VECTOR, /* gains and mixing weights: Adam */
};

struct net_param {
    char name[24];
    enum net_param_kind kind;
    size_t offset, n_rows, n_cols;
    float init_std; /* 0: the constant init_value */
    float init_value;
};

/* Offsets in floats. */
struct net_layer_at {
    size_t mix_x, mix_x0; /* width each */
    size_t w_q, w_k, w_v; /* adjacent: one (heads + 2) * head_size x width matrix */
    size_t q_gain, sink;  /* n_heads each */
    size_t w_o, w_1, w_2;
};

struct net {
    struct net_config config;
    size_t n_params; /* floats in all */
    size_t n_table;
    struct net_param table[NET_PARAMS_MAX];
    size_t embed, bigram, trigram, hash_proj, smear;
    struct net_layer_at layer[NET_LAYERS_MAX];
    float *rotary; /* [seq_len][cos n_rotary/2, sin n_rotary/2] */
};

/* Fills in the table; TACIT_ERR_ARGUMENT if sizes of the configuration do not fit together. */
enum tacit_status net_open(struct net *net, const struct net_config *config);
void net_close(struct net *net);
void net_init_params(const struct net *net, uint64_t seed, float *params);
uint32_t net_window(const struct net *net, uint32_t layer);
/* Row of the bigram (n = 2) or trigram (n = 3) table for the tokens that end at ids[t]; positions
 * before the sequence count as BOS. */
size_t net_hash_row(const struct net *net, const uint16_t *ids, size_t t, int n);

struct net_layer_work {
    float *x;             /* the residual stream on entry; a layer's exit is the next one's entry */
    float *a, *m, *u;     /* input of attention, input of the MLP, its rectified inner values */
    float *q, *k, *v, *o; /* after norm and rotation; q is scaled. Rows of head_size, no padding */
    float *r_a, *r_q, *r_k, *r_m, *lse;
};

struct net_work {
    struct matmul mm;
    void *memory;                                    /* of all that follows */
    struct net_layer_work layer[NET_LAYERS_MAX + 1]; /* the last has only x */
    float *e, *hash, *x0_raw, *x0,
        *r_x0;      /* embeddings, hashed rows, x0 before and after the norm */
    float *y, *r_y; /* the final norm of the residual stream */
    float *qkv, *h, *logits, *lse, *scores, *scores_2; /* lse: log-sum of each position's logits */
    float *dx, *dx0, *dy, *dqkv, *dq, *dk, *dv, *do_, *dh;
    bool round_inputs; /* of each product, and q, k and v, to int8 by rows: no gradient then */
};

enum tacit_status net_work_open(struct net_work *work, const struct net *net, bool exact);
void net_work_close(struct net_work *work);

/* Row strides, in floats: a power of two would map a column onto one cache set. */
static inline size_t net_stride(size_t n)
{
    return n + 16;
}

/* Sum of -log p (nats) over the n targets that are not BOS. ids[0] is the input of targets[0]. If
 * grad is not NULL, scale times the gradient of that sum is added to it. */
double net_run(const struct net *net, struct net_work *work, const float *params, size_t n,
               const uint16_t *ids, const uint16_t *targets, float scale, float *grad);

/* The parts of net_run: forward leaves y, loss leaves lse, loss_back leaves the gradient of y in
 * dy. */
void net_forward(const struct net *net, struct net_work *work, const float *params, size_t n,
                 const uint16_t *ids);
double net_loss(const struct net *net, struct net_work *work, const float *params, size_t n,
                const uint16_t *targets);
void net_loss_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                   const uint16_t *targets, float scale, float *grad);
void net_backward(const struct net *net, struct net_work *work, const float *params, size_t n,
                  const uint16_t *ids, float *grad);
void net_attend(const struct net *net, struct net_work *work, const float *params, size_t n,
                uint32_t layer);
/* From work->do_ (gradient of o) to work->dq, dk, dv; adds the sinks' gradient. */
void net_attend_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad);

#endif
