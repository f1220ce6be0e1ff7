/* SPDX-License-Identifier: Apache-2.0
 *
 * Large tables that are read at random spend most of their time on address translation; huge pages
 * save it. Only a wish: where the system knows none, nothing happens.
 */
#ifndef TACIT_BASE_HUGE_PAGES_H
#define TACIT_BASE_HUGE_PAGES_H

#include <stddef.h>

/* For memory that has not been touched since it was allocated. */
void huge_pages_prefer(void *memory, size_t n_bytes);

#endif
