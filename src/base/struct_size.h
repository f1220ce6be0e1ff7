/* SPDX-License-Identifier: Apache-2.0
 *
 * Public structs that may grow: their first field is `size_t struct_size`, which the caller sets to the size
 * that the struct had when the caller was compiled. New fields come at the end, and zero in a new
 * field means what the library did before the field existed.
 */
#ifndef TACIT_BASE_STRUCT_SIZE_H
#define TACIT_BASE_STRUCT_SIZE_H

#include <stddef.h>

#include "tacit/status.h"

/* Reads a caller's struct into *to, a struct of to_size bytes that holds the defaults: fields that a
 * shorter struct lacks keep them. to->struct_size stays to_size. TACIT_ERR_ARGUMENT: from is too
 * short to have its size, or longer than *to with something set that this library does not know. */
enum tacit_status struct_take(void *to, size_t to_size, const void *from);

/* Writes *from, a struct of from_size bytes, to a caller's struct: as many fields as the caller's has, and
 * zeros for those that this library does not know. to->struct_size stays. TACIT_ERR_ARGUMENT: to is
 * too short to have its size. */
enum tacit_status struct_give(void *to, const void *from, size_t from_size);

#endif
