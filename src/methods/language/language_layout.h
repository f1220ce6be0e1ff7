/* SPDX-License-Identifier: Apache-2.0
 *
 * The beginning of a payload of method model, in front of the coded bits: tables, context and
 * streams (docs/format.md). Packing and parsing only.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_LAYOUT_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/arrangement.h"
#include "content/content.h"
#include "content/line_ends.h"
#include "content/recoding/recoding.h"
#include "content/tar_restate.h"
#include "engine/kv/kv_heads.h"
#include "engine/kv_kinds.h"
#include "methods/reference/reference_models.h"
#include "predict/context_mixer.h"
#include "tacit/options.h"

enum {
    LANGUAGE_LAYOUT_MAX = 5 + TAR_RESTATE_BYTES_MAX + VARINT_MAX + KV_HEADS_MAX / 2 +
                          LINE_ENDS_BYTES_MAX + RECODING_BYTES_MAX + ARRANGEMENT_BYTES_MAX +
                          (TACIT_STREAMS_MAX + 3) * VARINT_MAX,
};

/* The usual layout of a block that reads a reference, which takes one byte. */
enum {
    LANGUAGE_USUAL_PART = 5,       /* the context models learn 1 MiB of the reference */
    LANGUAGE_USUAL_MODEL_PART = 4, /* and the model reads 8 KiB, nearly its default context */
    LANGUAGE_USUAL_MEMORY_LOG2 = CONTEXT_MEMORY_LOG2_MIN + 2, /* .. that + 3 */
};

struct language_layout {
    enum content_type type; /* a type without rows, of all spoken segments */
    bool unmixed;           /* whole tokens by the model alone */
    bool primed;            /* one stream, mixed, begins with the primer (language_primer.h) */
    bool referenced;        /* mixed; begins with the reference (language_primer.h): */
    struct reference_reading reading; /* how the context models read it; its type is content's */
    /* below REFERENCE_MODEL_PARTS: the language model reads 2^(9 + it) bytes of what they learn */
    unsigned model_part;
    bool
        versed; /* usual; the context models learn all of that as tokens, and mix it by themselves too */
    bool recalls; /* referenced, one stream; the coded bits hold copies (language_recall.h): */
    struct tar_restate restate; /* of the content, before */
    unsigned memory_log2;       /* of the context models; means nothing if unmixed */
    struct line_ends line_ends;
    struct recoding recoding;       /* of the content without the CRs that line_ends removes */
    uint32_t n_recoded;             /* bytes that it leaves */
    struct arrangement arrangement; /* of these */
    uint32_t n_spoken;              /* bytes of all streams together ... */
    uint32_t n_arranged;            /* ... and with the silent ones behind them */
    uint32_t first_token;           /* token that the model reads before a stream */
    uint32_t n_context;             /* tokens that the model looks back on in each stream */
    enum kv_kind kv_kind;           /* how it keeps their keys and values */
    uint32_t kv_keep;               /* of how many hundredths of them; 0: all, or by head: */
    struct kv_heads kv_heads;
    uint32_t n_streams;
    uint32_t n_bytes[TACIT_STREAMS_MAX]; /* each at least 1 */
};

/* The bytes of all content that the models see, or of content with its CRs, if it is not recoded. */
static inline uint32_t language_layout_span(const struct language_layout *layout,
                                            uint32_t content_size)
{
    return layout->recoding.n_stretches > 0 ? layout->n_recoded : content_size;
}

/* Whether the layout is the usual one of a block that reads a reference: only such a one can be versed. */
bool language_layout_is_usual(const struct language_layout *layout);

/* out: LANGUAGE_LAYOUT_MAX bytes. Returns the length. */
size_t language_layout_pack(uint8_t *out, const struct language_layout *layout);

/* data[0 .. n): a payload; content_size: the block's; reference: of the archive, or NULL. *n_layout: its length.
 * TACIT_ERR_CORRUPT, TACIT_ERR_REFERENCE_MISSING, TACIT_ERR_VERSION for what this version reserves. */
enum tacit_status language_layout_parse(const uint8_t *data, size_t n, uint32_t content_size,
                                        const struct tacit_reference *reference,
                                        struct language_layout *layout, size_t *n_layout);

/* Whether the payload needs the reference. */
bool language_layout_is_referenced(const uint8_t *data, size_t n);

/* Whether decoding such bytes cuts text into tokens: a primer's, or the reference's. */
bool language_layout_cuts_text(const uint8_t *data, size_t n);

#endif
