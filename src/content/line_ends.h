/* SPDX-License-Identifier: Apache-2.0
 *
 * Removes the CRs of text whose lines end with CR LF: language models know lines that end with LF
 * far better, and the contexts of context models become a byte shorter. Lines that end with LF
 * alone are listed. In place, linear time, reversible for any bytes.
 */
#ifndef TACIT_CONTENT_LINE_ENDS_H
#define TACIT_CONTENT_LINE_ENDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/varint.h"
#include "tacit/status.h"

enum {
    LINE_ENDS_BARE_MAX = 256,
    LINE_ENDS_BYTES_MAX = (2 + LINE_ENDS_BARE_MAX) * VARINT_MAX,
};

struct line_ends {
    uint32_t n_removed;                /* CRs; 0: the text is unchanged */
    uint32_t n_bare;                   /* LFs that had none before them */
    uint32_t bare[LINE_ENDS_BARE_MAX]; /* indices among all LFs, rising */
};

/* Finds the CRs to remove from data[0 .. n); n_removed is 0 if that would save nothing. */
void line_ends_find(struct line_ends *ends, const uint8_t *data, size_t n);

/* Removes these CRs and returns the new length. */
size_t line_ends_apply(const struct line_ends *ends, uint8_t *data, size_t n);

/* Restores the n bytes, for which there is room. TACIT_ERR_CORRUPT, and no change, if n - n_removed
 * bytes of data do not fit the list. */
enum tacit_status line_ends_restore(const struct line_ends *ends, uint8_t *data, size_t n);

/* n_removed is not 0; out: LINE_ENDS_BYTES_MAX bytes. Returns the length. */
size_t line_ends_pack(uint8_t *out, const struct line_ends *ends);

/* content_size: before the removal. TACIT_ERR_CORRUPT. */
enum tacit_status line_ends_parse(struct varint_reader *r, uint32_t content_size,
                                  struct line_ends *ends);

#endif
