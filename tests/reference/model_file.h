/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, sections 1 to 3: a model file, its tensors and its vocabulary.
 */
#ifndef TACIT_REFERENCE_MODEL_FILE_H
#define TACIT_REFERENCE_MODEL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum norm { NORM_RMS, NORM_LAYER };
enum activation { ACT_SWIGLU, ACT_GELU, ACT_RELU2, ACT_GEGLU };

enum flag {
    FLAG_QKV_BIAS = 0x1,
    FLAG_BIASES = 0x2,
    FLAG_QK_NORM = 0x4,
    FLAG_POSITIONS = 0x8,
    FLAG_HEAD = 0x10,
    FLAG_HASHES = 0x20,
    FLAG_SMEAR = 0x40,
    FLAG_EMBED_NORM = 0x80,
    FLAG_MIX = 0x100,
    FLAG_Q_GAIN = 0x200,
    FLAG_SINK = 0x400,
    FLAG_ROOT_CAP = 0x800,
    FLAG_START_LAST = 0x1000,
    FLAG_OUT_BIAS = 0x2000,
    FLAG_ROPE_SCALED = 0x4000,
    FLAG_POST_NORMS = 0x8000,
    FLAG_NO_PRE_NORMS = 0x10000,
    FLAG_QK_NORM_ALL = 0x20000,
    FLAG_EXTENDED = 0x40000,
    FLAG_WIDE_HEAD = 0x80000,
    FLAG_WIDE_LAYERS = 0x100000,
};

struct shape {
    uint32_t n_vocab, n_layers, width, n_heads, n_kv_heads, head_dim, n_hidden, n_context;
    uint32_t rope_dims, norm, activation, flags, window, window_long, n_hash_rows, hash_size;
    float rope_base, norm_epsilon, logit_cap;
    uint32_t period;
    float local_rope_base, rope_gain, score_scale, score_cap, embed_gain;
};

/* A vector if n_rows is 0; absent if n_columns is 0. */
struct weights {
    unsigned
        kind; /* 0: int8, groups of 64; 1: int4, groups of 32; 2 .. 7: int8 stored with so many bits */
    size_t n_rows, n_columns;
    float *values;          /* of a vector */
    int8_t *q;              /* [rows][columns]: a matrix's integers */
    float *scale, *minimum; /* [rows][groups]; minimum not of int8 */
};

enum global_tensor {
    T_EMBEDDING,
    T_POSITION,
    T_BIGRAM,
    T_TRIGRAM,
    T_HASH_PROJECTION,
    T_SMEAR,
    T_EMBED_NORM,
    T_FINAL_NORM,
    T_FINAL_NORM_BIAS,
    T_HEAD,
    T_ROPE_DIVISORS,
    N_GLOBAL_TENSORS
};

enum layer_tensor {
    T_MIX_X,
    T_MIX_X0,
    T_ATTN_NORM,
    T_ATTN_NORM_BIAS,
    T_QKV,
    T_QKV_B,
    T_Q_NORM,
    T_K_NORM,
    T_Q_GAIN,
    T_SINK_SCORE,
    T_OUT,
    T_OUT_B,
    T_FFN_NORM,
    T_FFN_NORM_BIAS,
    T_UP,
    T_UP_B,
    T_DOWN,
    T_DOWN_B,
    T_POST_ATTN_NORM,
    T_POST_FFN_NORM,
    N_LAYER_TENSORS
};

struct vocabulary_bytes {
    const uint8_t *bytes;
    uint32_t n; /* 0: special */
};

struct model {
    struct shape shape;
    uint8_t identity[32]; /* as archives name it */
    struct weights global[N_GLOBAL_TENSORS];
    struct weights (*layer)[N_LAYER_TENSORS];
    uint8_t form; /* of the tokenizer */
    const uint8_t *pre;
    unsigned n_pre;
    uint32_t n_tokens, n_rules;
    struct vocabulary_bytes *token;
    const uint8_t *rules; /* 8 bytes each */
};

/* Reads data[0 .. n), which has to stay; checks all that the page calls an error, the identity too. */
void read_model(struct model *model, const uint8_t *data, size_t n);

/* The tokenizer alone, of a model whose shape is known. */
void read_tokenizer(struct model *model, const uint8_t *data, size_t n);

void free_model(struct model *model);

/* A row of a matrix as floats. */
void row_of(const struct weights *w, size_t row, float *to);

#endif
