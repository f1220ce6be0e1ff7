/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors of every kind: what is set is what is read, rows are q * scale or n * scale + minimum, and the product of a
 * part is the sum of the groups' exact sums times the scales, in ascending order; narrow kinds are the int8 ones that they
 * stand for.
 */
#include "engine/tensor.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"
#include "kernels/lm_int4.h"

enum { ROWS = 37, GROUPS = 3, X_ROWS = 2, BLOCKS = 3 };

static int8_t value_at(size_t row, size_t column)
{
    return (int8_t)((int)((row * 131 + column * 57 + row * column) % 255) - 127);
}

static float scale_at(size_t row, size_t group)
{
    return 0.001f * (float)(1 + row * 7 + group * 3);
}

static void *make_matrix(struct tensor *t, enum tensor_kind kind)
{
    struct arena sizes = {0};
    tensor_lay_out(t, kind, ROWS, GROUPS * LM_GROUP, &sizes);
    CHECK(t->weights == NULL && sizes.used > 0);
    uint8_t *memory = aligned_alloc(ARENA_ALIGN, sizes.used);
    memset(memory, 0, sizes.used);
    struct arena arena = {memory, sizes.used, 0};
    tensor_lay_out(t, kind, ROWS, GROUPS * LM_GROUP, &arena);
    for (size_t row = 0; row < ROWS && kind == TENSOR_INT8; row++)
        for (size_t g = 0; g < GROUPS; g++) {
            int8_t q[LM_GROUP];
            for (size_t i = 0; i < LM_GROUP; i++)
                q[i] = value_at(row, g * LM_GROUP + i);
            tensor_set_group(t, row, g, q, scale_at(row, g));
        }
    return memory;
}

static void check_rows(const struct tensor *t)
{
    for (size_t row = 0; row < ROWS; row++) {
        float values[GROUPS * LM_GROUP];
        tensor_row(t, row, values);
        for (size_t i = 0; i < GROUPS * LM_GROUP; i++) {
            float want = (float)value_at(row, i) * scale_at(row, i / LM_GROUP);
            CHECK_MSG(values[i] == want, "row %zu, column %zu", row, i);
        }
        for (size_t g = 0; g < GROUPS; g++) {
            int8_t q[LM_GROUP];
            CHECK(tensor_get_group(t, row, g, q) == scale_at(row, g));
            CHECK(q[5] == value_at(row, g * LM_GROUP + 5));
        }
    }
}

static struct tensor_int4_group group_at(size_t row, size_t group)
{
    struct tensor_int4_group values = {
        {0}, (uint16_t)(0x2000 + row * 31 + group), (uint16_t)(0xa400 + row + group * 3)};
    for (size_t i = 0; i < LM_INT4_GROUP; i++)
        values.n[i] = (uint8_t)(value_at(row, group * LM_INT4_GROUP + i) & 15);
    return values;
}

static float want_product_int4(size_t row, size_t x_row)
{
    float total = 0;
    for (size_t g = 0; row < ROWS && g < 2 * GROUPS; g++) {
        struct tensor_int4_group w = group_at(row, g);
        int32_t dot = 0, sum = 0;
        for (size_t i = 0; i < LM_INT4_GROUP; i++) {
            int8_t x = value_at(g * LM_INT4_GROUP + i, x_row);
            dot += w.n[i] * x;
            sum += x;
        }
        total += ((float)dot * scale_at(x_row, g / 2)) * lm_half_to_float(w.scale);
        total += ((float)sum * scale_at(x_row, g / 2)) * lm_half_to_float(w.minimum);
    }
    return total;
}

static float want_product(size_t row, size_t x_row)
{
    float total = 0;
    for (size_t g = 0; row < ROWS && g < GROUPS; g++) {
        int32_t dot = 0;
        for (size_t i = g * LM_GROUP; i < (g + 1) * LM_GROUP; i++)
            dot += value_at(row, i) * value_at(i, x_row);
        total += ((float)dot * scale_at(x_row, g)) * scale_at(row, g);
    }
    return total;
}

/* Blocks [begin, BLOCKS) of the matrix. */
static void check_product(const struct tensor *t, size_t begin)
{
    struct kernels kernels;
    _Alignas(64) int8_t q[X_ROWS * GROUPS * LM_GROUP];
    _Alignas(64) float y[X_ROWS][BLOCKS * LM_TILE_ROWS];
    float scale[X_ROWS * GROUPS];
    int32_t sum[X_ROWS * GROUPS] = {0};
    for (size_t i = 0; i < sizeof q; i++) {
        q[i] = value_at(i % (GROUPS * LM_GROUP), i / (GROUPS * LM_GROUP));
        sum[i / LM_GROUP] += q[i];
    }
    for (size_t i = 0; i < X_ROWS * GROUPS; i++)
        scale[i] = scale_at(i / GROUPS, i % GROUPS);
    struct lm_rows x = {q, scale, sum, GROUPS};
    struct tensor_part part = {t, begin, tensor_blocks(t)};
    CHECK(tensor_blocks(t) == BLOCKS);
    kernels_select(&kernels, cpu_features());
    tensor_product(&kernels, y[0], BLOCKS * LM_TILE_ROWS, part, &x, X_ROWS, false);
    for (size_t m = 0; m < X_ROWS; m++)
        for (size_t row = begin * LM_TILE_ROWS; row < BLOCKS * LM_TILE_ROWS; row++) {
            float got = y[m][row - begin * LM_TILE_ROWS];
            float want = t->kind == TENSOR_INT4 ? want_product_int4(row, m) : want_product(row, m);
            CHECK_MSG(got == want, "row %zu by row %zu", row, m);
        }
}

static void check_vector(void)
{
    struct tensor t;
    struct arena sizes = {0};
    tensor_lay_out(&t, TENSOR_INT8, 0, 17, &sizes);
    CHECK(sizes.used == 2 * KERNEL_LANES * sizeof(float) && t.n_rows == 0 && t.n_columns == 17);
    sizes.used = 0;
    tensor_lay_out(&t, TENSOR_INT8, 0, 0, &sizes);
    CHECK(sizes.used == 0);
}

static void check_int4(void)
{
    struct tensor t;
    void *memory = make_matrix(&t, TENSOR_INT4);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t g = 0; g < 2 * GROUPS; g++) {
            struct tensor_int4_group values = group_at(row, g);
            tensor_set_int4(&t, row, g, &values);
        }
    for (size_t row = 0; row < ROWS; row++) {
        float floats[GROUPS * LM_GROUP];
        tensor_row(&t, row, floats);
        for (size_t g = 0; g < 2 * GROUPS; g++) {
            struct tensor_int4_group want = group_at(row, g), got;
            tensor_get_int4(&t, row, g, &got);
            CHECK(memcmp(&got, &want, sizeof got) == 0);
            for (size_t i = 0; i < LM_INT4_GROUP; i++)
                CHECK(floats[g * LM_INT4_GROUP + i] ==
                      (float)want.n[i] * lm_half_to_float(want.scale) +
                          lm_half_to_float(want.minimum));
        }
    }
    for (size_t begin = 0; begin < BLOCKS; begin++)
        check_product(&t, begin);
    free(memory);
}

static struct tensor_narrow_group narrow_at(unsigned bits, size_t row, size_t group)
{
    struct tensor_narrow_group values = {
        {0}, (uint8_t)((row * 37 + group * 11) % 128), (uint16_t)(0x3a00 + row * 5 + group)};
    for (size_t i = 0; i < LM_GROUP; i++)
        values.n[i] = (uint8_t)(value_at(row, group * LM_GROUP + i) & ((1 << bits) - 1));
    return values;
}

static void multiply(const struct tensor *t, float y[X_ROWS][BLOCKS * LM_TILE_ROWS],
                     uint32_t features)
{
    struct kernels kernels;
    _Alignas(64) int8_t q[X_ROWS * GROUPS * LM_GROUP];
    float scale[X_ROWS * GROUPS];
    int32_t sum[X_ROWS * GROUPS] = {0};
    for (size_t i = 0; i < sizeof q; i++) {
        q[i] = value_at(i % (GROUPS * LM_GROUP), i / (GROUPS * LM_GROUP));
        sum[i / LM_GROUP] += q[i];
    }
    for (size_t i = 0; i < X_ROWS * GROUPS; i++)
        scale[i] = scale_at(i / GROUPS, i % GROUPS);
    struct lm_rows x = {q, scale, sum, GROUPS};
    struct tensor_part part = {t, 0, BLOCKS};
    kernels_select(&kernels, features);
    tensor_product(&kernels, y[0], BLOCKS * LM_TILE_ROWS, part, &x, X_ROWS, false);
}

/* A narrow matrix reads, and multiplies bit for bit, as the int8 matrix that it stands for. */
static void check_narrow(unsigned bits)
{
    struct tensor narrow, wide;
    void *memory = make_matrix(&narrow, (enum tensor_kind)bits),
         *wide_memory = make_matrix(&wide, TENSOR_INT8);
    CHECK(tensor_narrow_bits(narrow.kind) == bits && tensor_narrow_bits(TENSOR_INT8) == 0);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t g = 0; g < GROUPS; g++) {
            struct tensor_narrow_group values = narrow_at(bits, row, g);
            int8_t q[LM_GROUP];
            for (size_t i = 0; i < LM_GROUP; i++)
                q[i] = (int8_t)(values.n[i] * (128 >> bits) - values.minimum);
            tensor_set_narrow(&narrow, row, g, &values);
            tensor_set_group(&wide, row, g, q, strict_from_bits((uint32_t)values.scale << 16));
        }
    for (size_t row = 0; row < ROWS; row++) {
        float got[GROUPS * LM_GROUP], want[GROUPS * LM_GROUP];
        tensor_row(&narrow, row, got);
        tensor_row(&wide, row, want);
        CHECK_MSG(memcmp(got, want, sizeof got) == 0, "%u bits, row %zu", bits, row);
        for (size_t g = 0; g < GROUPS; g++) {
            struct tensor_narrow_group values, set = narrow_at(bits, row, g);
            tensor_get_narrow(&narrow, row, g, &values);
            CHECK_MSG(memcmp(values.n, set.n, sizeof set.n) == 0, "%u bits, row %zu", bits, row);
            CHECK(values.minimum == set.minimum && values.scale == set.scale);
        }
    }
    _Alignas(64) float got[X_ROWS][BLOCKS * LM_TILE_ROWS], want[X_ROWS][BLOCKS * LM_TILE_ROWS];
    multiply(&wide, want, CPU_SCALAR);
    multiply(&narrow, got, CPU_SCALAR);
    CHECK_MSG(memcmp(got, want, sizeof got) == 0, "%u bits, plain C", bits);
    multiply(&narrow, got, cpu_features());
    CHECK_MSG(memcmp(got, want, sizeof got) == 0, "%u bits", bits);
    CHECK(tensor_is_sound(&narrow));
    tensor_tile(&narrow, 1)[tensor_tile_form(narrow.kind).n_bytes - 1] = 128; /* a minimum */
    CHECK(!tensor_is_sound(&narrow));
    free(memory);
    free(wide_memory);
}

/* Every finite binary16 against its definition. */
static void check_halves(void)
{
    for (uint32_t half = 0; half < 0x10000; half++) {
        uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
        float want = (float)(exponent ? fraction + 1024 : fraction) * 0x1p-24f;
        for (uint32_t e = 1; e < exponent; e++)
            want *= 2;
        CHECK(lm_half_is_finite((uint16_t)half) == (exponent < 31));
        if (exponent < 31)
            CHECK(lm_half_to_float((uint16_t)half) == (half >> 15 ? -want : want));
    }
}

int main(void)
{
    struct tensor t;
    void *memory = make_matrix(&t, TENSOR_INT8);
    check_rows(&t);
    for (size_t begin = 0; begin < BLOCKS; begin++)
        check_product(&t, begin);
    free(memory);
    check_int4();
    for (unsigned bits = 2; bits <= 7; bits++)
        check_narrow(bits);
    check_halves();
    check_vector();
    return check_result();
}
