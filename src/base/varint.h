/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of up to 32 bits in one to five bytes: seven bits a byte, low ones first, the top bit
 * says that another follows. Only the shortest form is valid.
 */
#ifndef TACIT_BASE_VARINT_H
#define TACIT_BASE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

enum { VARINT_MAX = 5 };

/* Reads from data[0 .. n). Past the end, bytes are 0 and pos still advances: pos > n afterwards
 * means that bytes were missing, and pos is the least number needed. */
struct varint_reader {
    const uint8_t *data;
    size_t n;
    size_t pos;
};

static inline uint8_t varint_read_byte(struct varint_reader *r)
{
    uint8_t byte = r->pos < r->n ? r->data[r->pos] : 0;
    r->pos++;
    return byte;
}

static inline enum tacit_status varint_read(struct varint_reader *r, uint32_t *value)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 7 * VARINT_MAX; shift += 7) {
        bool missing = r->pos >= r->n;
        uint8_t byte = varint_read_byte(r);
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if ((!missing && byte == 0 && shift > 0) || v > UINT32_MAX)
                return TACIT_ERR_CORRUPT;
            *value = (uint32_t)v;
            return TACIT_OK;
        }
    }
    return TACIT_ERR_CORRUPT;
}

/* out: VARINT_MAX bytes. Returns the length. */
static inline size_t varint_put(uint8_t *out, uint32_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value;
    return n;
}

#endif
