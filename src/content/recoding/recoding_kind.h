/* SPDX-License-Identifier: Apache-2.0
 *
 * How a stretch of content is written: the code of docs/format.md, section 5.7, and what belongs to it. The
 * values are stored in archives.
 */
#ifndef TACIT_CONTENT_RECODING_RECODING_KIND_H
#define TACIT_CONTENT_RECODING_RECODING_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/varint.h"

enum recoding_form {
    RECODING_UNICODE = 0x00,
    RECODING_BASE64 = 0x10,
    RECODING_HEX = 0x20,
    RECODING_DUMP = 0x30,
    RECODING_WORDS = 0x40, /* a dump of words */
    RECODING_DICTIONARY = 0x50,
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
    DUMP_UPPER_OFFSETS = 1, /* letters of offsets */
    DUMP_UPPER_BYTES = 2,   /* of bytes */
    DUMP_SQUEEZED = 4, /* lines like the one before are left out, and a line "*" stands for them */
    DUMP_END = 8,      /* last comes a line with the offset alone */
    DUMP_FLAGS = 15,
};

enum {
    RECODING_LINE_MAX = 1 << 16,
    RECODING_SEPARATOR_MAX = 16,
    DUMP_LINE_BYTES_MAX = 64,
    RECODING_KIND_BYTES_MAX = 6 + 2 * VARINT_MAX + RECODING_SEPARATOR_MAX,
};

/* The lines of a dump, as docs/format.md has them. */
enum dump_base { DUMP_HEX, DUMP_OCTAL, DUMP_DECIMAL };
enum dump_text { DUMP_NO_TEXT, DUMP_BARE, DUMP_BARS, DUMP_ANGLES };

/* How a word is written, with zeros in front unless the name says else. */
enum word_digits {
    WORD_HEX,
    WORD_OCTAL,
    WORD_DECIMAL,
    WORD_BINARY,
    WORD_DECIMAL_BLANKS,
    WORD_SIGNED_BLANKS,
    N_WORD_DIGITS,
};

/* The words of a dump of words. */
struct dump_words {
    uint8_t bytes_log2; /* of a word, 0 .. 3; a line is a number of words */
    enum word_digits digits;
    bool big_endian;
    bool cut;    /* a last word of fewer bytes has fewer digits, else bytes of 0 */
    bool filled; /* a line without characters ends with blanks where it has fewer words */
    uint8_t gap; /* blanks between words, 1 .. 4 */
};

struct dump_layout {
    uint64_t start;   /* offset of the first byte */
    uint8_t n_digits; /* of an offset, at least: 1 .. 16 */
    enum dump_base base;
    bool colon;              /* behind the offset */
    uint8_t n_behind;        /* blanks behind that, 1 .. 8 */
    uint8_t group_log2;      /* bytes without a blank between them, 0 .. 3 */
    bool middle;             /* one more blank in the middle of a line */
    uint8_t n_before;        /* blanks before the characters, 1 .. 8 */
    enum dump_text text;     /* the bytes as characters, and what is around them */
    struct dump_words words; /* in place of group_log2 and middle */
};

/* Where two kinds have other fields, those of the other are 0. */
struct recoding_kind {
    uint8_t code;        /* form and flags */
    uint8_t n_separator; /* 1 .. RECODING_SEPARATOR_MAX, and for a dump 0 */
    uint32_t
        line; /* characters in a line, 1 .. RECODING_LINE_MAX; of a dump, bytes, 1 .. DUMP_LINE_BYTES_MAX */
    uint8_t separator[RECODING_SEPARATOR_MAX]; /* between two lines; before each line of a dump */
    struct dump_layout dump;
};

/* A stretch that a finder found in data[0 .. n). */
struct recoding_found {
    size_t start, end; /* start == n: there is none */
    struct recoding_kind kind;
    size_t n_bytes; /* when recoded */
};

/* out: RECODING_KIND_BYTES_MAX bytes. Returns the length. */
size_t recoding_kind_put(uint8_t *out, const struct recoding_kind *kind);

/* TACIT_ERR_VERSION for what is reserved, TACIT_ERR_CORRUPT. */
enum tacit_status recoding_kind_read(struct varint_reader *r, struct recoding_kind *kind);

static inline unsigned recoding_form(const struct recoding_kind *kind)
{
    return kind->code & RECODING_FORM_MASK;
}

/* Of bytes or of words. */
static inline bool recoding_is_dump(const struct recoding_kind *kind)
{
    unsigned form = recoding_form(kind);
    return form == RECODING_DUMP || form == RECODING_WORDS;
}

#endif
