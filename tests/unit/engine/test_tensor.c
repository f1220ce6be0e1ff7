/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors of every kind: what is set is what is read, rows are q * scale, and the product of a part
 * is the sum of the groups' exact sums times the scales, in ascending order.
 */
#include "engine/tensor.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"

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
    for (size_t row = 0; row < ROWS; row++)
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
            CHECK_MSG(got == want_product(row, m), "row %zu by row %zu", row, m);
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

int main(void)
{
#define CHECK_KIND(kind, suffix)                                                                   \
    do {                                                                                           \
        struct tensor t;                                                                           \
        void *memory = make_matrix(&t, kind);                                                      \
        check_rows(&t);                                                                            \
        for (size_t begin = 0; begin < BLOCKS; begin++)                                            \
            check_product(&t, begin);                                                              \
        free(memory);                                                                              \
    } while (0);
    TENSOR_KINDS(CHECK_KIND)
    check_vector();
    return check_result();
}
