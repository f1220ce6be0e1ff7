/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/lean/undo.h"

#include <stdlib.h>

enum tacit_status undo_create(struct undo **undo_out, uint8_t *table, size_t n_bytes)
{
    size_t n_units = n_bytes >> UNDO_UNIT_LOG2;
    struct undo *undo = calloc(1, sizeof *undo);
    *undo_out = undo;
    if (!undo)
        return TACIT_ERR_MEMORY;
    undo->table = table;
    undo->touched = calloc(n_units / 64 + 1, sizeof *undo->touched);
    undo->unit = malloc(n_units * sizeof *undo->unit);
    undo->was = malloc(n_units * sizeof *undo->was);
    if (undo->touched && undo->unit && undo->was)
        return TACIT_OK;
    undo_destroy(undo);
    *undo_out = NULL;
    return TACIT_ERR_MEMORY;
}

void undo_rewind(struct undo *undo)
{
    for (size_t i = 0; i < undo->n; i++) {
        size_t unit = undo->unit[i];
        memcpy(undo->table + (unit << UNDO_UNIT_LOG2), undo->was[i], UNDO_UNIT);
        undo->touched[unit >> 6] = 0;
    }
    undo->n = 0;
}

void undo_destroy(struct undo *undo)
{
    if (!undo)
        return;
    free(undo->touched);
    free(undo->unit);
    free(undo->was);
    free(undo);
}
