/* SPDX-License-Identifier: Apache-2.0
 *
 * What a language model is, as data: its sizes, its switches, and from these the list of its
 * tensors. The forward pass (lm_forward.c), the importers and the file format all follow this one
 * description; a new architecture is a new combination of switches, or a new switch, never a second
 * forward pass.
 *
 *     x = gain embedding[token] (+ position[pos])
 *     each layer:  x += norm(out(attention(rope(qk_norm(qkv(norm(x)))))))
 *                  x += norm(down(activation(up(norm(x)))))
 *     logits = cap(head(norm(x)))
 */
#ifndef TACIT_ENGINE_LM_SHAPE_H
#define TACIT_ENGINE_LM_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

enum { LM_UNIT = 64 }; /* widths are multiples of it: values that share a scale (LM_GROUP) */

enum lm_norm { LM_NORM_RMS = 0, LM_NORM_LAYER = 1 };

/* SWIGLU: silu(gate) * up; GEGLU: gelu(gate) * up; the others have no gate. GELU in its tanh form. */
enum lm_activation {
    LM_ACT_SWIGLU = 0,
    LM_ACT_GELU = 1,
    LM_ACT_RELU2 = 2,
    LM_ACT_GEGLU = 3,
    LM_N_ACTIVATIONS
};

enum lm_flag {
    LM_QKV_BIAS = 1,          /* Qwen2 */
    LM_BIASES = 2,            /* on out, up and down too: GPT-2, with LM_QKV_BIAS */
    LM_QK_NORM = 4,           /* RMS norm of each head of q and k: Qwen3 */
    LM_LEARNED_POSITIONS = 8, /* GPT-2 */
    LM_SEPARATE_HEAD = 16,    /* otherwise the embedding serves as the head */
    /* the rest is the project's own default model (docs/default-model.md) */
    LM_WITH_HASHES = 32,      /* rows of tables of token pairs and triples are added to the
                                 embedding */
    LM_WITH_SMEAR = 64,       /* some of the previous token's embedding is added too */
    LM_WITH_EMBED_NORM = 128, /* and the sum is normed */
    LM_WITH_MIX = 256,        /* each layer begins with x = mix_x x + mix_x0 (the embedded input) */
    LM_WITH_Q_GAIN = 512,     /* each query head has a factor */
    LM_WITH_SINK = 1024,      /* each query head has a constant score without a value */
    LM_ROOT_CAP = 2048,       /* the cap on logits is cap l / sqrt(l^2 + cap^2) */
    LM_BOS_LAST = 4096,       /* the vocabulary's last token stands before a text and is never
                                 predicted */
    LM_OUT_BIAS = 8192,       /* on out alone: Llama with attention biases */
    LM_ROPE_SCALED = 1 << 14, /* each rotated pair's frequency has a divisor: Llama 3, YaRN */
    LM_POST_NORMS = 1 << 15,  /* the output of attention and the hidden layer is normed: Gemma 3 */
    LM_NO_PRE_NORMS = 1 << 16, /* the input of attention and the hidden layer is not normed: OLMo
                                  2 */
    LM_QK_NORM_ALL = 1 << 17,  /* LM_QK_NORM is over all heads together: OLMo 2 */
    LM_EXTENDED = 1 << 18,     /* some field of LM_SHAPE_MORE is not 0 */
    LM_WIDE_HEAD = 1 << 19,    /* the inputs of the head are two rows of int8 (struct lm_inputs) */
    LM_WIDE_LAYERS = 1 << 20,  /* and those of the layers' matrices */
    LM_FLAGS_ALL = (1 << 21) - 1,
};

/* X(field, smallest, largest): every field, in the order in which files and hashes hold them. */
#define LM_SHAPE_SIZES(X)                                                                          \
    X(n_vocab, 2, 1u << 20)                                                                        \
    X(n_layers, 1, 256)                                                                            \
    X(width, 64, 16384) /* of x: a multiple of 64 */                                               \
    X(n_heads, 1, 256)                                                                             \
    X(n_kv_heads, 1, 256)     /* divides n_heads */                                                \
    X(head_dim, 64, 512)      /* a multiple of 64: smaller heads are filled up with zeros */       \
    X(n_hidden, 64, 65536)    /* a multiple of 64 */                                               \
    X(n_context, 1, 1u << 24) /* positions that it was trained on */                               \
    X(rope_dims, 0, 512)      /* of each head, even; the first ones; 0: no rotation */             \
    X(norm, 0, 1)                                                                                  \
    X(activation, 0, LM_N_ACTIVATIONS - 1)                                                         \
    X(flags, 0, LM_FLAGS_ALL)                                                                      \
    X(window, 0, 1u << 20)      /* positions that a layer sees; 0: all kept */                     \
    X(window_long, 0, 1u << 20) /* that every third layer sees; 0 with window */                   \
    X(n_hash_rows, 0, 1u << 24)                                                                    \
    X(hash_size, 0, 4096) /* a multiple of 64 */

#define LM_SHAPE_FLOATS(X)                                                                         \
    X(rope_base, 0x1.0p1f, 0x1.0p40f)                                                              \
    X(norm_epsilon, 0.0f, 1.0f)                                                                    \
    X(logit_cap, 0.0f, 1e6f) /* cap * tanh(logit / cap), or as LM_ROOT_CAP; 0: no cap */

/* X(field, smallest, largest): fields that came later, 0 in models that do not use them. Files and
 * hashes hold them apart. */
#define LM_SHAPE_MORE_SIZES(X)                                                                     \
    X(period, 0,                                                                                   \
      256) /* not 0: the last of so many layers sees all that is kept, the rest `window` */

#define LM_SHAPE_MORE_FLOATS(X)                                                                    \
    X(local_rope_base, 0.0f, 0x1.0p40f) /* of layers with a window, unscaled; 0: as the others */  \
    X(rope_gain, 0.0f, 16.0f)           /* factor of sines and cosines; 0: 1 */                    \
    X(score_scale, 0.0f, 16.0f)         /* of attention; 0: 1 / sqrt(head_dim) */                  \
    X(score_cap, 0.0f, 1e6f)            /* cap * tanh(score / cap); 0: no cap */                   \
    X(embed_gain, 0.0f, 1024.0f)        /* factor of the embedding; 0: 1 */

struct lm_shape {
#define LM_FIELD(name, smallest, largest) uint32_t name;
    LM_SHAPE_SIZES(LM_FIELD)
#undef LM_FIELD
#define LM_FIELD(name, smallest, largest) float name;
    LM_SHAPE_FLOATS(LM_FIELD)
#undef LM_FIELD
#define LM_FIELD(name, smallest, largest) uint32_t name;
    LM_SHAPE_MORE_SIZES(LM_FIELD)
#undef LM_FIELD
#define LM_FIELD(name, smallest, largest) float name;
    LM_SHAPE_MORE_FLOATS(LM_FIELD)
#undef LM_FIELD
};

/* TACIT_ERR_UNSUPPORTED unless every field is in range and the sizes fit together. */
enum tacit_status lm_shape_check(const struct lm_shape *shape);

/* X(id, rows, columns, present), for a shape s. A tensor of no rows is a vector of floats; others
 * are matrices of int8 tiles. Rows of parts that are computed together are stacked: q, k and v;
 * gate and up. */
#define LM_LAYER_TENSORS(X)                                                                        \
    X(LM_MIX_X, 0, s->width, (s->flags & LM_WITH_MIX) != 0)                                        \
    X(LM_MIX_X0, 0, s->width, (s->flags & LM_WITH_MIX) != 0)                                       \
    X(LM_ATTN_NORM, 0, s->width, !(s->flags & LM_NO_PRE_NORMS))                                    \
    X(LM_ATTN_NORM_BIAS, 0, s->width, s->norm == LM_NORM_LAYER)                                    \
    X(LM_QKV, lm_qkv_rows(s), s->width, true)                                                      \
    X(LM_QKV_B, 0, lm_qkv_rows(s), (s->flags & LM_QKV_BIAS) != 0)                                  \
    X(LM_Q_NORM, 0, lm_norm_columns(s, s->n_heads), (s->flags & LM_QK_NORM) != 0)                  \
    X(LM_K_NORM, 0, lm_norm_columns(s, s->n_kv_heads), (s->flags & LM_QK_NORM) != 0)               \
    X(LM_Q_GAIN, 0, s->n_heads, (s->flags & LM_WITH_Q_GAIN) != 0)                                  \
    X(LM_SINK_SCORE, 0, s->n_heads, (s->flags & LM_WITH_SINK) != 0)                                \
    X(LM_OUT, s->width, lm_head_columns(s), true)                                                  \
    X(LM_OUT_B, 0, s->width, (s->flags & (LM_BIASES | LM_OUT_BIAS)) != 0)                          \
    X(LM_FFN_NORM, 0, s->width, !(s->flags & LM_NO_PRE_NORMS))                                     \
    X(LM_FFN_NORM_BIAS, 0, s->width, s->norm == LM_NORM_LAYER)                                     \
    X(LM_UP, lm_up_rows(s), s->width, true)                                                        \
    X(LM_UP_B, 0, lm_up_rows(s), (s->flags & LM_BIASES) != 0)                                      \
    X(LM_DOWN, s->width, s->n_hidden, true)                                                        \
    X(LM_DOWN_B, 0, s->width, (s->flags & LM_BIASES) != 0)                                         \
    X(LM_POST_ATTN_NORM, 0, s->width, (s->flags & LM_POST_NORMS) != 0)                             \
    X(LM_POST_FFN_NORM, 0, s->width, (s->flags & LM_POST_NORMS) != 0)

#define LM_GLOBAL_TENSORS(X)                                                                       \
    X(LM_EMBEDDING, s->n_vocab, s->width, true)                                                    \
    X(LM_POSITION, s->n_context, s->width, (s->flags & LM_LEARNED_POSITIONS) != 0)                 \
    X(LM_BIGRAM, s->n_hash_rows, s->hash_size, (s->flags & LM_WITH_HASHES) != 0)                   \
    X(LM_TRIGRAM, s->n_hash_rows, s->hash_size, (s->flags & LM_WITH_HASHES) != 0)                  \
    X(LM_HASH_PROJECTION, s->width, 2 * (size_t)s->hash_size, (s->flags & LM_WITH_HASHES) != 0)    \
    X(LM_SMEAR, 0, s->width, (s->flags & LM_WITH_SMEAR) != 0)                                      \
    X(LM_EMBED_NORM, 0, s->width, (s->flags & LM_WITH_EMBED_NORM) != 0)                            \
    X(LM_FINAL_NORM, 0, s->width, true)                                                            \
    X(LM_FINAL_NORM_BIAS, 0, s->width, s->norm == LM_NORM_LAYER)                                   \
    X(LM_HEAD, s->n_vocab, s->width, (s->flags & LM_SEPARATE_HEAD) != 0)                           \
    X(LM_ROPE_DIVISORS, 0, s->rope_dims / 2, (s->flags & LM_ROPE_SCALED) != 0)

enum lm_tensor_id {
#define LM_ID(id, rows, columns, present) id,
    LM_LAYER_TENSORS(LM_ID) LM_N_LAYER_TENSORS,
    LM_BEFORE_GLOBAL = LM_N_LAYER_TENSORS - 1,
    LM_GLOBAL_TENSORS(LM_ID) LM_N_TENSORS
#undef LM_ID
};

struct lm_tensor_size {
    size_t n_rows;    /* 0: a vector */
    size_t n_columns; /* 0: the model has no such tensor */
};

struct lm_tensor_size lm_tensor_size(const struct lm_shape *shape, enum lm_tensor_id id);

/* Columns of the widest tensor. */
size_t lm_shape_widest(const struct lm_shape *shape);

static inline size_t lm_head_columns(const struct lm_shape *s)
{
    return (size_t)s->n_heads * s->head_dim;
}

static inline size_t lm_qkv_rows(const struct lm_shape *s)
{
    return lm_head_columns(s) + 2 * (size_t)s->n_kv_heads * s->head_dim;
}

static inline size_t lm_up_rows(const struct lm_shape *s)
{
    bool has_gate = s->activation == LM_ACT_SWIGLU || s->activation == LM_ACT_GEGLU;
    return (has_gate ? 2 : 1) * (size_t)s->n_hidden;
}

/* Gains of the norm of queries or keys of so many heads. */
static inline size_t lm_norm_columns(const struct lm_shape *s, uint32_t n_heads)
{
    return (size_t)s->head_dim * (s->flags & LM_QK_NORM_ALL ? n_heads : 1);
}

/* Whether a field of LM_SHAPE_MORE is set: such a shape has LM_EXTENDED. */
bool lm_shape_is_extended(const struct lm_shape *shape);

/* Positions that the layer sees; 0: all that are kept. */
static inline uint32_t lm_window(const struct lm_shape *s, uint32_t layer)
{
    if (s->period)
        return layer % s->period == s->period - 1 ? 0 : s->window;
    return layer % 3 == 2 ? s->window_long : s->window;
}

/* Multiply-accumulates with weights for one token, the head's included. */
uint64_t lm_shape_products(const struct lm_shape *shape);

#endif
