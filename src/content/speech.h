/* SPDX-License-Identifier: Apache-2.0
 *
 * Content as segments in which a language model speaks, and silent ones: of binary data, base64,
 * runs of NUL. Arranged, those in which it speaks come first, one behind the other, so that a model
 * reads on across what was cut out. The silent ones follow, those of one kind side by side.
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

/* Bytes of the segments that are not silent. n_segments is not 0. */
uint32_t speech_n_spoken(const struct speech *speech);

/* The types of silent segments, as bits. */
uint32_t speech_silent_set(const struct speech *speech);

/* Gives the silent segments as they are arranged: order[0 .. returned) are their numbers. */
uint32_t speech_silent_order(const struct speech *speech, uint16_t order[SPEECH_SEGMENTS_MAX]);

/* From content to arranged, and back; both have as many bytes as all segments together. */
void speech_apply(const struct speech *speech, const uint8_t *content, uint8_t *arranged);
void speech_restore(const struct speech *speech, const uint8_t *arranged, uint8_t *content);

/* n_segments is not 0; out: SPEECH_BYTES_MAX bytes. Returns the length. */
size_t speech_pack(uint8_t *out, const struct speech *speech);

/* n: bytes of all segments. TACIT_ERR_CORRUPT, also if none is silent or all are. */
enum tacit_status speech_parse(struct varint_reader *r, uint32_t n, struct speech *speech);

#endif
