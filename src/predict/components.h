/* SPDX-License-Identifier: Apache-2.0
 *
 * The components that there are; see inputs.h for how to add one.
 */
#ifndef TACIT_PREDICT_COMPONENTS_H
#define TACIT_PREDICT_COMPONENTS_H

#include "predict/inputs.h"

extern const struct component_ops audio_model_ops;      /* samples of sound */
extern const struct component_ops bitmap_model_ops;     /* pixels of one bit */
extern const struct component_ops count_model_ops;      /* probabilities of the lowest orders */
extern const struct component_ops database_model_ops;   /* pages of SQLite */
extern const struct component_ops deep_image_model_ops; /* pixels of 16-bit samples */
extern const struct component_ops image_model_ops;      /* pixels of 8, 24 or 32 bits */
extern const struct component_ops match_model_ops;      /* the bytes that followed the same bytes
                                                        before */
extern const struct component_ops numbers_model_ops;    /* numbers in text */
extern const struct component_ops order_model_ops;      /* the last n bytes */
extern const struct component_ops pattern_model_ops;    /* sparse and indirect contexts */
extern const struct component_ops text_model_ops;       /* words, lines, fields, brackets */
extern const struct component_ops record_model_ops;     /* rows of fixed length */
extern const struct component_ops table_model_ops;      /* fields of the line above, in step */
extern const struct component_ops x86_model_ops;        /* instructions */
extern const struct component_ops hint_model_ops;       /* a language model's prediction */

/* Call before a byte that is neither predicted nor learnt: the match model notes its place. shared:
 * that component's. */
void match_model_skim(void *shared, const struct history *history);

/* The longest match, behind a byte that the match model has not taken in yet. */
struct match_view {
    unsigned expected; /* 256 + the byte that comes next; 0: there is no match, and all else is 0 */
    unsigned length_kind; /* below MATCH_LENGTH_KINDS */
    unsigned miss_kind;   /* below MATCH_MISS_KINDS */
    uint32_t last;        /* where the byte lies that equals the last one, or should */
};

enum { MATCH_LENGTH_KINDS = 16, MATCH_MISS_KINDS = 8 };

struct match_view match_model_view(const void *shared, const void *stream,
                                   const struct history *history);

/* Call before predict of the language model's component, unless the hint is absent: finds the entries that it reads, and
 * asks for their cache lines. shared, stream: that component's. */
void hint_model_ask(void *shared, void *stream, const struct history *history);

#endif
