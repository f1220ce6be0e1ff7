/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_ops.h"

#include "base/strict_math.h"
#include "engine/lm.h"
#include "kernels/lanes.h"

void lm_add(float *y, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += b[i];
}

void lm_scale(float *y, float f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= f;
}

void lm_mix(float *y, const float *a, const float *x, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = y[i] * a[i] + x[i] * b[i];
}

/* 32-bit integer mixes. */
uint32_t lm_hash_row(uint32_t token, const uint32_t before[2], bool triple, uint32_t n_rows)
{
    uint32_t h = token * 0x9e3779b1u + before[0] + 1;
    if (triple)
        h = h * 0x9e3779b1u + before[1] + 1;
    h = (h ^ h >> 15) * 0x85ebca77u;
    return (h ^ h >> 13) % n_rows;
}

static void layer_norm(float *y, const float *x, const float *gain, const float *bias, size_t n,
                       float epsilon)
{
    float lane[KERNEL_LANES] = {0}, square[KERNEL_LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % KERNEL_LANES] += x[i];
    float mean = sum_lanes(lane) / (float)n;
    for (size_t i = 0; i < n; i++) {
        float d = x[i] - mean;
        square[i % KERNEL_LANES] += d * d;
    }
    float r = 1.0f / strict_sqrt(sum_lanes(square) / (float)n + epsilon);
    for (size_t i = 0; i < n; i++)
        y[i] = ((x[i] - mean) * r) * gain[i] + bias[i];
}

void lm_norm(const struct kernels *kernels, const struct lm_shape *shape, float *y, const float *x,
             const struct tensor *gain, const struct tensor *bias)
{
    if (shape->norm == LM_NORM_RMS)
        kernels->lm_rms_norm(y, x, gain->values, gain->n_columns, shape->norm_epsilon);
    else
        layer_norm(y, x, gain->values, bias->values, gain->n_columns, shape->norm_epsilon);
}

/* A NaN becomes the lower limit: no comparison with it is true. */
static float clamp(float x)
{
    x = x > -LM_LOGIT_MAX ? x : -LM_LOGIT_MAX;
    return x < LM_LOGIT_MAX ? x : LM_LOGIT_MAX;
}

float lm_clamp_score(float x)
{
    return clamp(x);
}

/* x / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3) is x (1 + tanh u) / 2. */
static float gelu(float x)
{
    float u2 = 1.59576912f * (x + 0.044715f * ((x * x) * x));
    return x / (1.0f + strict_exp(-clamp(u2)));
}

void lm_activate(const struct kernels *kernels, enum lm_activation activation, float *y,
                 const float *gate, const float *up, size_t n)
{
    if (activation == LM_ACT_SWIGLU)
        kernels->lm_swiglu(y, gate, up, n);
    for (size_t i = 0; activation == LM_ACT_GELU && i < n; i++)
        y[i] = gelu(gate[i]);
    for (size_t i = 0; activation == LM_ACT_GEGLU && i < n; i++)
        y[i] = gelu(gate[i]) * up[i];
    if (activation == LM_ACT_RELU2)
        kernels->lm_relu2(y, gate, n);
}

void lm_cap(float *x, float cap, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = cap * (1.0f - 2.0f / (1.0f + strict_exp((2.0f / cap) * clamp(x[i]))));
}

void lm_finish_logits(const struct kernels *kernels, const struct lm_shape *shape, float *logits,
                      size_t first, size_t n)
{
    size_t last = shape->n_vocab - 1;
    bool by_root = shape->logit_cap > 0.0f && shape->flags & LM_ROOT_CAP;
    bool by_tanh = shape->logit_cap > 0.0f && !by_root;
    if (by_root)
        kernels->lm_root_cap(logits, shape->logit_cap, n);
    if (by_tanh)
        lm_cap(logits, shape->logit_cap, n);
    for (size_t i = 0; !by_root && i < n; i++)
        logits[i] = clamp(logits[i]);
    if ((shape->flags & LM_BOS_LAST) && last >= first && last < first + n)
        logits[last - first] = -LM_LOGIT_MAX;
}
