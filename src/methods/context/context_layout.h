/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning of a payload of method context, in front of the coded bits: the models'
 * configuration and the list of segments (docs/format.md). Packing and parsing only.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_LAYOUT_H
#define TACIT_METHODS_CONTEXT_CONTEXT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/content.h"
#include "content/line_ends.h"
#include "content/recoding/recoding.h"
#include "content/tar_restate.h"
#include "methods/reference/reference_models.h"
#include "predict/context_mixer.h"
#include "tacit/status.h"

enum {
    CONTEXT_SEGMENTS_MAX = 4096,
    CONTEXT_SEGMENT_BYTES_MAX = 1 + 3 * 5, /* type, two numbers, length */
    CONTEXT_LAYOUT_BYTES_MAX = 3 + TAR_RESTATE_BYTES_MAX + LINE_ENDS_BYTES_MAX +
                               RECODING_BYTES_MAX + 5 +
                               CONTEXT_SEGMENTS_MAX * CONTEXT_SEGMENT_BYTES_MAX,
};

struct context_segment {
    struct content content;
    uint32_t n_bytes;
    bool raw;          /* its bytes stand in front of the coded bits */
    uint32_t distance; /* not 0: a copy of the bytes at this distance before */
};

/* Whether the models code it. */
static inline bool context_layout_is_coded(const struct context_segment *segment)
{
    return !segment->raw && segment->distance == 0;
}

/* Whether a block whose coded bits hold copies may have the type: samples are transformed. */
static inline bool context_layout_type_recalls(enum content_type type)
{
    return (CONTENT_BIT(type) & (CONTENT_AUDIO | CONTENT_DEEP_IMAGE)) == 0;
}

struct context_layout {
    struct context_config config; /* content_set 0: no segment is coded, there are no models */
    /* the reference stands before the content: models read it, copies take of it */
    bool referenced;
    struct reference_reading reading;
    bool
        recalls; /* copies lie in the coded bits (recall.h); no segment is a copy, raw or transformed */
    struct tar_restate restate;
    struct line_ends line_ends;
    struct recoding recoding; /* of the content without the CRs that line_ends removes */
    uint32_t n_segments;
    struct context_segment segments[CONTEXT_SEGMENTS_MAX];
};

/* Completes config from the segments and, if it is read, the reference. */
void context_layout_set_contents(struct context_layout *layout,
                                 const struct tacit_reference *reference, uint32_t content_size);

/* Completes config from whether the models' start is trained, and from the recoding. */
void context_layout_set_start(struct context_layout *layout, bool trained);

/* out: CONTEXT_LAYOUT_BYTES_MAX bytes. Returns the length. */
size_t context_layout_pack(uint8_t *out, const struct context_layout *layout);

/* data[0 .. n): a payload; content_size: the block's. reference: of the archive, or NULL. *n_layout: its
 * length. TACIT_ERR_VERSION for what is reserved; TACIT_ERR_CORRUPT; TACIT_ERR_REFERENCE_MISSING: the payload needs a reference and there
 * is none. */
enum tacit_status context_layout_parse(const uint8_t *data, size_t n, uint32_t content_size,
                                       const struct tacit_reference *reference,
                                       struct context_layout *layout, size_t *n_layout);

/* Whether the payload needs the reference. */
bool context_layout_is_referenced(const uint8_t *data, size_t n);

/* The bytes of all segments, or of content with its CRs, if it is not recoded. */
static inline uint32_t context_layout_room(const struct context_layout *layout,
                                           uint32_t content_size)
{
    return layout->recoding.n_stretches > 0 ? layout->recoding.n_bytes : content_size;
}

/* Bytes of raw segments. */
uint64_t context_layout_n_raw(const struct context_layout *layout);

#endif
