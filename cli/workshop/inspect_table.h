/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints what `tacit inspect` learns, as it comes: tables, or one JSON object.
 */
#ifndef TACIT_CLI_WORKSHOP_INSPECT_TABLE_H
#define TACIT_CLI_WORKSHOP_INSPECT_TABLE_H

#include <stdbool.h>

#include "tacit/inspect.h"

struct inspect_table {
    bool json;
    const char *list; /* the present one */
    size_t n_heads;   /* of the layer whose heads are being added, in `heads` */
    struct tacit_inspect_head heads;
    double bits_per_byte;
    unsigned rounded_bits;
};

/* Sets the functions of the inspection, whose context is to be the table. */
void inspect_table_attach(struct inspect_table *table, struct tacit_inspection *job);

/* Before and after the inspection. */
void inspect_table_begin(struct inspect_table *table, const char *model);
void inspect_table_end(struct inspect_table *table);

#endif
