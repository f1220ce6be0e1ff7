/* SPDX-License-Identifier: Apache-2.0
 *
 * Stretches of content that are text in UTF-16 or UTF-32, or bytes as digits of base64, hexadecimal digits or a dump, are
 * replaced by UTF-8 and by the bytes, which are easier to predict. Linear time, reversible for any bytes.
 */
#ifndef TACIT_CONTENT_RECODING_RECODING_H
#define TACIT_CONTENT_RECODING_RECODING_H

#include "base/byte_buffer.h"
#include "base/varint.h"
#include "content/recoding/recoding_kind.h"
#include "tacit/status.h"

enum {
    RECODING_STRETCHES_MAX = 1024,
    RECODING_BYTES_MAX =
        VARINT_MAX * 2 + RECODING_STRETCHES_MAX * (2 * VARINT_MAX + RECODING_KIND_BYTES_MAX),
};

struct recoded_stretch {
    uint32_t n_before;  /* bytes behind the stretch before, which stay */
    uint32_t n_bytes;   /* recoded, at least 1 */
    uint32_t n_written; /* as the content has them; encoder only */
    struct recoding_kind kind;
};

struct recoding {
    uint32_t n_stretches; /* 0: the content is unchanged */
    uint32_t n_behind;    /* bytes behind the last stretch */
    uint32_t n_bytes;     /* of all together, recoded */
    struct recoded_stretch stretches[RECODING_STRETCHES_MAX];
};

/* Whether words are codes of a dictionary in a stretch. */
bool recoding_has_codes(const struct recoding *recoding);

/* Finds the stretches of data[0 .. n), n at most 2^30. If all together would be more than n_max bytes, there are
 * none. */
void recoding_find(struct recoding *recoding, const uint8_t *data, size_t n, size_t n_max);

/* Replaces them in *data, in which they were found. n_stretches is not 0. TACIT_ERR_MEMORY: *data is
 * unchanged. */
enum tacit_status recoding_apply(const struct recoding *recoding, struct byte_buffer *data);

/* Restores *data, recoded, to its n bytes, with room for cap bytes, n <= cap. n_stretches is not 0.
 * TACIT_ERR_CORRUPT, TACIT_ERR_MEMORY: *data is unchanged. */
enum tacit_status recoding_restore(const struct recoding *recoding, struct byte_buffer *data,
                                   size_t n, size_t cap);

/* n_stretches is not 0; out: RECODING_BYTES_MAX bytes. Returns the length. */
size_t recoding_pack(uint8_t *out, const struct recoding *recoding);

/* n: bytes of content. TACIT_ERR_CORRUPT, TACIT_ERR_VERSION. */
enum tacit_status recoding_parse(struct varint_reader *r, uint32_t n, struct recoding *recoding);

#endif
