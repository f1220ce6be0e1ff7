/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/matmul.h"

#include <stdlib.h>
#include <string.h>

#include "workshop/net/matmul_bf16.h"
#include "workshop/net/memory.h"

enum tacit_status matmul_open(struct matmul *mm, bool exact)
{
    memset(mm, 0, sizeof *mm);
    mm->blocks = exact ? NULL : bf16_blocks_choose();
    if (!mm->blocks)
        return TACIT_OK;
    mm->pack_a = memory_zeroed(sizeof *mm->pack_a * MATMUL_PANEL_M * MATMUL_PANEL_K);
    mm->pack_b = memory_zeroed(sizeof *mm->pack_b * MATMUL_PANEL_N * MATMUL_PANEL_K);
    if (mm->pack_a && mm->pack_b)
        return TACIT_OK;
    matmul_close(mm);
    return TACIT_ERR_MEMORY;
}

void matmul_close(struct matmul *mm)
{
    free(mm->pack_a);
    free(mm->pack_b);
    memset(mm, 0, sizeof *mm);
}

/* The inner loop runs along a row of C, so that it vectorises; B transposed is a dot product. */
static void matmul_plain(bool trans_a, bool trans_b, size_t m, size_t n, size_t k, const float *a,
                         size_t lda, const float *b, size_t ldb, bool add, float *c, size_t ldc)
{
    for (size_t i = 0; i < m; i++) {
        float *ci = c + i * ldc;
        if (!add)
            memset(ci, 0, n * sizeof *ci);
        if (trans_b) {
            for (size_t j = 0; j < n; j++) {
                float sum = 0;
                for (size_t p = 0; p < k; p++)
                    sum += (trans_a ? a[p * lda + i] : a[i * lda + p]) * b[j * ldb + p];
                ci[j] += sum;
            }
            continue;
        }
        for (size_t p = 0; p < k; p++) {
            const float x = trans_a ? a[p * lda + i] : a[i * lda + p];
            const float *bp = b + p * ldb;
            for (size_t j = 0; j < n; j++)
                ci[j] += x * bp[j];
        }
    }
}

const char *matmul_name(const struct matmul *mm)
{
    return mm->blocks ? mm->blocks->name : "plain float";
}

void matmul_run(struct matmul *mm, bool trans_a, bool trans_b, size_t m, size_t n, size_t k,
                const float *a, size_t lda, const float *b, size_t ldb, bool add, float *c,
                size_t ldc)
{
    if (mm->blocks)
        matmul_bf16(mm, trans_a, trans_b, m, n, k, a, lda, b, ldb, add, c, ldc);
    else
        matmul_plain(trans_a, trans_b, m, n, k, a, lda, b, ldb, add, c, ldc);
}
