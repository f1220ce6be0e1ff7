/* SPDX-License-Identifier: Apache-2.0
 *
 * Throughput of lm_product, each variant that the machine has, by number of rows:
 *
 *     lm_products [n_outputs [n_groups]]
 *
 * in giga multiply-accumulates a CPU second, and as a share of what the variant's instructions reach
 * on registers alone (roofline.h).
 */
#include "roofline.h"

#include "kernels/kernels.h"

struct problem {
    struct lm_matrix w;
    struct lm_rows x;
    float *y;
    size_t n_outputs;
};

static double rate(const struct kernels *kernels, const struct problem *p, size_t n_rows)
{
    double best = 0;
    for (int trial = 0; trial < 40; trial++) {
        double start = roofline_seconds(), taken;
        size_t n = 0;
        do {
            kernels->lm_product(p->y, p->n_outputs, &p->w, &p->x, n_rows, false);
            n++;
            taken = roofline_seconds() - start;
        } while (taken < 0.002);
        double r = (double)(n * n_rows * p->n_outputs * p->w.n_groups * LM_GROUP) / taken / 1e9;
        best = r > best ? r : best;
    }
    return best;
}

static void make_problem(struct problem *p, size_t n_outputs, size_t n_groups, size_t n_rows)
{
    size_t n_blocks = n_outputs / LM_TILE_ROWS;
    struct lm_tile *tiles = aligned_alloc(64, n_blocks * n_groups * sizeof *tiles);
    for (size_t i = 0; i < n_blocks * n_groups; i++) {
        for (size_t k = 0; k < LM_GROUP * LM_TILE_ROWS; k++)
            tiles[i].q[k / 64][k / 4 % 16][k % 4] = (int8_t)(rand() % 255 - 127);
        for (size_t r = 0; r < LM_TILE_ROWS; r++)
            tiles[i].scale[r] = 1e-3f;
    }
    p->w = (struct lm_matrix){tiles, n_blocks, n_groups, n_groups};
    p->x = (struct lm_rows){aligned_alloc(64, n_rows * n_groups * LM_GROUP),
                            calloc(n_rows * n_groups, 4), calloc(n_rows * n_groups, 4), n_groups};
    for (size_t i = 0; i < n_rows * n_groups * LM_GROUP; i++)
        p->x.q[i] = (int8_t)(rand() % 255 - 127);
    p->n_outputs = n_outputs;
    p->y = aligned_alloc(64, n_rows * n_outputs * sizeof *p->y);
}

static const size_t n_rows[] = {1, 2, 3, 4, 6, 8, 16, 32, 64, 128};

static void print_rates(const struct problem *p, uint32_t features, uint32_t flag, const char *name)
{
    struct kernels kernels;
    double peak = roofline_products(flag) / 1e9;
    char share[8];
    kernels_select(&kernels, features);
    printf(peak > 0 ? "%-8s%8.1f" : "%-8s       -", name, peak);
    for (size_t i = 0; i < sizeof n_rows / sizeof n_rows[0]; i++) {
        double r = rate(&kernels, p, n_rows[i]);
        printf("%7.1f %6s", r, roofline_share(share, r, peak));
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    uint32_t features = cpu_features();
    struct problem p;
    make_problem(&p, argc > 1 ? strtoul(argv[1], NULL, 10) : 3072,
                 argc > 2 ? strtoul(argv[2], NULL, 10) : 9, 128);
    printf("%-8s%8s", "rows", "peak");
    for (size_t i = 0; i < sizeof n_rows / sizeof n_rows[0]; i++)
        printf("%7zu %6s", n_rows[i], "");
    printf("\n");
    print_rates(&p, CPU_SCALAR, CPU_SCALAR, "scalar");
#define BENCH(flag, bit, name)                                                                     \
    if (features & flag)                                                                           \
        print_rates(                                                                               \
            &p, flag == CPU_AVX_VNNI ? CPU_AVX2 | CPU_AVX_VNNI : features & ((2u << (bit)) - 1),   \
            flag, name);
    CPU_FEATURE_TABLE(BENCH)
    return 0;
}
