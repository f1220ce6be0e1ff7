/* SPDX-License-Identifier: Apache-2.0
 *
 * The network that is trained: what the engine runs (engine/lm_shape.h describes both), in floats and
 * with its gradient written by hand. Of the switches of a shape, those of Llama, Qwen 2 and 3 and of
 * the project's own model are known here; docs/default-model.md has the equations of the last.
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

#include "engine/lm_model.h"
#include "workshop/net/matmul.h"

enum {
    NET_LAYERS_MAX = 256,
    NET_ATTEND_BLOCK = 64, /* queries handled at once */
    NET_MLP_BLOCK = 256,   /* positions whose inner values are worked on at once */
    NET_LOSS_PANEL = 256,  /* tokens whose logits are held at once */
};

#define NET_ABSENT SIZE_MAX

/* The sizes of the project's own network, as a configuration and a checkpoint hold them. */
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

/* A tensor of the engine, or one of the matrices that it stacks: q, k and v; gate and up. */
struct net_param {
    char name[24];
    enum lm_tensor_id id;
    uint32_t layer; /* of a layer's tensor */
    enum net_param_kind kind;
    size_t offset, n_rows, n_cols;
    float init_std; /* 0: the constant init_value */
    float init_value;
};

struct net {
    struct lm_shape shape;
    uint32_t seq_len;         /* longest sequence */
    bool has_gains;           /* otherwise all norms have the gain 1 */
    bool tables_are_frozen;   /* embedding and head get no gradient */
    struct net_config config; /* of a network that net_open opened */
    size_t n_params;          /* floats in all */
    size_t n_table;
    struct net_param *table;
    size_t at[LM_N_TENSORS];                /* of the global ones: offset or NET_ABSENT */
    size_t (*layer_at)[LM_N_LAYER_TENSORS]; /* [n_layers] */
    float *rotary;                          /* [seq_len][cos rope_dims/2, sin rope_dims/2] */
};

/* The project's own network, whose norms have no gains; TACIT_ERR_ARGUMENT if sizes of the configuration
 * do not fit together, TACIT_ERR_MEMORY. On failure net_close may follow or not. */
enum tacit_status net_open(struct net *net, const struct net_config *config);
/* A network of a model's shape, over sequences of up to seq_len tokens. Norms have gains unless all of the model's
 * are 1. TACIT_ERR_UNSUPPORTED: the shape has a switch that is not known here; TACIT_ERR_MEMORY. */
enum tacit_status net_open_model(struct net *net, const struct lm_model *model, uint32_t seq_len);
void net_close(struct net *net);
void net_init_params(const struct net *net, uint64_t seed, float *params);
/* The shape of the network with these sizes. */
struct lm_shape net_config_shape(const struct net_config *config);
/* Positions that a layer sees, at most seq_len. */
uint32_t net_window(const struct net *net, uint32_t layer);
/* Row of the bigram (n = 2) or trigram (n = 3) table for the tokens that end at ids[t]; positions
 * before the sequence count as BOS. */
size_t net_hash_row(const struct net *net, const uint32_t *ids, size_t t, int n);

/* Where a tensor's values begin in the parameters: offset in floats, or NET_ABSENT; layer counts for
 * tensors of layers only. */
static inline size_t net_at(const struct net *net, enum lm_tensor_id id, uint32_t layer)
{
    return id >= LM_N_LAYER_TENSORS ? net->at[id] : net->layer_at[layer][id];
}

/* A tensor's values, or NULL. */
static inline const float *net_values(const struct net *net, const float *params,
                                      enum lm_tensor_id id, uint32_t layer)
{
    const size_t at = net_at(net, id, layer);
    return at == NET_ABSENT ? NULL : params + at;
}

/* A tensor's gradient, or NULL. */
static inline float *net_grad(const struct net *net, float *grad, enum lm_tensor_id id,
                              uint32_t layer)
{
    const size_t at = net_at(net, id, layer);
    return at == NET_ABSENT ? NULL : grad + at;
}

static inline bool net_has(const struct net *net, uint32_t flag)
{
    return (net->shape.flags & flag) != 0;
}

/* The embedding, or the head of its own. */
static inline enum lm_tensor_id net_head(const struct net *net)
{
    return net_has(net, LM_SEPARATE_HEAD) ? LM_HEAD : LM_EMBEDDING;
}

/* Query heads that share a head of keys and values. */
static inline size_t net_group(const struct net *net)
{
    return net->shape.n_heads / net->shape.n_kv_heads;
}

/* Queries, keys, values and what attention makes of them lie by heads of keys and values:
 * [n_kv_heads][seq_len][group][head_dim], group 1 for keys and values, without padding. */
struct net_layer_work {
    float *x; /* the residual stream on entry; a layer's exit is the next one's entry */
    float *a, *m,
        *u; /* normed inputs of attention and of the MLP, before the gains; inner values: rectified,
                             or gate and up before the activation */
    float *q, *k, *v, *o; /* after norm and rotation; q is scaled */
    float *q_hat, *k_hat; /* with gains: after the norm, before the gains */
    float *r_a, *r_q, *r_k, *r_m, *lse;
};

/* Room for squares of a product's inputs and of its outputs' gradients: [seq_len][net_stride(n)], n the most columns. */
struct net_squares {
    float *dy, *x;
};

struct net_work {
    struct matmul mm;
    void *memory;                 /* of all that follows */
    struct net_layer_work *layer; /* [n_layers + 1]: the last has only x */
    float *e, *hash, *x0_raw, *x0,
        *r_x0;              /* embeddings, hashed rows, x0 before and after the norm */
    float *y, *y_hat, *r_y; /* the final norm of the residual stream, with and without the gain */
    float *gained;          /* the normed input of a product times the gains */
    float *qkv, *h, *logits, *scores, *scores_2;
    float *lse, *top; /* log-sum of each position's logits; the largest of them */
    float *dx, *dx0, *dy, *dqkv, *dq, *dk, *dv, *do_, *dh;
    bool round_inputs; /* of each product, and q, k and v, to int8 by rows: no gradient then */
    /* The caller's; NULL: none. With it, what is added to the gradient of a layer's matrices is, for each weight, the sum of the
     * squares of what each position adds to its gradient: the diagonal of the empirical Fisher information, positions taken as
     * independent. */
    const struct net_squares *squares;
    /* The caller's; NULL: none. [n_layers][seq_len][net_stride(width)]: net_backward writes to it the gradient of the stream
     * behind each layer, and leaves out the gradient of matrices. */
    float *exits;
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
               const uint32_t *ids, const uint32_t *targets, float scale, float *grad);

/* A network that another one learns from; it has the same tokens. */
struct net_teacher {
    const struct net *net;
    struct net_work *work;
    const float *params;
    float
        share; /* of its distributions in what is learned of the tokens to come; the rest is the text */
    float hidden, relations, gradients; /* weights of the losses of net_lesson.h; 0: none */
    const struct net_lesson *lesson;    /* opened, if one of them is not 0 */
};

/* net_run with a gradient, towards a mixture of the text and the teacher's distributions: the gradient is that of
 * (1 - share) times the sum of -log p plus share times the sum of the cross-entropies with the teacher, plus the weighted
 * losses of net_lesson.h, whose maps lie behind params and grad. Returns the text's sum. */
double net_distil(const struct net *net, struct net_work *work, const float *params, size_t n,
                  const uint32_t *ids, const uint32_t *targets, float scale, float *grad,
                  const struct net_teacher *teacher);

/* The parts of net_run: forward leaves y, loss leaves lse, loss_back leaves the gradient of y in
 * dy. */
void net_forward(const struct net *net, struct net_work *work, const float *params, size_t n,
                 const uint32_t *ids);
double net_loss(const struct net *net, struct net_work *work, const float *params, size_t n,
                const uint32_t *targets);
void net_loss_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                   const uint32_t *targets, float scale, float *grad,
                   const struct net_teacher *teacher); /* after its net_loss; NULL: none */
void net_backward(
    const struct net *net, struct net_work *work, const float *params, size_t n,
    const uint32_t *ids, float *grad,
    const struct net_teacher *teacher); /* weights with net_loss_back's scale; NULL: none */
/* x times the gain, in work->gained; x itself if gain is NULL. */
struct matrix net_gained(const struct net_work *work, struct matrix x, const float *gain);
/* From rows of q, k and v in work->qkv to the layer's q, k and v, normed, rotated and scaled as the shape says. */
void net_split_qkv(const struct net *net, struct net_work *work, const float *params, size_t n,
                   uint32_t layer);
/* From work->dq, dk, dv to the gradient of these rows in work->dqkv; adds that of gains and biases. */
void net_join_qkv(const struct net *net, struct net_work *work, const float *params, size_t n,
                  uint32_t layer, float *grad);
void net_attend(const struct net *net, struct net_work *work, const float *params, size_t n,
                uint32_t layer);
/* From work->do_ (gradient of o) to work->dq, dk, dv; adds the sinks' gradient. */
void net_attend_back(const struct net *net, struct net_work *work, const float *params, size_t n,
                     uint32_t layer, float *grad);

#endif
