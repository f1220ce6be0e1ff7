/* SPDX-License-Identifier: Apache-2.0
 *
 * Small language models for tests, made of a fixed sequence of pseudo-random numbers: one for each
 * combination of switches that the engine knows. What they say is noise, the same on every machine.
 */
#ifndef TACIT_TESTS_TINY_MODEL_H
#define TACIT_TESTS_TINY_MODEL_H

#include "engine/lm_build.h"

/* The fields of LM_SHAPE_MORE, for models that do without. */
#define TINY_NO_MORE 0, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f

/* X(name, every field of struct lm_shape) */
#define TINY_MODELS(X)                                                                             \
    X("llama", 300, 2, 64, 4, 2, 64, 128, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU, 0, 0, 0, 0, 0,      \
      10000.0f, 1e-5f, 0.0f, TINY_NO_MORE)                                                         \
    X("wide heads", 97, 1, 128, 2, 1, 128, 192, 256, 128, LM_NORM_RMS, LM_ACT_SWIGLU,              \
      LM_QK_NORM | LM_SEPARATE_HEAD, 0, 0, 0, 0, 1e6f, 1e-6f, 0.0f, TINY_NO_MORE)                  \
    X("learned positions", 260, 2, 64, 1, 1, 64, 256, 100, 0, LM_NORM_LAYER, LM_ACT_GELU,          \
      LM_QKV_BIAS | LM_BIASES | LM_LEARNED_POSITIONS, 0, 0, 0, 0, 10000.0f, 1e-5f, 0.0f,           \
      TINY_NO_MORE)                                                                                \
    X("relu2", 256, 2, 64, 3, 1, 64, 128, 256, 16, LM_NORM_RMS, LM_ACT_RELU2,                      \
      LM_QKV_BIAS | LM_QK_NORM, 0, 0, 0, 0, 10000.0f, 1e-5f, 15.0f, TINY_NO_MORE)                  \
    X("default", 200, 3, 64, 2, 1, 64, 128, 256, 16, LM_NORM_RMS, LM_ACT_RELU2,                    \
      LM_QK_NORM | LM_WITH_HASHES | LM_WITH_SMEAR | LM_WITH_EMBED_NORM | LM_WITH_MIX |             \
          LM_WITH_Q_GAIN | LM_WITH_SINK | LM_ROOT_CAP | LM_BOS_LAST,                               \
      64, 128, 50, 64, 10000.0f, 1e-6f, 15.0f, TINY_NO_MORE)                                       \
    X("gemma", 200, 3, 64, 2, 1, 128, 128, 256, 96, LM_NORM_RMS, LM_ACT_GEGLU,                     \
      LM_QK_NORM | LM_POST_NORMS | LM_ROPE_SCALED | LM_EXTENDED, 40, 0, 0, 0, 1e6f, 1e-6f, 12.0f,  \
      2, 10000.0f, 1.25f, 0.1f, 20.0f, 8.0f)                                                       \
    X("olmo2", 150, 2, 64, 4, 2, 64, 64, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU,                      \
      LM_QK_NORM | LM_QK_NORM_ALL | LM_POST_NORMS | LM_NO_PRE_NORMS, 0, 0, 0, 0, 10000.0f, 1e-5f,  \
      0.0f, TINY_NO_MORE)                                                                          \
    X("wide head", 150, 2, 64, 4, 2, 64, 128, 256, 64, LM_NORM_RMS, LM_ACT_SWIGLU, LM_WIDE_HEAD,   \
      0, 0, 0, 0, 10000.0f, 1e-5f, 0.0f, TINY_NO_MORE)                                             \
    X("wide inputs", 200, 3, 64, 2, 1, 64, 128, 256, 16, LM_NORM_RMS, LM_ACT_RELU2,                \
      LM_QK_NORM | LM_WITH_HASHES | LM_WITH_MIX | LM_SEPARATE_HEAD | LM_WIDE_HEAD |                \
          LM_WIDE_LAYERS,                                                                          \
      64, 128, 50, 64, 10000.0f, 1e-6f, 0.0f, TINY_NO_MORE)

struct tiny_random {
    uint64_t state;
    struct lm_shape shape;
};

static inline float tiny_next(struct tiny_random *r)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(r->state >> 32) * (1.0f / 2147483648.0f);
}

/* Tensors that came later begin behind the others, so that the models that tests know stay. */
static inline uint64_t tiny_tensor_number(enum lm_tensor_id id)
{
    bool came_later = id == LM_POST_ATTN_NORM || id == LM_POST_FFN_NORM || id == LM_ROPE_DIVISORS;
    if (came_later)
        return 1000u + (uint64_t)id;
    return id < LM_N_LAYER_TENSORS ? id : id - 2u;
}

/* Each row's numbers follow from its place alone. */
static inline enum tacit_status tiny_row(void *context, enum lm_tensor_id id, uint32_t layer,
                                         size_t row, float *dst)
{
    struct tiny_random *r = (struct tiny_random *)context;
    struct lm_tensor_size size = lm_tensor_size(&r->shape, id);
    r->state = tiny_tensor_number(id) * 1000003u + layer * 10007u + row;
    float scale = size.n_rows ? 0.2f : 0.1f, base = size.n_rows ? 0.0f : 1.0f;
    for (size_t i = 0; i < size.n_columns; i++)
        dst[i] = base + scale * tiny_next(r);
    return TACIT_OK;
}

static inline enum tacit_status tiny_model(struct lm_model **model, const struct lm_shape *shape)
{
    struct tiny_random random;
    random.shape = *shape;
    return lm_model_build(model, shape, tiny_row, &random);
}

#endif
