/* SPDX-License-Identifier: Apache-2.0
 *
 * A fixed amount of one kernel's work, for kernel_counts.py to count instructions of:
 *
 *     kernel_work CASE FEATURES TIMES     e.g. lm_quantize neon 1; FEATURES: of base/cpu.h, or "scalar"
 *     kernel_work                         the cases, one a line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "kernels/kernels.h"

enum {
    N = 4096, /* values of an elementwise kernel */
    GROUPS = N / LM_GROUP,
    BLOCKS = 2, /* products: 2 x 16 outputs of 512 columns, 8 rows: 131,072 multiply-accumulates */
    COLUMN_GROUPS = 8,
    ROWS = 8,
    MIX_INPUTS = 512,
    MIX_SETS = 8,
};

static _Alignas(64) struct {
    float x[N], y[N], z[N], mixed[2 * KERNEL_LANES], step[MIX_SETS];
    uint32_t mass[N];
    uint16_t reciprocal[ADAPTIVE_LIMIT_MAX + 1];
    int8_t q[N];
    float scale[GROUPS];
    int32_t sum[GROUPS];
    uint8_t bytes[N];
    struct lm_tile tiles[BLOCKS * COLUMN_GROUPS];
    struct lm_tile_int4 tiles_int4[BLOCKS * COLUMN_GROUPS];
    uint8_t narrow[BLOCKS * COLUMN_GROUPS * sizeof(struct lm_tile)];
} data;
static struct lm_rows rows = {data.q, data.scale, data.sum, COLUMN_GROUPS};
static float *sets[MIX_SETS];

static_assert(ROWS * COLUMN_GROUPS <= GROUPS, "rows have room in data");

static void narrow(const struct kernels *k, unsigned bits)
{
    struct lm_matrix_narrow w = {data.narrow, bits, BLOCKS, COLUMN_GROUPS, COLUMN_GROUPS};
    k->lm_product_narrow(data.y, BLOCKS * LM_TILE_ROWS, &w, &rows, ROWS, false);
}

static void product(const struct kernels *k, size_t n_rows)
{
    struct lm_matrix w = {data.tiles, BLOCKS, COLUMN_GROUPS, COLUMN_GROUPS};
    k->lm_product(data.y, BLOCKS * LM_TILE_ROWS, &w, &rows, n_rows, false);
}

static void product_int4(const struct kernels *k)
{
    struct lm_matrix_int4 w = {data.tiles_int4, BLOCKS, COLUMN_GROUPS, COLUMN_GROUPS};
    k->lm_product_int4(data.y, BLOCKS * LM_TILE_ROWS, &w, &rows, ROWS, false);
}

/* X(case, call) */
#define CASES(X)                                                                                   \
    X("lm_product", product(k, ROWS))                                                              \
    X("lm_product, 1 row", product(k, 1))                                                          \
    X("lm_product_int4", product_int4(k))                                                          \
    X("lm_product_narrow, 2 bits", narrow(k, 2))                                                   \
    X("lm_product_narrow, 3 bits", narrow(k, 3))                                                   \
    X("lm_product_narrow, 4 bits", narrow(k, 4))                                                   \
    X("lm_unpack, 2 bits", k->lm_unpack(data.tiles, data.bytes, N / 1024, 2))                      \
    X("lm_unpack, 3 bits", k->lm_unpack(data.tiles, data.bytes, N / 1024, 3))                      \
    X("lm_unpack, 4 bits", k->lm_unpack(data.tiles, data.bytes, N / 1024, 4))                      \
    X("lm_quantize", k->lm_quantize(data.q, data.scale, data.sum, data.x, GROUPS))                 \
    X("lm_rotate", k->lm_rotate(data.y, data.x, GROUPS))                                           \
    X("lm_rms_norm", k->lm_rms_norm(data.y, data.x, data.z, N, 1e-5f))                             \
    X("lm_attention_weights",                                                                      \
      k->lm_attention_weights(data.q, data.scale, data.sum, data.x, data.z, N, -LM_SCORE_MAX))     \
    X("lm_swiglu", k->lm_swiglu(data.y, data.x, data.z, N))                                        \
    X("lm_relu2", k->lm_relu2(data.y, data.x, N))                                                  \
    X("lm_root_cap", k->lm_root_cap(data.x, 20.0f, N))                                             \
    X("lm_token_masses", k->lm_token_masses(data.mass, data.x, data.z, N))                         \
    X("lm_token_learn", k->lm_token_learn(data.y, data.mass, 0.03f, N))                            \
    X("mix_dots", k->mix_dots(data.step, data.x, MIX_INPUTS, sets, MIX_SETS))                      \
    X("mix_layer", k->mix_layer(data.mixed, data.mixed + KERNEL_LANES, data.x, MIX_INPUTS, sets,   \
                                MIX_SETS, 15.0f, data.z))                                          \
    X("mix_sum", k->mix_sum(data.x, MIX_INPUTS, sets, MIX_SETS))                                   \
    X("mix_train", k->mix_train(sets, MIX_SETS, data.step, data.x, MIX_INPUTS))                    \
    X("squash", k->squash(data.y, data.x, N))                                                      \
    X("adaptive_learn", k->adaptive_learn(data.mass, N, 1, ADAPTIVE_LIMIT_MAX, data.reciprocal))

static void fill(void)
{
    uint32_t state = 1;
    for (size_t i = 0; i < N; i++) {
        state = state * 1664525 + 1013904223;
        data.x[i] = (float)(int32_t)state * 0x1p-29f;
        data.z[i] = data.y[i] = data.x[i] * 0.5f;
        data.q[i] = (int8_t)((int)(state >> 24) % 255 - 127);
        data.mass[i] = state >> 2;
        data.bytes[i] = (uint8_t)(state >> 16);
    }
    for (uint32_t i = 0; i <= ADAPTIVE_LIMIT_MAX; i++)
        data.reciprocal[i] = (uint16_t)(131072 / (2 * i + 3));
    for (size_t k = 0; k < MIX_SETS; k++)
        sets[k] = data.z + k * MIX_INPUTS;
}

static int run(const char *name, const struct kernels *k, long times)
{
    int found = 0;
#define RUN(its_name, call)                                                                        \
    for (long i = 0; strcmp(name, its_name) == 0 && (found = 1, i < times); i++)                   \
        (void)(call);
    CASES(RUN)
#undef RUN
    return found;
}

int main(int argc, char **argv)
{
    uint32_t features;
    struct kernels kernels;
    if (argc < 4) {
#define PRINT(name, call) puts(name);
        CASES(PRINT)
#undef PRINT
        return 0;
    }
    fill();
    if (cpu_features_named(argv[2], &features) != 0)
        return 1;
    kernels_select(&kernels, features);
    return run(argv[1], &kernels, strtol(argv[3], NULL, 10)) ? 0 : 1;
}
