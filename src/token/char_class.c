/* SPDX-License-Identifier: Apache-2.0 */
#include "token/char_class.h"

#include <stddef.h>

#include "token/char_class_table.h"

static enum char_class ascii_class(uint32_t code)
{
    if ((code | 0x20) - 'a' < 26)
        return CHAR_LETTER;
    if (code - '0' < 10)
        return CHAR_NUMBER;
    return code == ' ' || code - '\t' < 5 ? CHAR_SPACE : CHAR_OTHER;
}

enum char_class char_class_of(uint32_t code)
{
    if (code < 0x80)
        return ascii_class(code);
    /* The last run that starts at or before code; the first starts at 0x80. */
    size_t low = 0, n = sizeof runs / sizeof runs[0];
    while (n > 1) {
        size_t half = n / 2;
        if (runs[low + half] >> 2 <= code)
            low += half;
        n -= half;
    }
    return (enum char_class)(runs[low] & 3);
}
