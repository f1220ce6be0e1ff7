/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/memory_piece.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/huge_pages.h"

enum tacit_status memory_piece_take(struct memory_piece **piece, size_t n_bytes)
{
    uint8_t *memory = calloc(1, n_bytes + ARENA_ALIGN);
    if (memory == NULL)
        return TACIT_ERR_MEMORY;
    huge_pages_prefer(memory, n_bytes);
    *piece = (void *)(memory + (ARENA_ALIGN - (uintptr_t)memory % ARENA_ALIGN) % ARENA_ALIGN);
    **piece = (struct memory_piece){memory, n_bytes};
    return TACIT_OK;
}

void memory_piece_free(struct memory_piece *piece)
{
    if (piece != NULL)
        free(piece->allocation);
}
