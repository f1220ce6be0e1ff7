/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/json_text.h"

#include <math.h>
#include <stdbool.h>

/* Bytes of the UTF-8 character with which text[0 .. n) starts, 0 if there is none. RFC 3629: no
 * surrogates, no longer form than needed, nothing above U+10FFFF. */
static size_t utf8_length(const unsigned char *text, size_t n)
{
    static const struct {
        unsigned char first, last, second_min, second_max, length;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t i = 0;
    while (i < sizeof forms / sizeof forms[0] &&
           (text[0] < forms[i].first || text[0] > forms[i].last))
        i++;
    if (i == sizeof forms / sizeof forms[0] || forms[i].length > n)
        return 0;
    if (forms[i].length > 1 && (text[1] < forms[i].second_min || text[1] > forms[i].second_max))
        return 0;
    for (size_t k = 2; k < forms[i].length; k++) {
        if ((text[k] & 0xc0) != 0x80)
            return 0;
    }
    return forms[i].length;
}

static void print_string(FILE *out, const char *string, size_t n, bool for_html)
{
    const unsigned char *text = (const unsigned char *)string;
    putc('"', out);
    while (n > 0) {
        size_t length = utf8_length(text, n);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (*text < 0x20 || *text == 0x7f || (for_html && *text == '<'))
            fprintf(out, "\\u%04x", *text);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            fwrite(text, 1, length, out);
        length += length == 0;
        text += length;
        n -= length;
    }
    putc('"', out);
}

void json_print_string(FILE *out, const char *text, size_t n)
{
    print_string(out, text, n, false);
}

void json_print_html_string(FILE *out, const char *text, size_t n)
{
    print_string(out, text, n, true);
}

void json_print_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "%.9g", value);
    else
        fputs("null", out);
}
