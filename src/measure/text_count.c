/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/text_count.h"

#include <stdbool.h>

#include "base/utf8.h"

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_inside(const uint8_t *data, size_t n, size_t at)
{
    uint32_t code;
    for (size_t back = 1; back <= 3 && back <= at; back++) {
        if ((data[at - back + 1] & 0xc0) != 0x80)
            return false;
        if (utf8_decode(data + at - back, n - (at - back), &code) > back)
            return true;
    }
    return false;
}

void text_count_add(struct text_count *count, const uint8_t *data, size_t n, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        count->n_chars += !is_inside(data, n, i);
        count->n_words += !is_space(data[i]) && (i == 0 || is_space(data[i - 1]));
    }
}
