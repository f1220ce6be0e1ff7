/* SPDX-License-Identifier: Apache-2.0
 *
 * The content types, and the geometry of a stretch of bytes. The values are stored in
 * archives, so they never change meaning.
 */
#ifndef TACIT_CONTENT_CONTENT_TYPE_H
#define TACIT_CONTENT_CONTENT_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "tacit/status.h"

enum content_type {
    CONTENT_DEFAULT = 0, /* anything else, and binary data without a known structure */
    CONTENT_TEXT = 1,    /* prose, source code: lines of words */
    CONTENT_MARKUP = 2,  /* XML, HTML */
    CONTENT_RECORDS = 3, /* rows of fixed length */
    CONTENT_X86 = 4,
    CONTENT_IMAGE8 = 5,     /* rows of one-byte pixels */
    CONTENT_IMAGE24 = 6,    /* rows of three-byte pixels */
    CONTENT_AUDIO16 = 7,    /* frames of 16-bit samples */
    CONTENT_TABLE = 8,      /* lines of fields: CSV, logs, SQL dumps */
    CONTENT_COMPRESSED = 9, /* looks random: nothing to gain */
    CONTENT_IMAGE32 = 10,   /* rows of four-byte pixels */
    CONTENT_IMAGE1 = 11,    /* rows of bits */
    /* Frames of samples. What is said neither to be big-endian nor unsigned is little-endian and signed. */
    CONTENT_AUDIO8U = 12, /* unsigned */
    CONTENT_AUDIO8 = 13,
    CONTENT_AUDIO16B = 14, /* big-endian, and so are all whose names end so */
    CONTENT_AUDIO24 = 15,
    CONTENT_AUDIO24B = 16,
    CONTENT_AUDIO32 = 17,
    CONTENT_AUDIO32B = 18,
    CONTENT_AUDIO_FLOAT = 19, /* IEEE binary32 */
    CONTENT_AUDIO_FLOATB = 20,
    /* Rows of pixels of 16-bit samples, unsigned unless the name says else. */
    CONTENT_IMAGE16 = 21,
    CONTENT_IMAGE16B = 22,
    CONTENT_IMAGE16_SIGNED = 23,
    CONTENT_IMAGE16_SIGNEDB = 24,
    CONTENT_IMAGE48 = 25, /* three samples a pixel */
    CONTENT_IMAGE48B = 26,
    CONTENT_IMAGE64 = 27, /* four */
    CONTENT_IMAGE64B = 28,
    CONTENT_DATABASE = 29, /* pages of SQLite */
    CONTENT_NUMBERS = 30,  /* text that is mostly numbers */
};

enum {
    CONTENT_N_TYPES = 31,
    CONTENT_STRIDE_MAX = 1 << 18,
    CONTENT_CHANNELS_MAX = 8, /* of sound */
    CONTENT_PAGE_MIN = 512,   /* of a database */
    CONTENT_PAGE_MAX = 1 << 16,
};

/* Types as bits, for sets. */
#define CONTENT_BIT(type) (UINT32_C(1) << (type))
#define CONTENT_ALL       ((UINT32_C(1) << CONTENT_N_TYPES) - 1)

#define CONTENT_WORDS                                                                              \
    (CONTENT_BIT(CONTENT_TEXT) | CONTENT_BIT(CONTENT_MARKUP) | CONTENT_BIT(CONTENT_TABLE))
#define CONTENT_AUDIO                                                                              \
    (CONTENT_BIT(CONTENT_AUDIO16) | CONTENT_BIT(CONTENT_AUDIO8U) | CONTENT_BIT(CONTENT_AUDIO8) |   \
     CONTENT_BIT(CONTENT_AUDIO16B) | CONTENT_BIT(CONTENT_AUDIO24) |                                \
     CONTENT_BIT(CONTENT_AUDIO24B) | CONTENT_BIT(CONTENT_AUDIO32) |                                \
     CONTENT_BIT(CONTENT_AUDIO32B) | CONTENT_BIT(CONTENT_AUDIO_FLOAT) |                            \
     CONTENT_BIT(CONTENT_AUDIO_FLOATB))
#define CONTENT_DEEP_IMAGE                                                                         \
    (CONTENT_BIT(CONTENT_IMAGE16) | CONTENT_BIT(CONTENT_IMAGE16B) |                                \
     CONTENT_BIT(CONTENT_IMAGE16_SIGNED) | CONTENT_BIT(CONTENT_IMAGE16_SIGNEDB) |                  \
     CONTENT_BIT(CONTENT_IMAGE48) | CONTENT_BIT(CONTENT_IMAGE48B) | CONTENT_BIT(CONTENT_IMAGE64) | \
     CONTENT_BIT(CONTENT_IMAGE64B))
#define CONTENT_HEADED /* known by a header, or by many bytes */                                   \
    (CONTENT_BIT(CONTENT_IMAGE8) | CONTENT_BIT(CONTENT_IMAGE24) | CONTENT_BIT(CONTENT_IMAGE32) |   \
     CONTENT_AUDIO | CONTENT_DEEP_IMAGE)
#define CONTENT_BINARY                                                                             \
    (CONTENT_BIT(CONTENT_DEFAULT) | CONTENT_BIT(CONTENT_RECORDS) | CONTENT_BIT(CONTENT_X86) |      \
     CONTENT_BIT(CONTENT_DATABASE))

struct content {
    enum content_type type;
    uint32_t stride; /* bytes from row to row: records, images, audio frames; 0 for other types */
    uint32_t offset; /* bytes before the first row, below stride */
};

/* Whether stride and offset mean anything for the type. */
static inline bool content_has_rows(enum content_type type)
{
    return (CONTENT_BIT(type) & (CONTENT_BIT(CONTENT_RECORDS) | CONTENT_BIT(CONTENT_IMAGE8) |
                                 CONTENT_BIT(CONTENT_IMAGE24) | CONTENT_BIT(CONTENT_IMAGE32) |
                                 CONTENT_BIT(CONTENT_IMAGE1) | CONTENT_BIT(CONTENT_DATABASE) |
                                 CONTENT_AUDIO | CONTENT_DEEP_IMAGE)) != 0;
}

/* A type in the first byte of a segment: bits 0-3, and bit 6 for 16. */
enum { CONTENT_STORED_MASK = 0x4f };

static inline uint8_t content_type_store(enum content_type type)
{
    return (uint8_t)(((unsigned)type & 0x0f) | ((unsigned)type & 0x10) << 2);
}

/* The result may be no type. */
static inline enum content_type content_type_stored(unsigned byte)
{
    return (enum content_type)((byte & 0x0f) | (byte & 0x40) >> 2);
}

/* How a type's samples are written. */
struct sample_format {
    uint8_t n_bytes;  /* 1 .. 4; 0: neither sound nor an image of 16 bits */
    uint8_t n_planes; /* of an image; 0: the type is sound */
    bool big_endian, is_unsigned, is_float;
};

struct sample_format content_samples(enum content_type type);

/* The content of the bytes n_bytes further on: rows continue. */
struct content content_behind(const struct content *content, uint32_t n_bytes);

/* Whether stride and offset, which may come from a file, are in range for the type. */
bool content_is_valid(const struct content *content);

/* TACIT_OK for valid content, which a file states; TACIT_ERR_VERSION: the type is a reserved number; TACIT_ERR_CORRUPT. */
enum tacit_status content_check(const struct content *content);

#endif
