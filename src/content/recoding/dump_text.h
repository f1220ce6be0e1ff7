/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as a dump for people, as xxd, hexdump, od and tcpdump -X write them: lines of an offset, hexadecimal
 * digits in groups or words as numbers, and often the characters; and where such dumps lie. How they are written: docs/format.md, section 5.7.
 */
#ifndef TACIT_CONTENT_RECODING_DUMP_TEXT_H
#define TACIT_CONTENT_RECODING_DUMP_TEXT_H

#include "content/recoding/recoding_kind.h"

enum { DUMP_LINE_MAX = 1024 }; /* characters, with the end of line */

struct dump_line {
    uint64_t offset;
    size_t n_characters; /* with the end of line */
    size_t n_bytes; /* 0: the offset stands alone; of words without characters, always whole ones */
    uint8_t bytes[DUMP_LINE_BYTES_MAX];
};

/* Reads the line at data[0 .. n). false: it is not exactly what dump_line_write writes. */
bool dump_line_read(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                    struct dump_line *line);

/* Writes to out[0 .. DUMP_LINE_MAX), n_bytes up to the kind's. Returns the number of characters. */
size_t dump_line_write(const struct recoding_kind *kind, const struct dump_line *line,
                       uint8_t *out);

/* Whether the line "*" stands at data[0 .. n). */
bool dump_is_star(const uint8_t *data, size_t n);

/* data[0 .. n): all that dump_text_write writes for some bytes, of which the first n_bytes are written to out. */
void dump_text_read(const struct recoding_kind *kind, const uint8_t *data, size_t n, uint8_t *out,
                    size_t n_bytes);

/* The inverse. Returns the number of characters written to out[0 .. room); SIZE_MAX if they exceed the room. */
size_t dump_text_write(const struct recoding_kind *kind, const uint8_t *data, size_t n,
                       uint8_t *out, size_t room);

/* The first dump of at least two lines at or behind from, which is never shorter than its bytes. 0.1 to 0.5 ns a byte of text
 * without dumps. */
void dump_text_find(const uint8_t *data, size_t n, size_t from, struct recoding_found *found);

#endif
