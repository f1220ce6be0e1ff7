/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan: a level, limits and the other options, resolved once into all that the encoder or decoder
 * needs to know. A plan never depends on the number of threads except in n_threads and n_at_once,
 * so that the archive does not either.
 */
#ifndef TACIT_METHODS_PLAN_H
#define TACIT_METHODS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/kv_kinds.h"
#include "predict/context_mixer.h" /* struct kernels */
#include "tacit/options.h"

/* Which guesses a decoder has the model read (language_guess.h); the others are for tests: GUESSING_DRAFTS is what pays,
 * with a model that drafts for any model. */
enum codec_guessing { GUESSING_WHAT_PAYS, GUESSING_NOTHING, GUESSING_ALL, GUESSING_DRAFTS };

struct codec_plan {
    int level;
    unsigned n_threads;
    unsigned n_at_once; /* blocks coded at the same time: n_threads or less; the others help */
    uint64_t block_size;
    uint64_t block_bound;  /* of the longest block that will come: block_size or less */
    uint32_t content_set;  /* bits of the content types that may come; fewer where they are known */
    uint64_t memory_limit; /* UINT64_MAX: none */
    uint64_t content_limit; /* for a decoder; UINT64_MAX: none */
    int zstd_level;         /* 0: not at all; with context models, tried where it may win */
    bool context;           /* try the context models */
    enum context_strength strength;
    unsigned memory_log2_max;        /* tables of the context models; less for short blocks */
    const struct tacit_model *model; /* NULL: none */
    const struct tacit_reference *reference; /* NULL: none */
    unsigned n_streams, n_context; /* of the model; n_streams 0: by size of the content, */
    enum kv_kind kv_kind;          /* of the model */
    uint32_t
        kv_keep; /* of the model: hundredths of the positions; 0: all; with it, kv_kind is of heads that keep all */
    uint32_t stream_bytes; /* one for each of these, */
    uint32_t streams_max;  /* this many at most */
    unsigned least_gain; /* of the model over the context models, in thousandths: less is not worth
                            its time */
    bool unmixed;        /* the model alone codes whole tokens */
    enum codec_guessing guessing;      /* of decoders */
    struct tacit_model_report *report; /* or NULL */
    struct kernels kernels;
    uint32_t cpu_features;
    tacit_progress_fn progress;
    void *progress_context;
};

/* A model of more weights than caches hold. NULL is not. */
bool codec_plan_is_large(const struct tacit_model *model);

/* options: NULL for the defaults. TACIT_ERR_ARGUMENT if one is out of range. The model is the given one, if any: a
 * decoder opens the linked-in model only for an archive that names it. */
enum tacit_status codec_plan_make(struct codec_plan *plan, const struct tacit_options *options);

/* The same for an encoder, whose model is the linked-in one where none is given and the level has one. */
enum tacit_status codec_plan_make_encoder(struct codec_plan *plan,
                                          const struct tacit_options *options);

#endif
