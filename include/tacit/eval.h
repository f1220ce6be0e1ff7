/* SPDX-License-Identifier: Apache-2.0
 *
 * How well a language model predicts texts: the cost in bits of every token, computed from its
 * probabilities without writing an archive.
 *
 *     tacit_evaluator_create -> tacit_evaluator_run* -> tacit_evaluator_destroy
 *
 * A token's cost is -log2 of the probability that the model gives it after the tokens before it in
 * its window. All costs are the same on every machine and for any number of threads. A byte that
 * the vocabulary cannot spell costs TACIT_EVAL_BARE_BITS more than the likeliest token would, and
 * the model does not read that byte.
 *
 * An evaluator belongs to one thread at a time. Texts and all their tokens are held in memory, some
 * 8 bytes a token (64 with details), so pass long files in pieces.
 */
#ifndef TACIT_EVAL_H
#define TACIT_EVAL_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/model.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tacit_primed;

#define TACIT_EVAL_BARE_BITS  30
#define TACIT_EVAL_WINDOW_MAX 1048576
#define TACIT_EVAL_TOP        5

/* Which tokens are scored, and what the model sees before them. */
enum tacit_eval_convention {
    /* Windows of `window` tokens that begin with the model's start token. Each window begins
     * `stride` tokens after the one before and scores the tokens that are new. Every token of the
     * text is scored once. */
    TACIT_EVAL_WINDOWS,
    /* One window for the whole text: each token sees all tokens before it, or, beyond `window`
     * tokens, the text's first four and its latest tokens. */
    TACIT_EVAL_ROLLING,
    /* lm-evaluation-harness's rolling log-likelihood: the start token before the text, then disjoint
     * windows that see one token of the window before; the last one looks back on a full window. */
    TACIT_EVAL_LM_EVAL,
    /* llama.cpp's perplexity: disjoint windows of which the second half is scored; the tail that
     * fills no window is left out. No start token unless first_token names one. */
    TACIT_EVAL_LLAMA_PERPLEXITY,
    /* 'Compression represents intelligence linearly': windows of 1,900 tokens that advance by 512,
     * no start token; the first token and the tail that fills no window are not scored, and
     * characters are those of the whole text. */
    TACIT_EVAL_HKUST,
};

/* Fill with tacit_eval_options_init, then change what you need. */
struct tacit_eval_options {
    size_t struct_size;
    enum tacit_eval_convention convention;
    unsigned window;     /* tokens, 0: 2,048, or what the convention says */
    unsigned stride;     /* of TACIT_EVAL_WINDOWS and _HKUST: 1 .. window, 0: window or 512 */
    int64_t first_token; /* before each window that begins with one: a token of the model, -1:
                                the model's own, -2: none */
    int details;         /* non-zero: entropy and the likeliest tokens too; slower */
    int mixed;           /* non-zero: also what tokens cost when mixed with context models, for
                            TACIT_EVAL_WINDOWS and _ROLLING; slower, one window at a time */
    unsigned n_threads;  /* 0: one for each processor. Never changes a result. */
    const char *cpu;     /* as in tacit_options */
    tacit_progress_fn progress; /* n_in: tokens done, at last all; n_out: all. May be NULL */
    void *progress_context;
    enum tacit_kv kv; /* the model's keys and values (tacit/options.h) */
    unsigned kv_keep; /* and how many of them, as in tacit_options */
    /* Each text is read behind the text of this state (tacit/generate.h), which outlives the evaluator; NULL: none. For
     * TACIT_EVAL_ROLLING, without first_token and mixed. kv and kv_keep are those of primed, and so is window, unless it
     * is 0. What texts cost is what they cost behind the tokens of that text. */
    const struct tacit_primed *primed;
};

/* Sets every field of a struct of struct_size bytes to its default. TACIT_ERR_ARGUMENT: struct_size is too
 * small to hold itself. Call tacit_eval_options_init, which passes the size that the caller was compiled with. */
TACIT_API enum tacit_status tacit_eval_options_init_sized(struct tacit_eval_options *options,
                                                          size_t struct_size);

/* Sets every field to its default. options: not NULL. */
static inline void tacit_eval_options_init(struct tacit_eval_options *options)
{
    (void)tacit_eval_options_init_sized(options, sizeof *options);
}

struct tacit_eval_text {
    const void *data;
    size_t n_bytes;
};

/* A character is a code point of UTF-8, or a byte that is part of none; a word is what stands
 * between white space. */
struct tacit_eval_result {
    size_t struct_size;                           /* set before the call; lets the struct grow */
    double bits;                                  /* of the scored tokens */
    uint64_t n_bytes, n_chars, n_words, n_tokens; /* of the text */
    uint64_t n_scored_bytes, n_scored_chars, n_scored_words, n_scored_tokens; /* of them scored */
    /* Of the keys and values of a window: bytes, all that belongs to them included (0: nothing was scored), and how many
     * there are, were none left out. 8 * cache_bytes / cache_numbers are the bits that each takes. */
    uint64_t cache_bytes, cache_numbers;
};

/* A token that was scored. */
struct tacit_eval_token {
    size_t text; /* index of its text */
    size_t offset, n_bytes;
    double bits;
    /* With details. */
    double entropy;                  /* bits expected at this place */
    uint32_t top[TACIT_EVAL_TOP];    /* the likeliest tokens, likeliest first */
    double top_bits[TACIT_EVAL_TOP]; /* what each would have cost */
    /* With mixed: the token's cost in an archive of one stream, where context models have read all
     * of the text before it; and how much more the token would have cost without the mixer's inputs
     * from the language model, or from the context models. A value below 0: these inputs did
     * harm. */
    double mixed_bits, model_saves, context_saves;
};

/* Called by the thread that runs the evaluator, text by text, in order. Non-zero stops with
 * TACIT_ERR_CANCELLED. */
typedef int (*tacit_eval_token_fn)(void *context, const struct tacit_eval_token *token);

struct tacit_evaluator;

/* model: outlives the evaluator. TACIT_ERR_ARGUMENT: an option out of range; TACIT_ERR_MODEL_WRONG: options->primed is of
 * another model; TACIT_ERR_MEMORY, TACIT_ERR_THREAD, TACIT_ERR_FLOAT. On failure *evaluator is NULL. */
TACIT_API enum tacit_status tacit_evaluator_create(struct tacit_evaluator **evaluator,
                                                   const struct tacit_model *model,
                                                   const struct tacit_eval_options *options);

/* Scores n_texts texts, each by itself. One call with many short texts is faster than many calls.
 * results: [n_texts] with struct_size set; on_token may be NULL. An empty text scores nothing, nor
 * does a text that is too short for the convention's window. TACIT_ERR_MEMORY,
 * TACIT_ERR_CANCELLED. */
TACIT_API enum tacit_status tacit_evaluator_run(struct tacit_evaluator *evaluator,
                                                const struct tacit_eval_text *texts, size_t n_texts,
                                                struct tacit_eval_result *results,
                                                tacit_eval_token_fn on_token, void *context);

/* The bytes of a token. They live as long as the model; *n_bytes is 0 for tokens that text cannot
 * contain. */
TACIT_API const void *tacit_evaluator_token_bytes(const struct tacit_evaluator *evaluator,
                                                  uint32_t token, size_t *n_bytes);

/* How many tokens a text has. TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_evaluator_count_tokens(const struct tacit_evaluator *evaluator,
                                                         const void *data, size_t n_bytes,
                                                         size_t *n_tokens);

/* Counts bytes, characters and words of the text, all of them as scored. Tokens and bits become 0.
 * TACIT_ERR_ARGUMENT: result->struct_size is too small to hold itself. */
TACIT_API enum tacit_status tacit_eval_count(const void *data, size_t n_bytes,
                                             struct tacit_eval_result *result);

/* NULL is allowed. */
TACIT_API void tacit_evaluator_destroy(struct tacit_evaluator *evaluator);

/* Context models that learn while they read: the cost of each byte after all bytes before it, as in
 * an archive without a language model. Costs are the same on every machine. */
struct tacit_learner;

/* level: TACIT_LEVEL_MIN .. TACIT_LEVEL_MAX, of which 1 to 3 are the lean models, 4 the quick ones,
 * 5 to 9 the strong ones; n_bytes: how much text is expected (for the size of the tables), 0: not
 * known. TACIT_ERR_ARGUMENT, TACIT_ERR_MEMORY, TACIT_ERR_FLOAT. On failure *learner is NULL. */
TACIT_API enum tacit_status tacit_learner_create(struct tacit_learner **learner, int level,
                                                 uint64_t n_bytes);

/* Reads and learns the next n_bytes. bits: [n_bytes], the cost of each byte, or NULL. *sum: the
 * cost of all n_bytes. */
TACIT_API enum tacit_status tacit_learner_read(struct tacit_learner *learner, const void *data,
                                               size_t n_bytes, float *bits, double *sum);

/* NULL is allowed. */
TACIT_API void tacit_learner_destroy(struct tacit_learner *learner);

#ifdef __cplusplus
}
#endif

#endif
