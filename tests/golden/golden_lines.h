/* SPDX-License-Identifier: Apache-2.0
 *
 * What dumps of bytes (golden_dumps.h) and of words (golden_words.h) have in common: lines, of which those like the one before may
 * be left out, and the characters at their ends.
 */
#ifndef TACIT_TESTS_GOLDEN_LINES_H
#define TACIT_TESTS_GOLDEN_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* bytes: all of a line, or fewer in the last one. Returns the length. */
typedef size_t golden_line_fn(char *to, const void *layout, const uint8_t *bytes, size_t n,
                              uint32_t offset);

struct golden_lines {
    golden_line_fn *write;
    const void *layout;
    unsigned n_bytes; /* of a line */
    bool squeezed;    /* one line of * alone stands for lines like the one before */
};

/* The characters, unless before is NULL, and the end of the line. Returns the length. */
static inline size_t golden_line_end(char *to, const char *before, const char *behind,
                                     const uint8_t *bytes, size_t n)
{
    int length = 0;
    if (before) {
        length += sprintf(to, "%s", before);
        for (size_t i = 0; i < n; i++)
            to[length++] = bytes[i] < 32 || bytes[i] > 126 ? '.' : (char)bytes[i];
        length += sprintf(to + length, "%s", behind);
    }
    return (size_t)(length + sprintf(to + length, "\n"));
}

/* All lines of data[0 .. n), whose offsets begin at start. Returns the length. */
static inline size_t golden_lines_write(char *to, const struct golden_lines *lines,
                                        const uint8_t *data, size_t n, uint32_t start)
{
    size_t length = 0, line = lines->n_bytes;
    bool hidden = false;
    for (size_t i = 0; i < n; i += line) {
        size_t n_bytes = n - i < line ? n - i : line;
        bool again = lines->squeezed && i > 0 && n_bytes == line &&
                     memcmp(data + i, data + i - line, line) == 0;
        if (!again)
            length +=
                lines->write(to + length, lines->layout, data + i, n_bytes, start + (uint32_t)i);
        else if (!hidden)
            length += (size_t)sprintf(to + length, "*\n");
        hidden = again;
    }
    return length;
}

#endif
