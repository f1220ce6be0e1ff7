/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration of the context models, and the hints of a language model, for the mixer
 * (context_mixer.h) and its components (inputs.h).
 */
#ifndef TACIT_PREDICT_CONTEXT_CONFIG_H
#define TACIT_PREDICT_CONTEXT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "tacit/options.h"

enum context_strength {
    CONTEXT_QUICK = 0,
    CONTEXT_STRONG = 1,
    CONTEXT_LEAN = 2, /* text and data by lean.h, all else as quick */
};

enum {
    CONTEXT_QUICK_LEVEL = 3, /* from this level on, the context models are quick; below, lean */
    CONTEXT_STRONG_LEVEL = 4 /* from this level on, strong */
};

static inline enum context_strength context_level_strength(int level)
{
    return level >= CONTEXT_STRONG_LEVEL  ? CONTEXT_STRONG
           : level >= CONTEXT_QUICK_LEVEL ? CONTEXT_QUICK
                                          : CONTEXT_LEAN;
}

enum {
    CONTEXT_MEMORY_LOG2_MIN = 20,
    CONTEXT_MEMORY_LOG2_MAX = 30,
    CONTEXT_MEMORY_LOG2_MAX_LEAN = 29,
    CONTEXT_HINT_CONTEXTS = 256,
    CONTEXT_STREAMS_MAX =
        TACIT_STREAMS_MAX + 1, /* a block's, and one more for what they leave out */
};

/* Where learning begins (start/trained_start.h). */
enum trained_start {
    START_UNTRAINED = 0,
    START_TEXT,  /* as trained on text */
    START_CODES, /* as trained on text whose words are codes */
};

/* All fields change the predictions, so a decoder needs the same configuration. */
struct context_config {
    enum context_strength strength;
    uint32_t content_set;       /* CONTENT_BIT of each type of the content, not empty */
    unsigned memory_log2;       /* tables take about 2^memory_log2 bytes; within the bounds above */
    unsigned n_streams;         /* places at which content is predicted in turn, 0 as 1 */
    uint32_t span;              /* n_streams > 1 or reference > 0: bytes of the reference and of all
                             streams together, 1 .. 2^31 */
    uint32_t reference;         /* bytes of a reference that comes before the content; 0: none */
    enum trained_start trained; /* strong, not hinted */
    bool hinted;                /* context_mixer_set_hint before every context_mixer_predict */
    bool versed; /* hinted: a second mixer, of all but the hint, also learns passed bits */
};

/* A language model's prediction of the next bit. */
struct context_hint {
    float stretch;    /* ln(p / (1 - p)), |stretch| <= CONTEXT_HINT_MAX */
    uint32_t context; /* how far to trust it, by the caller: 0 .. CONTEXT_HINT_CONTEXTS - 1 */
    bool absent;      /* there is no prediction: the bit is known, or silent (docs/format.md) */
};

#define CONTEXT_HINT_MAX 14.0f

/* Whether all fields, which may come from a file, are in range. */
bool context_config_is_valid(const struct context_config *config);

/* The smallest memory_log2 with which content of n_bytes predicts as well as with any larger one
 * (within 0.3 % or so), but no more than the strength's default: 26 (64 MiB) lean, 28 (256 MiB) quick,
 * 29 (512 MiB) strong. */
unsigned context_memory_log2_for(enum context_strength strength, uint64_t n_bytes);

static inline unsigned context_memory_log2_max(enum context_strength strength)
{
    return strength == CONTEXT_LEAN ? CONTEXT_MEMORY_LOG2_MAX_LEAN : CONTEXT_MEMORY_LOG2_MAX;
}

/* Whether the history's ring holds all content: span says how much comes. */
static inline bool context_is_whole(const struct context_config *config)
{
    return config->n_streams > 1 || config->reference > 0;
}

/* max(1, config->n_streams). */
static inline unsigned context_n_streams(const struct context_config *config)
{
    return config->n_streams ? config->n_streams : 1;
}

#endif
