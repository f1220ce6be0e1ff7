/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoder or decoder of a language block: both walk the same streams. language_block.c makes it,
 * language_primer.c has it read a text first, language_rounds.c codes all items.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_CODER_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_CODER_H

#include "engine/lm.h"
#include "methods/block_job.h"
#include "methods/guess/language_draft.h"
#include "methods/guess/language_guess.h"
#include "methods/language/language_layout.h"
#include "methods/language/language_readers.h"
#include "methods/language/token_coder.h"
#include "methods/recall/recall.h"
#include "methods/reference/reference_language.h"
#include "token/tokenizer.h"

enum {
    LANGUAGE_PRIMER_ROWS = 32, /* rows of logits for the primer's items */
};

/* The state of one stream. */
struct language_stream {
    uint32_t at, end;            /* in the block's content: the next byte, and the stream's end */
    uint32_t before;             /* the token just coded, LM_NO_TOKEN if that was a bare byte */
    const float *logits;         /* logits for the next item */
    const float *next;           /* logits of this round, after `before` */
    float *kept;                 /* room for a row that outlives its round */
    struct language_guess guess; /* decoder */
    /* Encoder: */
    const uint32_t *items, *stop; /* the items that are left */
    const uint32_t *planned;      /* of these, the first that no unit has yet (for the readers) */
    uint32_t planned_before;      /* the token before that item, as `before` (for the readers) */
};

struct language_coder {
    struct block_job *job;
    const struct tacit_model *model;
    const struct tokenizer *tokenizer;
    struct language_layout layout;
    struct token_coder token;
    struct lm_state *lm;
    bool by_place;      /* logits come in the order of places: the content is long enough to pay */
    struct tensor head; /* the model's, its rows in that order */
    struct reference_language *reference; /* owner of the models; NULL: the coder owns them */
    struct language_readers readers;
    struct recall recall;            /* if layout.recalls */
    uint32_t n_copied;               /* encoder: bytes that it copies */
    uint32_t n_before;               /* bytes of the reference, which stands before the content */
    bool guessing;                   /* decoder: guessing is allowed, and there is memory for it */
    struct language_guesser guesser; /* decoder */
    struct language_draft draft;     /* decoder */
    uint32_t *items;                 /* encoder: of the whole block */
    size_t n_items, n_bare;          /* of those done, n_bare are bare bytes */
    size_t n_decoded;                /* decoder: items */
    /* [LANGUAGE_PRIMER_ROWS][readers.stride]; NULL if nothing is read before */
    float *primer_logits;
    void *memory;
    struct language_stream streams[TACIT_STREAMS_MAX];
};

/* Zeroed but for job, model, tokenizer and what the plan says. TACIT_ERR_MODEL_MISSING if the job has
 * no model. On failure *coder is NULL. */
enum tacit_status language_coder_create(struct language_coder **coder, struct block_job *job,
                                        bool encoding);

/* Needs the layout and, in an encoder, the items. Makes models and buffers and begins the streams.
 * TACIT_ERR_REFERENCE_MISSING if the layout reads one and the job has none. */
enum tacit_status language_coder_prepare(struct language_coder *coder);

void language_coder_destroy(struct language_coder *coder);

/* Memory of a coder beside content and payload, without the model's weights. n_items: of an
 * encoder, 0 of a decoder. */
enum tacit_status language_coder_memory(const struct codec_plan *plan,
                                        const struct tacit_model *model,
                                        const struct language_layout *layout, uint32_t content_size,
                                        size_t n_items, uint64_t *n_bytes);

/* The token that an item is; LM_NO_TOKEN if it is a bare byte, which the model does not see. */
uint32_t language_coder_token_of(const struct language_coder *coder, uint32_t item);

/* Has the model read the item before each of n items of the first stream, LANGUAGE_PRIMER_ROWS at most, of which a
 * decoder needs not know the last. Needs primer_logits. */
enum tacit_status language_coder_feed(struct language_coder *coder, const uint32_t *items,
                                      size_t n);

/* Takes the stream's logits for its next item from what was read. */
void language_coder_take_logits(const struct language_coder *coder, struct language_stream *stream);

/* Codes one item of a stream (a decoder may pass any). TACIT_ERR_CORRUPT. */
enum tacit_status language_coder_step(struct language_coder *coder, uint32_t stream, uint32_t item);

/* Call at the end of a round: copies the logits that the stream needs again because its last item
 * was a bare byte. */
void language_coder_keep_logits(const struct language_coder *coder, struct language_stream *stream);

#endif
