/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
 */
#ifndef TACIT_BASE_UTF8_H
#define TACIT_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length in bytes (1 .. 4) of the character that p[0 .. n) begins with, its code point to *code; 0 if p does not
 * begin with a whole valid character, or n is 0. */
static inline unsigned utf8_decode(const uint8_t *p, size_t n, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (n == 0)
        return 0;
    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    unsigned length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < length)
        return 0;
    uint32_t value = p[0] & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *code = value;
    return length;
}

#endif
