/* SPDX-License-Identifier: Apache-2.0
 *
 * One allocation cut into aligned pieces. The same layout code runs twice: on an arena without
 * memory the arena only adds up the sizes, on an arena with memory it hands out the pieces. So
 * *_memory_needed functions always agree with what is taken.
 *
 *     struct arena sizes = {0};           lay_out(&thing, &sizes);   sizes.used bytes are needed
 *     struct arena arena = {memory, cap}; lay_out(&thing, &arena);   memory aligned to ARENA_ALIGN
 */
#ifndef TACIT_BASE_ARENA_H
#define TACIT_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum { ARENA_ALIGN = 64 };

struct arena {
    uint8_t *memory; /* NULL: count only */
    size_t cap;
    size_t used;
};

/* A piece of n_bytes, aligned to ARENA_ALIGN, or NULL if the arena only counts or, by a mistake of
 * the caller, is too small. */
static inline void *arena_take(struct arena *arena, size_t n_bytes)
{
    size_t start = arena->used;
    arena->used += (n_bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    return arena->memory != NULL && arena->used <= arena->cap ? arena->memory + start : NULL;
}

#endif
