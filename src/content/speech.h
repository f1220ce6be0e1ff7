/* SPDX-License-Identifier: Apache-2.0
 *
 * Content as spoken segments, which a language model reads and predicts, and silent ones: binary
 * data, base64, runs of NUL. In the arranged content the spoken segments come first, so that a
 * model reads on across the cuts. The silent segments follow, those of one kind side by side.
 */
#ifndef TACIT_CONTENT_SPEECH_H
#define TACIT_CONTENT_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/varint.h"
#include "content/content.h"
#include "tacit/status.h"

enum {
    SPEECH_SEGMENTS_MAX = 1024,
    SPEECH_BYTES_MAX = VARINT_MAX + SPEECH_SEGMENTS_MAX * (1 + 3 * VARINT_MAX),
};

struct speech_segment {
    bool silent;
    struct content content; /* of silent ones */
    uint32_t n_bytes;       /* at least 1 */
};

struct speech {
    uint32_t n_segments; /* 0: none is silent */
    struct speech_segment segments[SPEECH_SEGMENTS_MAX];
};

/* Bytes of the spoken segments. n_segments is not 0. */
uint32_t speech_n_spoken(const struct speech *speech);

/* The types of silent segments, as bits. */
uint32_t speech_silent_set(const struct speech *speech);

/* Writes the numbers of the silent segments, in the arranged order, to order; returns how many
 * there are. */
uint32_t speech_silent_order(const struct speech *speech, uint16_t order[SPEECH_SEGMENTS_MAX]);

/* Arranges content, and restores it; both have as many bytes as all segments together. */
void speech_apply(const struct speech *speech, const uint8_t *content, uint8_t *arranged);
void speech_restore(const struct speech *speech, const uint8_t *arranged, uint8_t *content);

/* n_segments is not 0; out: SPEECH_BYTES_MAX bytes. Returns the length. */
size_t speech_pack(uint8_t *out, const struct speech *speech);

/* n: bytes of all segments. TACIT_ERR_VERSION for what is reserved; TACIT_ERR_CORRUPT, also if none is silent or all are. */
enum tacit_status speech_parse(struct varint_reader *r, uint32_t n, struct speech *speech);

#endif
