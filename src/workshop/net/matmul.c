/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/matmul.h"

#include <stdlib.h>
#include <string.h>

#include "workshop/net/matmul_bf16.h"
#include "workshop/net/memory.h"

static enum tacit_status take_scratch(struct matmul *mm)
{
    if (mm->bf16.blocks) {
        mm->bf16.pack_a = memory_zeroed(sizeof *mm->bf16.pack_a * MATMUL_PANEL_M * MATMUL_PANEL_K);
        mm->bf16.pack_b = memory_zeroed(sizeof *mm->bf16.pack_b * MATMUL_PANEL_N * MATMUL_PANEL_K);
        return mm->bf16.pack_a && mm->bf16.pack_b ? TACIT_OK : TACIT_ERR_MEMORY;
    }
    mm->avx2.pack_a = memory_zeroed(sizeof(float) * AVX2_PANEL_M * AVX2_PANEL_K);
    mm->avx2.pack_b = memory_zeroed(sizeof(float) * AVX2_PANEL_N * AVX2_PANEL_K);
    return mm->avx2.pack_a && mm->avx2.pack_b ? TACIT_OK : TACIT_ERR_MEMORY;
}

enum tacit_status matmul_open(struct matmul *mm, bool exact)
{
    memset(mm, 0, sizeof *mm);
    mm->bf16.blocks = exact ? NULL : bf16_blocks_choose();
    if (exact || (!mm->bf16.blocks && !matmul_avx2_available()))
        return TACIT_OK;
    const enum tacit_status status = take_scratch(mm);
    if (status != TACIT_OK)
        matmul_close(mm);
    return status;
}

void matmul_close(struct matmul *mm)
{
    free(mm->bf16.pack_a);
    free(mm->bf16.pack_b);
    free(mm->avx2.pack_a);
    free(mm->avx2.pack_b);
    memset(mm, 0, sizeof *mm);
}

enum { DOT_COLUMNS = 8 };

/* c[0..DOT_COLUMNS) += a, k floats that lie `step` apart, times as many rows of B. Each sum adds in
 * the order of k. Several sums overlap, since one sum alone would wait for each addition. */
static void dot_columns(float *c, const float *a, size_t step, const float *b, size_t stride,
                        size_t k)
{
    float sum[DOT_COLUMNS] = {0};
    for (size_t p = 0; p < k; p++)
        for (size_t j = 0; j < DOT_COLUMNS; j++)
            sum[j] += a[p * step] * b[j * stride + p];
    for (size_t j = 0; j < DOT_COLUMNS; j++)
        c[j] += sum[j];
}

static void dot_rows(float *c, size_t n, const float *a, size_t step, struct operand b, size_t k)
{
    size_t j = 0;
    for (; j + DOT_COLUMNS <= n; j += DOT_COLUMNS)
        dot_columns(c + j, a, step, b.data + j * b.stride, b.stride, k);
    for (; j < n; j++) {
        float sum = 0;
        for (size_t p = 0; p < k; p++)
            sum += a[p * step] * b.data[j * b.stride + p];
        c[j] += sum;
    }
}

/* With B as it lies, works along a row of C, which vectorises. With B transposed, computes dot
 * products. */
static void matmul_plain(struct matrix c, struct operand a, struct operand b, size_t k, bool add)
{
    const size_t step = a.transposed ? a.stride : 1; /* between neighbours in a row of op(A) */
    for (size_t i = 0; i < c.n_rows; i++) {
        const float *ai = a.data + (a.transposed ? i : i * a.stride);
        float *ci = c.data + i * c.stride;
        if (!add)
            memset(ci, 0, c.n_cols * sizeof *ci);
        if (b.transposed) {
            dot_rows(ci, c.n_cols, ai, step, b, k);
            continue;
        }
        for (size_t p = 0; p < k; p++) {
            const float x = ai[p * step];
            const float *bp = b.data + p * b.stride;
            for (size_t j = 0; j < c.n_cols; j++)
                ci[j] += x * bp[j];
        }
    }
}

const char *matmul_name(const struct matmul *mm)
{
    if (mm->bf16.blocks)
        return mm->bf16.blocks->name;
    return mm->avx2.pack_a ? "AVX2 float" : "plain float";
}

void matmul_run(struct matmul *mm, struct matrix c, struct operand a, struct operand b, size_t k,
                bool add)
{
    if (mm->bf16.blocks)
        matmul_bf16(&mm->bf16, c, a, b, k, add);
    else if (mm->avx2.pack_a)
        matmul_avx2(&mm->avx2, c, a, b, k, add);
    else
        matmul_plain(c, a, b, k, add);
}
