/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffers and values for the kernels' checks. Include with _DEFAULT_SOURCE defined, for
 * MAP_ANONYMOUS.
 */
#ifndef TACIT_TESTS_KERNELS_BUFFERS_H
#define TACIT_TESTS_KERNELS_BUFFERS_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t rng_state = 1;

static inline uint32_t rng(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

/* A buffer of n_bytes (a multiple of 64) whose end is the end of the last mapped page; for
 * free_flush. */
static inline void *flush_buffer(size_t n_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n_pages = (n_bytes + page - 1) / page;
    uint8_t *base = mmap(NULL, (n_pages + 1) * page, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base + n_pages * page, page, PROT_NONE) != 0)
        abort();
    return base + n_pages * page - n_bytes;
}

/* kind 0: ordinary values; 1: signs and tiny values, denormals included; 2: large ones; 3: zeros of
 * both signs and ones. */
static inline void fill_floats(float *x, size_t n, unsigned kind)
{
    for (size_t i = 0; i < n; i++) {
        float unit = ((float)(int32_t)rng()) * (1.0f / 2147483648.0f);
        float choice[] = {unit * 12.0f, unit * 1e-38f, unit * 1e30f,
                          (float)((int)(rng() % 3) - 1) * (rng() & 1 ? 1.0f : -0.0f)};
        x[i] = choice[kind];
    }
}

static inline void free_flush(void *p, size_t n_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n_pages = (n_bytes + page - 1) / page;
    uint8_t *end = (uint8_t *)p + n_bytes;
    munmap(end - n_pages * page, (n_pages + 1) * page);
}

#endif
