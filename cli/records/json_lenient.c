/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/json_lenient.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { ESCAPE = 6 }; /* bytes of "\\uXXXX" */

/* The code unit of the escape at text[0 .. n); -1: there is no such escape. */
static long escaped_unit(const char *text, size_t n)
{
    char digits[5] = {0}, *end;
    if (n < ESCAPE || text[0] != '\\' || text[1] != 'u')
        return -1;
    memcpy(digits, text + 2, 4);
    long unit = strtol(digits, &end, 16);
    return end == digits + 4 ? unit : -1;
}

static bool is_first_half(long unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_second_half(long unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* text[0 .. n) begins behind a quotation mark. Returns the bytes of the string, the mark at its end included. */
static size_t repair_string(char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] != '"') {
        long unit = escaped_unit(text + i, n - i);
        bool is_pair = is_first_half(unit) && n - i > ESCAPE &&
                       is_second_half(escaped_unit(text + i + ESCAPE, n - i - ESCAPE));
        if (!is_pair && (is_first_half(unit) || is_second_half(unit)))
            memcpy(text + i, "\\ufffd", ESCAPE);
        if (is_pair)
            i += 2 * (size_t)ESCAPE;
        else if (unit >= 0)
            i += ESCAPE;
        else
            i += text[i] == '\\' && n - i > 1 ? 2 : 1;
    }
    return i < n ? i + 1 : n;
}

/* Replaces a word by a shorter value and blanks. */
static void replace(char *word, size_t n, const char *value)
{
    memset(word, ' ', n);
    memcpy(word, value, strlen(value));
}

static bool is_beyond_range(const char *word, size_t n)
{
    double value;
    char *copy = strndup(word, n), *end = NULL;
    if (!copy)
        return false;
    value = strtod(copy, &end);
    bool is_number = end == copy + n && strspn(copy, "+-.0123456789eE") == n;
    free(copy);
    return is_number && (value > DBL_MAX || value < -DBL_MAX);
}

static void repair_word(char *word, size_t n)
{
    bool is_negative = n > 0 && word[0] == '-';
    const char *name = word + is_negative;
    size_t n_name = n - is_negative;
    if ((n_name == 3 && memcmp(name, "NaN", 3) == 0) ||
        (n_name == 8 && memcmp(name, "Infinity", 8) == 0))
        replace(word, n, "[]");
    else if (n >= sizeof "-9e99" - 1 && is_beyond_range(word, n))
        replace(word, n, is_negative ? "-9e99" : "9e99");
}

void json_make_strict(char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (text[i] == '"') {
            i += 1 + repair_string(text + i + 1, n - i - 1);
            continue;
        }
        size_t n_word = 0;
        while (i + n_word < n && strchr("\"{}[]:, \t\r\n", text[i + n_word]) == NULL)
            n_word++;
        repair_word(text + i, n_word);
        i += n_word > 0 ? n_word : 1;
    }
}

bool json_is_blank(const char *line, size_t n)
{
    size_t i = 0;
    while (i < n && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
        i++;
    return i == n;
}

#ifdef TACIT_HAVE_JANSSON

json_t *json_load_lenient(const char *text, size_t n, size_t flags, json_error_t *error)
{
    json_t *root = json_loadb(text, n, flags, error);
    if (root)
        return root;
    char *copy = malloc(n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, n);
    json_make_strict(copy, n);
    root = json_loadb(copy, n, flags | JSON_DECODE_INT_AS_REAL, error);
    free(copy);
    return root;
}

#endif
