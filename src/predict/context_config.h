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

enum cm_strength {
    CM_QUICK = 0,
    CM_STRONG = 1,
    CM_LEAN = 2, /* text and data by lean.h, all else as quick */
};

enum {
    CM_QUICK_LEVEL = 4, /* from this level on, the context models are quick; below, lean */
    CM_STRONG_LEVEL = 5 /* from this level on, strong */
};

static inline enum cm_strength cm_level_strength(int level)
{
    return level >= CM_STRONG_LEVEL ? CM_STRONG : level >= CM_QUICK_LEVEL ? CM_QUICK : CM_LEAN;
}

enum {
    CM_MEMORY_LOG2_MIN = 20,
    CM_MEMORY_LOG2_MAX = 30,
    CM_MEMORY_LOG2_MAX_LEAN = 29,
    CM_HINT_CONTEXTS = 256,
    CM_STREAMS_MAX = TACIT_STREAMS_MAX + 1, /* a block's, and one more for what they leave out */
};

/* All fields change the predictions, so a decoder needs the same configuration. */
struct cm_config {
    enum cm_strength strength;
    uint32_t content_set; /* CONTENT_BIT of each type that cm_set_content will give, not empty */
    unsigned memory_log2; /* tables take about 2^memory_log2 bytes; CM_MEMORY_LOG2_MIN .. _MAX */
    unsigned n_streams;   /* places at which content is predicted in turn, 0 as 1 */
    uint32_t span;        /* n_streams > 1 or reference > 0: bytes of the reference and of all
                             streams together, 1 .. 2^31 */
    uint32_t reference; /* bytes of a reference that comes before the content (cm_skim), 0: none */
    bool hinted;        /* cm_set_hint before every cm_predict */
};

/* A language model's prediction of the next bit. */
struct cm_hint {
    float stretch;    /* ln(p / (1 - p)), |stretch| <= CM_HINT_MAX */
    uint32_t context; /* 0 .. CM_HINT_CONTEXTS - 1: chosen by the caller: how far to trust it */
    bool absent;      /* there is no prediction: the bit is known, or silent (docs/format.md) */
};

#define CM_HINT_MAX 14.0f

/* Whether all fields, which may come from a file, are in range. */
bool cm_config_is_valid(const struct cm_config *config);

/* The smallest memory_log2 with which content of n_bytes predicts as well as with any larger one
 * (within 0.3 % or so), but no more than the strength's default: 26 (64 MiB) lean, 28 (256 MiB) quick,
 * 29 (512 MiB) strong. */
unsigned cm_memory_log2_for(enum cm_strength strength, uint64_t n_bytes);

static inline unsigned cm_memory_log2_max(enum cm_strength strength)
{
    return strength == CM_LEAN ? CM_MEMORY_LOG2_MAX_LEAN : CM_MEMORY_LOG2_MAX;
}

/* Whether the history's ring holds all content: span says how much comes. */
static inline bool cm_is_whole(const struct cm_config *config)
{
    return config->n_streams > 1 || config->reference > 0;
}

/* max(1, config->n_streams). */
static inline unsigned cm_n_streams(const struct cm_config *config)
{
    return config->n_streams ? config->n_streams : 1;
}

#endif
