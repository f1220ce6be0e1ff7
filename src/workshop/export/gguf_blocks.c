/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/export/gguf_blocks.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/try.h"
#include "workshop/shrink/few_group.h"
#include "workshop/shrink/half.h"

enum { CODE_F16 = 1, CODE_Q4_0 = 2, CODE_Q4_1 = 3, CODE_Q8_0 = 8, BLOCK = LM_INT4_GROUP };

static bool holds_4_bits(enum tensor_kind kind)
{
    unsigned bits = tensor_narrow_bits(kind);
    return kind == TENSOR_INT4 || (bits > 0 && bits <= 4);
}

const struct gguf_type *gguf_blocks_type(enum tacit_gguf_type wanted, enum tensor_kind kind)
{
    static const uint32_t codes[] = {[TACIT_GGUF_F16] = CODE_F16,
                                     [TACIT_GGUF_Q8_0] = CODE_Q8_0,
                                     [TACIT_GGUF_Q4_0] = CODE_Q4_0,
                                     [TACIT_GGUF_Q4_1] = CODE_Q4_1};
    if (wanted == TACIT_GGUF_AS_STORED)
        wanted = holds_4_bits(kind) ? TACIT_GGUF_Q4_1 : TACIT_GGUF_Q8_0;
    return gguf_type_find(codes[wanted]);
}

static void put_nibbles(uint8_t *dst, const uint8_t n[BLOCK])
{
    for (size_t i = 0; i < BLOCK / 2; i++)
        dst[i] = (uint8_t)(n[i] | n[BLOCK / 2 + i] << 4);
}

static void put_q4_1(uint8_t *dst, const struct tensor_int4_group *group)
{
    store_le16(dst, group->scale);
    store_le16(dst + 2, group->minimum);
    put_nibbles(dst + 4, group->n);
}

static float round_q4_0(uint8_t n[BLOCK], const float *x, float scale)
{
    float loss = 0, inverse = scale != 0 ? 1 / scale : 0;
    for (size_t i = 0; i < BLOCK; i++) {
        float q = x[i] * inverse + 8.5f; /* cutting the fraction off rounds */
        q = q < 0 ? 0 : q > 15 ? 15 : q;
        n[i] = (uint8_t)q;
        float off = ((float)n[i] - 8) * scale - x[i];
        loss += off * off;
    }
    return loss;
}

/* The scale that fits the numbers best, by least squares; 0 if all are 0. */
static float fit_scale(const uint8_t n[BLOCK], const float *x)
{
    float xq = 0, qq = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        float q = (float)n[i] - 8;
        xq += x[i] * q;
        qq += q * q;
    }
    return qq > 0 ? xq / qq : 0;
}

/* Tries scales by which the largest weight becomes -8, -7.75 ... -6, and refits each. */
static void put_q4_0(uint8_t *dst, const float *x)
{
    float largest = 0, least = INFINITY;
    uint8_t n[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        largest = fabsf(x[i]) > fabsf(largest) ? x[i] : largest;
    for (int step = 0; step <= 8; step++) {
        float scale = largest / (-8 + 0.25f * (float)step);
        for (int refit = 0; refit < 2; refit++) {
            uint16_t half = half_nearest(scale);
            float loss = round_q4_0(n, x, lm_half_to_float(half));
            if (loss < least) {
                least = loss;
                store_le16(dst, half);
                put_nibbles(dst + 2, n);
            }
            scale = fit_scale(n, x);
        }
    }
}

/* A group whose minimum is -8 scales, as Q4_0 has it. False: it is another. */
static bool put_as_q4_0(uint8_t *dst, const struct tensor_int4_group *group)
{
    if (lm_half_to_float(group->minimum) != -8 * lm_half_to_float(group->scale))
        return false;
    store_le16(dst, group->scale);
    put_nibbles(dst + 2, group->n);
    return true;
}

static void put_q8_0(uint8_t *dst, const int8_t *q, float scale)
{
    store_le16(dst, half_nearest(scale));
    for (size_t i = 0; i < BLOCK; i++)
        dst[2 + i] = (uint8_t)q[i];
}

static void round_q8_0(uint8_t *dst, const float *x)
{
    float largest = 0;
    int8_t q[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        largest = fmaxf(largest, fabsf(x[i]));
    float scale = lm_half_to_float(half_nearest(largest / 127));
    for (size_t i = 0; i < BLOCK; i++)
        q[i] = (int8_t)(scale > 0 ? fminf(fmaxf(rintf(x[i] / scale), -127), 127) : 0);
    put_q8_0(dst, q, scale);
}

/* Block number `block` of the row as numbers of 4 bits; the minimum of a narrow kind is rounded. False: it has more bits. */
static bool get_int4(struct tensor_int4_group *group, const struct tensor *tensor, size_t row,
                     size_t block)
{
    struct tensor_narrow_group narrow;
    if (!holds_4_bits(tensor->kind))
        return false;
    if (tensor->kind == TENSOR_INT4) {
        tensor_get_int4(tensor, row, block, group);
        return true;
    }
    tensor_get_narrow(tensor, row, block / 2, &narrow);
    float scale = strict_from_bits((uint32_t)narrow.scale << 16);
    memcpy(group->n, narrow.n + block % 2 * BLOCK, BLOCK);
    group->scale = half_nearest(scale * (float)(128u >> tensor_narrow_bits(tensor->kind)));
    group->minimum = half_nearest(-scale * (float)narrow.minimum);
    return true;
}

/* The int8 values of a block and their scale. False: the kind has none. */
static bool get_int8(int8_t *q, float *scale, const struct tensor *tensor, size_t row, size_t block)
{
    struct tensor_narrow_group narrow;
    int8_t all[LM_GROUP];
    if (tensor->kind == TENSOR_INT4)
        return false;
    if (tensor->kind == TENSOR_INT8) {
        *scale = tensor_get_group(tensor, row, block / 2, all);
    } else {
        tensor_get_narrow(tensor, row, block / 2, &narrow);
        *scale = strict_from_bits((uint32_t)narrow.scale << 16);
        for (size_t i = 0; i < LM_GROUP; i++)
            all[i] =
                (int8_t)(narrow.n[i] * (128 >> tensor_narrow_bits(tensor->kind)) - narrow.minimum);
    }
    memcpy(q, all + block % 2 * BLOCK, BLOCK);
    return true;
}

/* Block number `block` of the row. x: its floats. */
static void put_block(uint8_t *dst, uint32_t code, const struct tensor *tensor, size_t row,
                      size_t block, const float *x)
{
    struct tensor_int4_group group = {.scale = 0, .minimum = 1};
    int8_t q[BLOCK];
    float scale;
    bool is_int4 = get_int4(&group, tensor, row, block);
    if (code == CODE_Q4_1) {
        if (!is_int4)
            few_fit_int4(&group, x, NULL);
        put_q4_1(dst, &group);
    } else if (code == CODE_Q4_0) {
        if (!is_int4 || !put_as_q4_0(dst, &group))
            put_q4_0(dst, x);
    } else if (get_int8(q, &scale, tensor, row, block)) {
        put_q8_0(dst, q, scale);
    } else {
        round_q8_0(dst, x);
    }
}

enum tacit_status gguf_blocks_row(uint8_t *dst, const struct gguf_type *type,
                                  const struct tensor *tensor, size_t row, float *values)
{
    tensor_row(tensor, row, values);
    for (size_t i = 0; i < tensor->n_columns; i++)
        if (fabsf(values[i]) > HALF_MAX)
            return TACIT_ERR_RANGE;
    if (type->code == CODE_F16) {
        for (size_t i = 0; i < tensor->n_columns; i++)
            store_le16(dst + 2 * i, half_nearest(values[i]));
        return TACIT_OK;
    }
    for (size_t b = 0; b < tensor->n_columns / BLOCK; b++)
        put_block(dst + b * type->block_bytes, type->code, tensor, row, b, values + b * BLOCK);
    return TACIT_OK;
}
