/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that somebody else owns. They are not NUL-terminated and may have any value.
 */
#ifndef TACIT_BASE_VIEW_H
#define TACIT_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct byte_view {
    const uint8_t *data; /* may be NULL where n is 0 */
    size_t n;
};

/* Bytewise order, a prefix before what it begins: <0, 0 or >0. */
static inline int view_compare(struct byte_view a, struct byte_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static inline bool view_equals(struct byte_view a, const char *text)
{
    size_t n = strlen(text);
    return a.n == n && (n == 0 || memcmp(a.data, text, n) == 0);
}

#endif
