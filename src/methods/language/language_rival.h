/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides, while an encoder codes with the language model, whether that is worth its time. The
 * language model is many times slower than the context models, so it must take fewer bytes by
 * `least_gain`. The two are compared on samples, the first at once, in a long block two more later;
 * or, if a sample was not clear, the language model is compared with the context models' payload of
 * the whole block. A sample tells two things: what the language model knows before it starts, a number of bytes that counts
 * in short blocks, and what it gains from then on, a share of which remains to the end.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_RIVAL_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_RIVAL_H

#include "methods/context/context_sample.h"
#include "methods/language/language_coder.h"

enum language_verdict {
    LANGUAGE_GOES_ON,
    LANGUAGE_GIVEN_UP, /* too little gain for its time, or the payload is too short */
    LANGUAGE_UNSURE,   /* only the whole block, coded by the context models, can decide */
};

enum { LANGUAGE_RIVAL_STEPS = 32 }; /* how often the model is compared with the whole */

/* Zero all but least_gain and, to compare with the whole block, marks and n_whole. */
struct language_rival {
    unsigned least_gain;               /* thousandths of the context models' bytes */
    const struct context_marks *marks; /* of the whole block; NULL: samples */
    uint64_t n_whole;                  /* bytes of the whole payload */
    bool patient;                      /* marks: the block begins unlike the rest of it */
    bool promising;                    /* marks: a sample was (language_rival_promises) */

    struct context_sample sample; /* the present sample */
    unsigned n_samples;           /* samples begun */
    int gains;                    /* sum over the samples that are done, in thousandths */
    int head_start;            /* what the model gains at once, in thousandths of the whole block */
    bool under_way, half_done; /* the present sample */
    uint64_t start;            /* of the present sample: bytes done by then */
    uint64_t half_at, half_model; /* bytes done at its half, and the model's bytes for them */

    unsigned n_steps;                              /* marks: comparisons so far */
    uint64_t model_at[LANGUAGE_RIVAL_STEPS + 1];   /* bytes that the model took by then, */
    uint64_t context_at[LANGUAGE_RIVAL_STEPS + 1]; /* and the context models */
};

/* Whether the model gained more in the samples than it must in the whole block, by what samples show. */
bool language_rival_promises(const struct language_rival *rival);

/* Call after a round: n_done bytes of n_all are coded. */
enum tacit_status language_rival_compare(struct language_rival *rival,
                                         const struct language_coder *coder, uint64_t n_done,
                                         uint64_t n_all, enum language_verdict *verdict);

#endif
