/* SPDX-License-Identifier: Apache-2.0
 *
 * Dequantisation against values computed by an independent implementation (the Python package gguf
 * 0.19.0) on the same generated blocks: a hash over the bits of all results, and four of them.
 */
#include "check.h"
#include "gguf/gguf_dequant.h"

#include <string.h>

#define N_VALUES 4096

struct expected {
    uint32_t code;
    uint32_t hash;
    uint32_t bits[4]; /* of values 0, 17, 130 and the last */
};

static const struct expected cases[] = {
    {0, 0x6a2d8427, {0xa28b0405, 0x271e2dcb, 0x8fe0804e, 0xba4049f5}},
    {1, 0xed9d5dc5, {0x3b60a000, 0xbc5f0000, 0x38b52000, 0x3fe94000}},
    {2, 0xb1a2adc5, {0x3e40a000, 0x3f107800, 0xbb05e000, 0xb9c04800}},
    {3, 0x745d744d, {0xbfd2d7d8, 0xbfd2e6e7, 0xbf4cb9ce, 0xbe8ba690}},
    {6, 0xf4300bc5, {0x3b9a6e00, 0x3be0a000, 0x3ea81600, 0xc049e800}},
    {7, 0x9f752568, {0xbf14ce00, 0xbee16000, 0x3c332000, 0xbda7f100}},
    {8, 0x78aa0b45, {0xc0c8f000, 0xc1712000, 0xc1bb5d80, 0x3fb32e00}},
    {10, 0xfc19d3e2, {0x40b2e000, 0x41feb040, 0x413d3980, 0x3dbd1800}},
    {11, 0x8d9f1385, {0xbb234800, 0x3bb47800, 0xbbb47800, 0xba7a0000}},
    {12, 0x17fe369c, {0x3f9e0fd0, 0x3d6f3a00, 0x3f9c3d50, 0x404e02a0}},
    {13, 0x839966de, {0x4286f6ce, 0x41d69736, 0x41bd502c, 0x3d4c6320}},
    {14, 0x53320d9f, {0xc03a5400, 0x3f0ca000, 0xc1091c00, 0x434d06e0}},
    {30, 0x9cdaddc5, {0xbc080000, 0xa57e0000, 0x1acf0000, 0x20e80000}},
};

/* Offsets in a block of the high bytes of its half-precision numbers; 0 ends the list. */
static const uint8_t *high_bytes(uint32_t code)
{
    static const struct {
        uint32_t code;
        uint8_t offsets[3];
    } table[] = {
        {0, {3}},  {1, {1}},       {2, {1}},    {3, {1, 3}},  {6, {1}},     {7, {1, 3}}, {8, {1}},
        {30, {1}}, {10, {81, 83}}, {11, {109}}, {12, {1, 3}}, {13, {1, 3}}, {14, {209}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return table[i].offsets;
    return NULL;
}

/* Pseudo-random blocks; the top exponent bit of each scale is cleared, so that all are finite. */
static void make_blocks(const struct gguf_type *type, uint8_t *blocks)
{
    size_t n_blocks = N_VALUES / type->n_block;
    uint32_t state = 12345 + type->code;
    for (size_t i = 0; i < n_blocks * type->block_bytes; i++) {
        state = state * 1664525 + 1013904223;
        blocks[i] = (uint8_t)(state >> 24);
    }
    for (size_t b = 0; b < n_blocks; b++)
        for (const uint8_t *offset = high_bytes(type->code); *offset; offset++)
            blocks[b * type->block_bytes + *offset] &= 0xbf;
}

static void test_type(const struct expected *want)
{
    static uint8_t blocks[N_VALUES * 4 + 1];
    static float values[N_VALUES];
    uint32_t bits[N_VALUES];
    const struct gguf_type *type = gguf_type_find(want->code);
    CHECK(type != NULL);
    if (!type)
        return;
    make_blocks(type, blocks + 1); /* at an odd address */
    CHECK_MSG(gguf_dequant(type, values, blocks + 1, N_VALUES / type->n_block) == TACIT_OK, "%s",
              type->name);
    memcpy(bits, values, sizeof bits);
    uint32_t hash = 0x811c9dc5;
    for (int i = 0; i < N_VALUES; i++)
        hash = (hash ^ bits[i]) * 16777619;
    CHECK_MSG(hash == want->hash, "%s", type->name);
    CHECK_MSG(bits[0] == want->bits[0] && bits[17] == want->bits[1] && bits[130] == want->bits[2] &&
                  bits[N_VALUES - 1] == want->bits[3],
              "%s", type->name);
}

/* Every finite half against its definition, (-1)^s 2^(e - 25) (1024 + m). */
static void test_f16(void)
{
    for (uint32_t half = 0; half < 0x10000; half++) {
        uint32_t exponent = half >> 10 & 31, mantissa = half & 1023;
        if (exponent == 31)
            continue;
        float want = (float)(exponent ? 1024 + mantissa : mantissa) * 0x1p-24f;
        for (uint32_t e = 1; e < exponent; e++)
            want *= 2;
        float got = gguf_float_of_f16((uint16_t)half);
        CHECK_MSG(got == (half & 0x8000 ? -want : want), "half %04x", (unsigned)half);
    }
}

static void test_not_finite(void)
{
    static const uint16_t halves[] = {0x7c00, 0xfc00, 0x7e01, 0xfdff};
    const struct gguf_type *f16 = gguf_type_find(1);
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        uint8_t src[] = {0, 0, (uint8_t)halves[i], (uint8_t)(halves[i] >> 8)};
        float dst[2];
        CHECK(gguf_dequant(f16, dst, src, 2) == TACIT_ERR_MODEL_DAMAGED);
    }
    uint8_t infinite[] = {0, 0, 0x80, 0x7f};
    float dst;
    CHECK(gguf_dequant(gguf_type_find(0), &dst, infinite, 1) == TACIT_ERR_MODEL_DAMAGED);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        test_type(&cases[i]);
    test_f16();
    test_not_finite();
    CHECK(gguf_type_find(4) == NULL && gguf_type_find(9) == NULL && gguf_type_find(31) == NULL);
    return check_result();
}
