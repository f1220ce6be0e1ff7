/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/size_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The digits and unit at text[0 .. n). */
static bool parse_part(const char *text, size_t n, uint64_t *n_bytes)
{
    static const char units[] = "KMGT";
    uint64_t value = 0;
    size_t i = 0;
    for (; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (i == 0)
        return false;
    if (i < n) {
        const char *unit = strchr(units, text[i] & ~0x20); /* letters to upper case */
        if (text[i] == '\0' || unit == NULL)
            return false;
        unsigned shift = 10 * (unsigned)(unit - units + 1);
        if (value > UINT64_MAX >> shift)
            return false;
        value <<= shift;
        i++;
        size_t n_left = n - i;
        if (n_left != 0 && !(n_left == 1 && strncasecmp(text + i, "B", 1) == 0) &&
            !(n_left == 2 && strncasecmp(text + i, "iB", 2) == 0))
            return false;
    }
    *n_bytes = value;
    return true;
}

bool size_parse(const char *text, uint64_t *n_bytes)
{
    return parse_part(text, strlen(text), n_bytes);
}

char *size_format(char *text, double n_bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    /* 999.5 would be shown as 1000 */
    while (n_bytes >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        n_bytes /= 1024;
        unit++;
    }
    int n_decimals = unit == 0 || n_bytes >= 99.95 ? 0 : n_bytes >= 9.995 ? 1 : 2;
    snprintf(text, SIZE_TEXT_CAP, "%.*f %s", n_decimals, n_bytes, units[unit]);
    return text;
}

bool range_parse(const char *text, struct byte_range *range)
{
    const char *dash = strchr(text, '-');
    if (dash == NULL)
        return false;
    *range = (struct byte_range){.last = UINT64_MAX};
    if (dash == text)
        return size_parse(dash + 1, &range->n_from_end) && range->n_from_end > 0;
    if (!parse_part(text, (size_t)(dash - text), &range->first))
        return false;
    if (dash[1] == '\0')
        return true;
    return size_parse(dash + 1, &range->last) && range->last >= range->first &&
           range->last < UINT64_MAX;
}

bool range_resolve(const struct byte_range *range, uint64_t n_content, uint64_t *offset,
                   uint64_t *n_bytes)
{
    if (range->n_from_end > 0) {
        if (range->n_from_end > n_content)
            return false;
        *offset = n_content - range->n_from_end;
        *n_bytes = range->n_from_end;
        return true;
    }
    bool to_end = range->last == UINT64_MAX;
    if (range->first > n_content || (!to_end && range->last >= n_content))
        return false;
    *offset = range->first;
    *n_bytes = to_end ? n_content - range->first : range->last - range->first + 1;
    return true;
}
