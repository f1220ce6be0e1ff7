/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading large tables at random takes most of its time for address translation; huge pages save
 * that time. The system may ignore the request.
 */
#ifndef TACIT_BASE_HUGE_PAGES_H
#define TACIT_BASE_HUGE_PAGES_H

#include <stddef.h>

/* For memory that has not been touched since it was allocated. */
void huge_pages_prefer(void *memory, size_t n_bytes);

#endif
