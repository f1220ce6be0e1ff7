/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrices as GGUF's blocks: numbers that a type can hold come back as they were, others as near as the type allows.
 */
#include <math.h>
#include <string.h>

#include "check.h"
#include "kernels/lm_int4.h"
#include "workshop/export/gguf_blocks.h"
#include "workshop/shrink/half.h"

enum { N = 128 };

static _Alignas(ARENA_ALIGN) uint8_t memory[1 << 16];
static uint64_t state = 1;

static uint32_t next(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static void test_half(void)
{
    for (uint32_t half = 0; half < 0x8000; half++) {
        if (!lm_half_is_finite((uint16_t)half))
            continue;
        float x = lm_half_to_float((uint16_t)half);
        CHECK(half_nearest(x) == half && half_nearest(-x) == (half | 0x8000));
    }
    CHECK(half_nearest(1 + 0x1p-11f) == 0x3c00 && half_nearest(1 + 0x3p-11f) == 0x3c02);
    CHECK(half_nearest(1e9f) == 0x7bff);
}

/* A row of random numbers of the kind; an int4 one as Q4_0 has them if `symmetric`. */
static struct tensor make_row(enum tensor_kind kind, bool symmetric)
{
    struct tensor tensor;
    struct arena arena = {memory, sizeof memory, 0};
    memset(memory, 0, sizeof memory);
    tensor_lay_out(&tensor, kind, 1, N, &arena);
    for (size_t g = 0; g < N / LM_INT4_GROUP; g++) {
        struct tensor_int4_group group = {.scale = (uint16_t)(0x2000 + next() % 0x800)};
        int8_t q[LM_GROUP];
        for (size_t i = 0; i < LM_INT4_GROUP; i++)
            group.n[i] = next() % 16;
        float scale = lm_half_to_float(group.scale);
        group.minimum = half_nearest((symmetric ? -8.0f : -7.3f) * scale);
        for (size_t i = 0; i < LM_GROUP; i++)
            q[i] = (int8_t)(next() % 255 - 127);
        struct tensor_narrow_group narrow = {.minimum = 61,
                                             .scale = (uint16_t)(0x3a00 + next() % 64)};
        for (size_t i = 0; i < LM_GROUP; i++)
            narrow.n[i] = (uint8_t)(next() & ((1u << tensor_narrow_bits(kind)) - 1));
        if (tensor_narrow_bits(kind) && g % 2 == 0)
            tensor_set_narrow(&tensor, 0, g / 2, &narrow);
        else if (kind == TENSOR_INT4)
            tensor_set_int4(&tensor, 0, g, &group);
        else if (kind == TENSOR_INT8 && g % 2 == 0)
            tensor_set_group(&tensor, 0, g / 2, q, scale);
    }
    return tensor;
}

/* The largest error of the row after the way to the type and back, over the largest value. */
static float error_of(const struct tensor *tensor, const struct gguf_type *type)
{
    float values[N], back[N], worst = 0, largest = 0;
    uint8_t blocks[4 * N];
    CHECK(gguf_blocks_row(blocks, type, tensor, 0, values) == TACIT_OK);
    CHECK(gguf_dequant(type, back, blocks, N / type->n_block) == TACIT_OK);
    for (size_t i = 0; i < N; i++) {
        worst = fmaxf(worst, fabsf(back[i] - values[i]));
        largest = fmaxf(largest, fabsf(values[i]));
    }
    return worst / largest;
}

static void test_types(void)
{
    const struct {
        enum tensor_kind kind;
        bool symmetric;
        enum tacit_gguf_type type;
        float bound;
    } cases[] = {
        {TENSOR_INT8, false, TACIT_GGUF_AS_STORED, 0},
        {TENSOR_INT4, false, TACIT_GGUF_AS_STORED, 0},
        {TENSOR_INT8, false, TACIT_GGUF_F16, 0x1p-11f},
        {TENSOR_INT4, false, TACIT_GGUF_F16, 0x1p-11f},
        {TENSOR_INT8, false, TACIT_GGUF_Q8_0, 0}, /* its scales are of 16 bits here */
        {TENSOR_INT4, false, TACIT_GGUF_Q8_0, 0.005f},
        {TENSOR_INT4, true, TACIT_GGUF_Q4_0, 0},
        {TENSOR_INT4, false, TACIT_GGUF_Q4_0, 0.2f},
        {TENSOR_INT8, false, TACIT_GGUF_Q4_0, 0.2f},
        {TENSOR_INT8, false, TACIT_GGUF_Q4_1, 0.1f},
        {TENSOR_NARROW2, false, TACIT_GGUF_AS_STORED, 0x1p-11f}, /* the minimum is rounded */
        {TENSOR_NARROW4, false, TACIT_GGUF_AS_STORED, 0x1p-11f},
        {TENSOR_NARROW4, false, TACIT_GGUF_Q8_0, 0},
        {TENSOR_NARROW7, false, TACIT_GGUF_AS_STORED, 0},
        {TENSOR_NARROW5, false, TACIT_GGUF_Q4_1, 0.1f},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tensor tensor = make_row(cases[i].kind, cases[i].symmetric);
        float error = error_of(&tensor, gguf_blocks_type(cases[i].type, cases[i].kind));
        CHECK_MSG(error <= cases[i].bound, "%zu: %g", i, (double)error);
    }
}

static void test_extremes(void)
{
    struct tensor tensor = make_row(TENSOR_INT8, false);
    int8_t q[LM_GROUP] = {127};
    uint8_t blocks[4 * N];
    float values[N];
    tensor_set_group(&tensor, 0, 0, q, 0);
    tensor_set_group(&tensor, 0, 1, q, 0);
    for (int type = TACIT_GGUF_F16; type <= TACIT_GGUF_Q4_1; type++) {
        const struct gguf_type *t = gguf_blocks_type((enum tacit_gguf_type)type, TENSOR_INT8);
        CHECK(gguf_blocks_row(blocks, t, &tensor, 0, values) == TACIT_OK);
        CHECK(gguf_dequant(t, values, blocks, N / t->n_block) == TACIT_OK && values[0] == 0);
    }
    tensor_set_group(&tensor, 0, 1, q, 1000);
    CHECK(gguf_blocks_row(blocks, gguf_type_find(8), &tensor, 0, values) == TACIT_ERR_RANGE);
}

/* Q4_0 and Q4_1 blocks as groups of the engine: every finite scale. */
static void test_read(void)
{
    const struct gguf_type *q4_0 = gguf_type_find(2);
    for (uint32_t half = 0; half < 0x10000; half++) {
        uint8_t src[18] = {(uint8_t)half, (uint8_t)(half >> 8), 0xf0, 0x3c};
        struct gguf_int4 block;
        float want[32];
        enum tacit_status status = gguf_read_int4(&block, q4_0, src);
        bool is_finite = lm_half_is_finite((uint16_t)half);
        bool fits = is_finite && fabsf(lm_half_to_float((uint16_t)half)) * 8 <= HALF_MAX;
        CHECK_MSG((status == TACIT_OK) == fits, "%04x", (unsigned)half);
        if (!fits)
            continue;
        CHECK(gguf_dequant(q4_0, want, src, 1) == TACIT_OK);
        for (int i = 0; i < 32; i++)
            CHECK((float)block.n[i] * lm_half_to_float(block.scale) +
                      lm_half_to_float(block.minimum) ==
                  want[i]);
    }
    uint8_t infinite[20] = {0, 0x3c, 0, 0x7c};
    struct gguf_int4 block;
    CHECK(gguf_read_int4(&block, gguf_type_find(3), infinite) == TACIT_ERR_MODEL_DAMAGED);
    CHECK(gguf_is_int4(q4_0) && gguf_is_int4(gguf_type_find(3)) &&
          !gguf_is_int4(gguf_type_find(8)));
}

int main(void)
{
    test_half();
    test_types();
    test_extremes();
    test_read();
    return check_result();
}
