/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of the bf16 product on AMX tiles.
 */
#include "workshop/net/matmul_bf16.h"

#ifdef TACIT_HAVE_BF16

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...);

/* Also asks the kernel for the tile registers; cheap after the first call. */
static bool available(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    unsigned eax = 7, ebx, ecx = 0, edx;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    const unsigned need = (1u << 22) | (1u << 24);   /* amx-bf16, amx-tile */
    const unsigned need_b = (1u << 16) | (1u << 30); /* avx512f, avx512bw */
    if ((edx & need) != need || (ebx & need_b) != need_b)
        return false;
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static void configure_tiles(void)
{
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t n_bytes[16];
        uint8_t n_rows[16];
    } config;
    memset(&config, 0, sizeof config);
    config.palette = 1;
    for (int i = 0; i < 8; i++) {
        config.n_bytes[i] = 64;
        config.n_rows[i] = 16;
    }
    /* gcc 12's _tile_loadconfig tells the compiler of its first 8 bytes only, so that the rest may never be stored */
    __asm__ volatile("ldtilecfg %0" : : "m"(config));
}

static void block_32x32(const uint16_t *a, const uint16_t *b, size_t k_tiles, bool add, float *c,
                        size_t ldc)
{
    const size_t stride = ldc * sizeof *c;
    const uint16_t *a1 = a + k_tiles * BF16_TILE, *b1 = b + k_tiles * BF16_TILE;
    if (add) {
        _tile_loadd(0, c, stride);
        _tile_loadd(1, c + 16, stride);
        _tile_loadd(2, c + 16 * ldc, stride);
        _tile_loadd(3, c + 16 * ldc + 16, stride);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (size_t t = 0; t < k_tiles * BF16_TILE; t += BF16_TILE) {
        _tile_loadd(4, a + t, 64);
        _tile_loadd(6, b + t, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b1 + t, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a1 + t, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, stride);
    _tile_stored(1, c + 16, stride);
    _tile_stored(2, c + 16 * ldc, stride);
    _tile_stored(3, c + 16 * ldc + 16, stride);
}

static void block_16x16(const uint16_t *a, const uint16_t *b, size_t k_tiles, float *c)
{
    _tile_zero(0);
    for (size_t t = 0; t < k_tiles * BF16_TILE; t += BF16_TILE) {
        _tile_loadd(4, a + t, 64);
        _tile_loadd(6, b + t, 64);
        _tile_dpbf16ps(0, 4, 6);
    }
    _tile_stored(0, c, 64);
}

static void release_tiles(void)
{
    _tile_release();
}

const struct bf16_blocks bf16_blocks_amx = {
    "AMX bf16", available, configure_tiles, release_tiles, block_32x32, block_16x16,
};

#endif
