/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of 32 ("q4_0" and kin) hold a half-precision scale d, some also an offset m, and 4, 5 or 8
 * bits a value: x = d * q or x = d * q + m. Blocks of 256 ("q4_k" and kin) hold sub-blocks of 16 or
 * 32 values whose own small integer scales (and offsets) multiply d (and dmin). Where a byte holds
 * several values, they lie a whole sub-row apart, never side by side.
 */
#include "gguf/gguf_dequant.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float gguf_float_of_f16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 31u;
    uint32_t mantissa = half & 0x3ffu;
    if (exponent == 0) { /* subnormal: mantissa * 2^-24, exactly */
        float value = (float)mantissa * 0x1p-24f;
        return sign ? -value : value;
    }
    uint32_t biased = exponent == 31 ? 255 : exponent + 127 - 15;
    return float_of_bits(sign | biased << 23 | mantissa << 13);
}

static float load_f16(const uint8_t *p)
{
    return gguf_float_of_f16(load_le16(p));
}

static void dequant_f32(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks; i++)
        dst[i] = float_of_bits(load_le32(src + 4 * i));
}

static void dequant_f16(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks; i++)
        dst[i] = load_f16(src + 2 * i);
}

static void dequant_bf16(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (size_t i = 0; i < n_blocks; i++)
        dst[i] = float_of_bits((uint32_t)load_le16(src + 2 * i) << 16);
}

/* d f16 | 16 bytes: value j in the low half of byte j, value j + 16 in the high half */
static void dequant_q4_0(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 18, dst += 32) {
        float d = load_f16(src);
        for (int j = 0; j < 16; j++) {
            dst[j] = (float)((src[2 + j] & 15) - 8) * d;
            dst[j + 16] = (float)((src[2 + j] >> 4) - 8) * d;
        }
    }
}

/* d f16 | m f16 | 16 bytes */
static void dequant_q4_1(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 20, dst += 32) {
        float d = load_f16(src), m = load_f16(src + 2);
        for (int j = 0; j < 16; j++) {
            dst[j] = (float)(src[4 + j] & 15) * d + m;
            dst[j + 16] = (float)(src[4 + j] >> 4) * d + m;
        }
    }
}

/* Value j of 32: four bits from the 16 bytes at low, the fifth is bit j of high. */
static int five_bits(const uint8_t *low, uint32_t high, int j)
{
    int q = j < 16 ? low[j] & 15 : low[j - 16] >> 4;
    return q | (int)(high >> j & 1) << 4;
}

/* d f16 | fifth bits u32 | 16 bytes */
static void dequant_q5_0(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 22, dst += 32) {
        float d = load_f16(src);
        uint32_t high = load_le32(src + 2);
        for (int j = 0; j < 32; j++)
            dst[j] = (float)(five_bits(src + 6, high, j) - 16) * d;
    }
}

/* d f16 | m f16 | fifth bits u32 | 16 bytes */
static void dequant_q5_1(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 24, dst += 32) {
        float d = load_f16(src), m = load_f16(src + 2);
        uint32_t high = load_le32(src + 4);
        for (int j = 0; j < 32; j++)
            dst[j] = (float)five_bits(src + 8, high, j) * d + m;
    }
}

/* d f16 | 32 int8 */
static void dequant_q8_0(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 34, dst += 32) {
        float d = load_f16(src);
        for (int j = 0; j < 32; j++)
            dst[j] = (float)(int8_t)src[2 + j] * d;
    }
}

/* 16 bytes: scale | offset << 4 of each 16 values | 64 bytes of 2-bit values | d f16 | dmin f16
 * Value 128 h + 32 k + l is bits 2k, 2k + 1 of byte 32 h + l. */
static void dequant_q2_k(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 84, dst += 256) {
        float d = load_f16(src + 80), dmin = load_f16(src + 82);
        for (int i = 0; i < 256; i += 16) {
            float scale = d * (float)(src[i / 16] & 15);
            float offset = dmin * (float)(src[i / 16] >> 4);
            const uint8_t *q = src + 16 + i / 128 * 32 + i % 32;
            int shift = i % 128 / 32 * 2;
            for (int l = 0; l < 16; l++)
                dst[i + l] = scale * (float)(q[l] >> shift & 3) - offset;
        }
    }
}

/* 32 bytes of third bits | 64 bytes of 2-bit values, as in q2_k | 12 bytes: 16 scales of 6 bits | d
 * f16 The third bit of value 128 h + 32 k + l is bit 4 h + k of byte l; where it is 0 the value is
 * 4 less. Scale i: its low 4 bits are a half of byte i % 8, its high 2 are in byte 8 + i % 4. */
static void dequant_q3_k(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 110, dst += 256) {
        float d = load_f16(src + 108);
        const uint8_t *packed = src + 96;
        for (int i = 0; i < 256; i += 16) {
            int s = i / 16;
            int low = packed[s % 8] >> (s < 8 ? 0 : 4) & 15;
            int high = packed[8 + s % 4] >> (s / 4 * 2) & 3;
            float scale = d * (float)((low | high << 4) - 32);
            const uint8_t *q = src + 32 + i / 128 * 32 + i % 32;
            const uint8_t *third = src + i % 32;
            for (int l = 0; l < 16; l++) {
                int value = q[l] >> (i % 128 / 32 * 2) & 3;
                int borrow = third[l] >> (i / 32) & 1 ? 0 : 4;
                dst[i + l] = scale * (float)(value - borrow);
            }
        }
    }
}

/* Scale and offset of sub-block j of 8, 6 bits each, out of the 12 bytes that q4_k and q5_k share.
 */
static void unpack_scale(const uint8_t *packed, int j, int *scale, int *offset)
{
    if (j < 4) {
        *scale = packed[j] & 63;
        *offset = packed[j + 4] & 63;
    } else {
        *scale = (packed[j + 4] & 15) | packed[j - 4] >> 6 << 4;
        *offset = packed[j + 4] >> 4 | packed[j] >> 6 << 4;
    }
}

/* d f16 | dmin f16 | 12 bytes of scales | 128 bytes: values 64 c + l (low half) and 64 c + 32 + l
 * (high half) in byte 32 c + l */
static void dequant_q4_k(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 144, dst += 256) {
        float d = load_f16(src), dmin = load_f16(src + 2);
        for (int j = 0; j < 8; j++) {
            int s, m;
            unpack_scale(src + 4, j, &s, &m);
            float scale = d * (float)s, offset = dmin * (float)m;
            const uint8_t *q = src + 16 + j / 2 * 32;
            for (int l = 0; l < 32; l++)
                dst[32 * j + l] = scale * (float)(q[l] >> (j % 2 * 4) & 15) - offset;
        }
    }
}

/* As q4_k with 32 bytes of fifth bits before the values: that of value 32 j + l is bit j of byte l.
 */
static void dequant_q5_k(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 176, dst += 256) {
        float d = load_f16(src), dmin = load_f16(src + 2);
        for (int j = 0; j < 8; j++) {
            int s, m;
            unpack_scale(src + 4, j, &s, &m);
            float scale = d * (float)s, offset = dmin * (float)m;
            const uint8_t *fifth = src + 16;
            const uint8_t *q = src + 48 + j / 2 * 32;
            for (int l = 0; l < 32; l++) {
                int value = (q[l] >> (j % 2 * 4) & 15) | (fifth[l] >> j & 1) << 4;
                dst[32 * j + l] = scale * (float)value - offset;
            }
        }
    }
}

/* 128 bytes of low halves | 64 bytes of 2-bit tops | 16 int8 scales | d f16
 * Value 128 h + 32 k + l: low bits in byte 64 h + 32 (k % 2) + l, in its high half if k >= 2; top
 * bits 2k, 2k + 1 of byte 32 h + l. */
static void dequant_q6_k(float *dst, const uint8_t *src, size_t n_blocks)
{
    for (; n_blocks > 0; n_blocks--, src += 210, dst += 256) {
        float d = load_f16(src + 208);
        for (int i = 0; i < 256; i += 16) {
            int h = i / 128, k = i % 128 / 32;
            const uint8_t *low = src + 64 * h + k % 2 * 32 + i % 32;
            const uint8_t *top = src + 128 + 32 * h + i % 32;
            float scale = d * (float)(int8_t)src[192 + i / 16];
            for (int l = 0; l < 16; l++) {
                int value = (low[l] >> (k / 2 * 4) & 15) | (top[l] >> (2 * k) & 3) << 4;
                dst[i + l] = scale * (float)(value - 32);
            }
        }
    }
}

#define TYPE_ROW(type, code, n_block, block_bytes)                                                 \
    {#type, code, n_block, block_bytes, dequant_##type},
static const struct gguf_type types[] = {GGUF_TYPE_TABLE(TYPE_ROW)};

const struct gguf_type *gguf_type_find(uint32_t code)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].code == code)
            return &types[i];
    return NULL;
}

static bool all_finite(const float *values, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad == 0;
}

enum tacit_status gguf_dequant(const struct gguf_type *type, float *dst, const uint8_t *src,
                               size_t n_blocks)
{
    type->dequant(dst, src, n_blocks);
    return all_finite(dst, n_blocks * type->n_block) ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

bool gguf_is_int4(const struct gguf_type *type)
{
    return type->dequant == dequant_q4_0 || type->dequant == dequant_q4_1;
}

static bool half_is_finite(uint16_t half)
{
    return (half & 0x7c00) != 0x7c00;
}

/* -8 times a finite number: three is added to the exponent, which a denormal may not have yet. False:
 * too large. */
static bool half_times_minus_8(uint16_t half, uint16_t *result)
{
    uint32_t sign = ~half & 0x8000u, magnitude = half & 0x7fffu;
    for (int i = 0; i < 3; i++)
        magnitude = magnitude < 0x400 ? 2 * magnitude : magnitude + 0x400;
    *result = (uint16_t)(sign | magnitude);
    return magnitude < 0x7c00;
}

enum tacit_status gguf_read_int4(struct gguf_int4 *block, const struct gguf_type *type,
                                 const uint8_t *src)
{
    bool has_minimum = type->dequant == dequant_q4_1;
    const uint8_t *q = src + (has_minimum ? 4 : 2);
    block->scale = load_le16(src);
    if (!half_is_finite(block->scale) || (has_minimum && !half_is_finite(load_le16(src + 2))))
        return TACIT_ERR_MODEL_DAMAGED;
    if (has_minimum)
        block->minimum = load_le16(src + 2);
    else if (!half_times_minus_8(block->scale, &block->minimum))
        return TACIT_ERR_UNSUPPORTED;
    for (int j = 0; j < 16; j++) {
        block->n[j] = q[j] & 15;
        block->n[j + 16] = q[j] >> 4;
    }
    return TACIT_OK;
}
