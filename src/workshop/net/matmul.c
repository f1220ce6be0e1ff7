/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/matmul.h"

#include <stdlib.h>
#include <string.h>

#include "workshop/net/matmul_bf16.h"
#include "workshop/net/memory.h"

enum tacit_status matmul_open(struct matmul *mm, bool exact)
{
    memset(mm, 0, sizeof *mm);
    mm->bf16.blocks = exact ? NULL : bf16_blocks_choose();
    if (!mm->bf16.blocks)
        return TACIT_OK;
    mm->bf16.pack_a = memory_zeroed(sizeof *mm->bf16.pack_a * MATMUL_PANEL_M * MATMUL_PANEL_K);
    mm->bf16.pack_b = memory_zeroed(sizeof *mm->bf16.pack_b * MATMUL_PANEL_N * MATMUL_PANEL_K);
    if (mm->bf16.pack_a && mm->bf16.pack_b)
        return TACIT_OK;
    matmul_close(mm);
    return TACIT_ERR_MEMORY;
}

void matmul_close(struct matmul *mm)
{
    free(mm->bf16.pack_a);
    free(mm->bf16.pack_b);
    memset(mm, 0, sizeof *mm);
}

static float element(struct operand a, size_t i, size_t p)
{
    return a.transposed ? a.data[p * a.stride + i] : a.data[i * a.stride + p];
}

/* The inner loop runs along a row of C, so that it vectorises; B transposed is a dot product. */
static void matmul_plain(struct matrix c, struct operand a, struct operand b, size_t k, bool add)
{
    for (size_t i = 0; i < c.n_rows; i++) {
        float *ci = c.data + i * c.stride;
        if (!add)
            memset(ci, 0, c.n_cols * sizeof *ci);
        if (b.transposed) {
            for (size_t j = 0; j < c.n_cols; j++) {
                float sum = 0;
                for (size_t p = 0; p < k; p++)
                    sum += element(a, i, p) * b.data[j * b.stride + p];
                ci[j] += sum;
            }
            continue;
        }
        for (size_t p = 0; p < k; p++) {
            const float x = element(a, i, p);
            const float *bp = b.data + p * b.stride;
            for (size_t j = 0; j < c.n_cols; j++)
                ci[j] += x * bp[j];
        }
    }
}

const char *matmul_name(const struct matmul *mm)
{
    return mm->bf16.blocks ? mm->bf16.blocks->name : "plain float";
}

void matmul_run(struct matmul *mm, struct matrix c, struct operand a, struct operand b, size_t k,
                bool add)
{
    if (mm->bf16.blocks)
        matmul_bf16(&mm->bf16, c, a, b, k, add);
    else
        matmul_plain(c, a, b, k, add);
}
