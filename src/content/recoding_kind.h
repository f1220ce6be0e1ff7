/* SPDX-License-Identifier: Apache-2.0
 *
 * How a stretch of content is written: the code of docs/format.md, section 5.7, and what belongs to it. The
 * values are stored in archives.
 */
#ifndef TACIT_CONTENT_RECODING_KIND_H
#define TACIT_CONTENT_RECODING_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum recoding_form {
    RECODING_UNICODE = 0x00,
    RECODING_BASE64 = 0x10,
    RECODING_HEX = 0x20,
    RECODING_FORM_MASK = 0xf0,
};

enum {
    UNICODE_BIG_ENDIAN = 1,
    UNICODE_WIDE = 2, /* UTF-32, else UTF-16 */
    UNICODE_MARK = 4, /* a byte order mark comes first */
    UNICODE_CRLF = 8, /* every LF has a CR before it */
    UNICODE_FLAGS = 15,
};

enum {
    DIGITS_LINES = 1,  /* line and separator mean something */
    BASE64_URL = 2,    /* - and _ in place of + and / */
    BASE64_PADDED = 4, /* = up to a multiple of four */
    BASE64_FLAGS = 7,
    HEX_UPPER = 2,
    HEX_FLAGS = 3,
};

enum {
    RECODING_LINE_MAX = 1 << 16,
    RECODING_SEPARATOR_MAX = 16,
};

struct recoding_kind {
    uint8_t code;                              /* form and flags */
    uint8_t n_separator;                       /* 1 .. RECODING_SEPARATOR_MAX */
    uint32_t line;                             /* characters in a line, 1 .. RECODING_LINE_MAX */
    uint8_t separator[RECODING_SEPARATOR_MAX]; /* between two lines */
};

/* A stretch that a finder found in data[0 .. n). */
struct recoding_found {
    size_t start, end; /* start == n: there is none */
    struct recoding_kind kind;
    size_t n_bytes; /* when recoded */
};

static inline unsigned recoding_form(const struct recoding_kind *kind)
{
    return kind->code & RECODING_FORM_MASK;
}

#endif
