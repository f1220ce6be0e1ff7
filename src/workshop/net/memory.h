/* SPDX-License-Identifier: Apache-2.0
 *
 * Large arrays for the trainer: zeroed, 64-byte aligned, on huge pages where the system grants
 * them. The products walk down columns, with a page for each row, and would wait for address
 * translation on small pages.
 */
#ifndef TACIT_WORKSHOP_NET_MEMORY_H
#define TACIT_WORKSHOP_NET_MEMORY_H

#include <stddef.h>

/* NULL when there is no memory; released with free(). */
void *memory_zeroed(size_t n_bytes);

#endif
