/* SPDX-License-Identifier: Apache-2.0
 *
 * What a machine can do at most, measured: int8 multiply-accumulates of one core on registers alone,
 * by instruction set, and the bandwidth of memory for one core that reads.
 *
 * Each loop has as few instructions for a product as its set allows and enough independent sums to
 * hide their latency; the best of several runs counts, by the thread's processor time.
 */
#ifndef TACIT_BENCH_ROOFLINE_H
#define TACIT_BENCH_ROOFLINE_H

#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"

enum { ROOFLINE_RUNS = 7, ROOFLINE_MEMORY = 256 << 20 };

static inline double roofline_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef void roofline_loop(long n);

/* A loop of twelve sums, as text: STEP is a macro of two registers' numbers, of which it may
 * overwrite the second. */
#define ROOFLINE_SUMS(STEP)                                                                        \
    STEP("0", "12")                                                                                \
    STEP("1", "13")                                                                                \
    STEP("2", "12")                                                                                \
    STEP("3", "13")                                                                                \
    STEP("4", "12")                                                                                \
    STEP("5", "13")                                                                                \
    STEP("6", "12")                                                                                \
    STEP("7", "13") STEP("8", "12") STEP("9", "13") STEP("10", "12") STEP("11", "13")

#define ROOFLINE_LOOP(name, STEP, ...)                                                             \
    static void name(long n)                                                                       \
    {                                                                                              \
        for (long i = 0; i < n; i++)                                                               \
            __asm__ volatile(ROOFLINE_SUMS(STEP) : : : __VA_ARGS__);                               \
    }

#if defined(__x86_64__)
#define ROOFLINE_REGISTERS                                                                         \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
        "xmm11", "xmm12", "xmm13"

/* What an AVX2 product cannot do without: pairs in 16 bits, their sums in 32, the addition. */
#define ROOFLINE_AVX2(sum, other)                                                                  \
    "vpmaddubsw %%ymm14, %%ymm15, %%ymm" other "\n\tvpmaddwd %%ymm14, %%ymm" other ", %%ymm" other \
    "\n\tvpaddd %%ymm" other ", %%ymm" sum ", %%ymm" sum "\n\t"
#define ROOFLINE_AVX_VNNI(sum, other) "%{vex%} vpdpbusd %%ymm14, %%ymm15, %%ymm" sum "\n\t"
#define ROOFLINE_VNNI(sum, other)     "vpdpbusd %%zmm14, %%zmm15, %%zmm" sum "\n\t"
ROOFLINE_LOOP(roofline_avx2, ROOFLINE_AVX2, ROOFLINE_REGISTERS)
ROOFLINE_LOOP(roofline_avx_vnni, ROOFLINE_AVX_VNNI, ROOFLINE_REGISTERS)
ROOFLINE_LOOP(roofline_vnni, ROOFLINE_VNNI, ROOFLINE_REGISTERS)

#include <immintrin.h>

/* Four sums of 16 by 16, two tiles of activations by two of weights. */
__attribute__((target("amx-tile,amx-int8"))) static void roofline_amx(long n)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t n_rows[16];
    } config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.n_rows[i] = 16;
    }
    __asm__ volatile("" : : "r"(&config) : "memory");
    _tile_loadconfig(&config);
    for (long i = 0; i < n; i++) {
        _tile_dpbssd(0, 4, 6);
        _tile_dpbssd(1, 4, 7);
        _tile_dpbssd(2, 5, 6);
        _tile_dpbssd(3, 5, 7);
    }
    _tile_release();
}
#elif defined(__aarch64__)
#define ROOFLINE_REGISTERS                                                                         \
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13"

/* Two halves' products in 16 bits, and their pairs' sums in 32. */
#define ROOFLINE_NEON(sum, other)                                                                  \
    "smull v" other ".8h, v30.8b, v31.8b\n\tsmlal2 v" other                                        \
    ".8h, v30.16b, v31.16b\n\tsadalp v" sum ".4s, v" other ".8h\n\t"
#define ROOFLINE_DOTPROD(sum, other)                                                               \
    ".arch armv8.2-a+dotprod\n\tsdot v" sum ".4s, v30.16b, v31.16b\n\t"
ROOFLINE_LOOP(roofline_neon, ROOFLINE_NEON, ROOFLINE_REGISTERS)
ROOFLINE_LOOP(roofline_dotprod, ROOFLINE_DOTPROD, ROOFLINE_REGISTERS)
#endif

/* X(feature, loop, multiply-accumulates of an iteration), the fastest last. */
#if defined(__x86_64__)
#define ROOFLINE_TABLE(X)                                                                          \
    X(CPU_AVX2, roofline_avx2, 12 * 32)                                                            \
    X(CPU_AVX_VNNI, roofline_avx_vnni, 12 * 32)                                                    \
    X(CPU_AVX512_VNNI, roofline_vnni, 12 * 64)                                                     \
    X(CPU_AMX_INT8, roofline_amx, 4 * 16384)
#elif defined(__aarch64__)
#define ROOFLINE_TABLE(X)                                                                          \
    X(CPU_NEON, roofline_neon, 12 * 16)                                                            \
    X(CPU_NEON_DOTPROD, roofline_dotprod, 12 * 16)
#else
#define ROOFLINE_TABLE(X)
#endif

static inline double roofline_rate(roofline_loop *loop, double products)
{
    long n = 1000;
    double best = 0;
    for (int run = 0; run < ROOFLINE_RUNS;) {
        double start = roofline_seconds();
        loop(n);
        double taken = roofline_seconds() - start;
        if (taken < 0.01) {
            n *= 2;
            continue;
        }
        double rate = (double)n * products / taken;
        best = rate > best ? rate : best;
        run++;
    }
    return best;
}

/* Multiply-accumulates a second of one core, by the best of the features for which there is a loop;
 * 0 if there is none. */
static inline double roofline_products(uint32_t features)
{
    roofline_loop *loop = NULL;
    double products = 0;
#define ROOFLINE_CHOOSE(feature, its_loop, its_products)                                           \
    if (features & feature)                                                                        \
        loop = its_loop, products = its_products;
    ROOFLINE_TABLE(ROOFLINE_CHOOSE)
#undef ROOFLINE_CHOOSE
    (void)features;
    return loop ? roofline_rate(loop, products) : 0;
}

/* Bytes a second that one core reads of more memory than caches hold: a number of each line, in
 * several places at once, whatever number of places is best. */
static inline double roofline_read(void)
{
    uint8_t *memory = malloc(ROOFLINE_MEMORY);
    uint64_t sum = 0;
    double best = 0;
    if (!memory)
        return 0;
    memset(memory, 1, ROOFLINE_MEMORY);
    for (size_t n_places = 1; n_places <= 16; n_places *= 2)
        for (int run = 0; run < 3; run++) {
            size_t n_bytes = ROOFLINE_MEMORY / n_places;
            double start = roofline_seconds();
            for (size_t i = 0; i < n_bytes; i += 64)
                for (size_t place = 0; place < n_places; place++) {
                    uint64_t number;
                    const uint8_t *at = memory + place * n_bytes + i;
                    __builtin_prefetch(at + 512);
                    memcpy(&number, at, sizeof number);
                    sum += number;
                }
            double rate = ROOFLINE_MEMORY / (roofline_seconds() - start);
            best = rate > best ? rate : best;
        }
    volatile uint64_t used = sum;
    (void)used;
    free(memory);
    return best;
}

/* part of whole as "12.3%", or "-" where the whole is not known; text: room for 8 characters. */
static inline const char *roofline_share(char text[8], double part, double whole)
{
    if (whole > 0)
        snprintf(text, 8, "%.1f%%", 100 * part / whole);
    else
        snprintf(text, 8, "-");
    return text;
}

#endif
