/* SPDX-License-Identifier: Apache-2.0
 *
 * Throughput of lm_product, each variant that the machine has, by number of rows:
 *
 *     lm_products [n_outputs [n_groups]]
 *
 * in giga multiply-accumulates a CPU second, beside what a loop of VPDPBUSD on registers alone
 * reaches.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cpu.h"
#include "kernels/kernels.h"

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Twelve independent sums, written out so that they stay in registers. */
__attribute__((target("avx512f,avx512vnni"))) static double vnni_peak(void)
{
    enum { N = 20000000 };
    __m512i x = _mm512_set1_epi32(0x01020304), w = _mm512_set1_epi32(0x05030201);
    __m512i a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
    double start = cpu_seconds();
    for (long n = 0; n < N; n++) {
#define SUM(s) __asm__ volatile("vpdpbusd %1, %2, %0" : "+v"(s) : "v"(x), "v"(w));
        SUM(a) SUM(b) SUM(c) SUM(d) SUM(e) SUM(f) SUM(g) SUM(h) SUM(i) SUM(j) SUM(k) SUM(l)
#undef SUM
    }
    return (double)N * 12 * 64 / (cpu_seconds() - start) / 1e9;
}
#else
static double vnni_peak(void)
{
    return 0;
}
#endif

struct problem {
    struct lm_matrix w;
    struct lm_rows x;
    float *y;
    size_t n_outputs;
};

static double rate(const struct kernels *kernels, const struct problem *p, size_t n_rows)
{
    double best = 0;
    for (int trial = 0; trial < 5; trial++) {
        double start = cpu_seconds(), taken;
        size_t n = 0;
        do {
            kernels->lm_product(p->y, p->n_outputs, &p->w, &p->x, n_rows, false);
            n++;
            taken = cpu_seconds() - start;
        } while (taken < 0.01);
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

int main(int argc, char **argv)
{
    static const size_t n_rows[] = {1, 2, 3, 4, 6, 8, 12, 16, 17, 24, 32, 48, 64, 128};
    uint32_t features = cpu_features();
    struct problem p;
    make_problem(&p, argc > 1 ? strtoul(argv[1], NULL, 10) : 3072,
                 argc > 2 ? strtoul(argv[2], NULL, 10) : 9, 128);
    printf("%-8s", "rows");
    for (size_t i = 0; i < sizeof n_rows / sizeof n_rows[0]; i++)
        printf("%7zu", n_rows[i]);
    printf("\n");
#define BENCH(flag, bit, name)                                                                     \
    if (features & flag) {                                                                         \
        struct kernels kernels;                                                                    \
        kernels_select(&kernels, flag == CPU_AVX_VNNI ? CPU_AVX2 | CPU_AVX_VNNI                    \
                                                      : features & ((2u << (bit)) - 1));           \
        printf("%-8s", name);                                                                      \
        for (size_t i = 0; i < sizeof n_rows / sizeof n_rows[0]; i++)                              \
            printf("%7.1f", rate(&kernels, &p, n_rows[i]));                                        \
        printf("\n");                                                                              \
    }
    CPU_FEATURE_TABLE(BENCH)
    if (features & CPU_AVX512_VNNI)
        printf("registers alone (VNNI): %.1f\n", vnni_peak());
    return 0;
}
