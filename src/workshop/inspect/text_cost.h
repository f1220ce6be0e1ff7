/* SPDX-License-Identifier: Apache-2.0
 *
 * What a text costs a model, in windows of 512 tokens that begin with the model's start token.
 */
#ifndef TACIT_WORKSHOP_INSPECT_TEXT_COST_H
#define TACIT_WORKSHOP_INSPECT_TEXT_COST_H

#include "engine/lm.h"
#include "token/tokenizer.h"

enum { TEXT_WINDOW = 512 };

struct text_tokens {
    uint32_t *tokens; /* [n]: those of the model; bare bytes are left out */
    size_t n;
    uint64_t n_bytes; /* that the tokens spell */
    uint32_t start;
};

/* Reads the first n_bytes_max bytes of the file. TACIT_ERR_IO (errno), TACIT_ERR_CONTENT_LIMIT: no token;
 * TACIT_ERR_MEMORY. On failure the caller has nothing to close. */
enum tacit_status text_tokens_read(struct text_tokens *text, const struct lm_model *model,
                                   const struct tokenizer *tokenizer, const char *path,
                                   uint64_t n_bytes_max);
void text_tokens_close(struct text_tokens *text);

/* Leaves n_most tokens of all n texts together, as many of each as of any other that has so many; the others stay whole. Changes
 * their order. Returns how many are left. */
size_t text_tokens_share(struct text_tokens *texts, size_t n, size_t n_most);

/* *bits: of all tokens. n_threads 0: one for each processor. Errors as lm_state_create. */
enum tacit_status text_cost(double *bits, const struct lm_model *model,
                            const struct text_tokens *text, unsigned n_threads);

/* The same on one thread with lm_state_watch and lm_state_observe. Position p of the w-th window is that of the token
 * before text->tokens[w * TEXT_WINDOW + p]; of the first, the start token. */
struct text_watchers {
    lm_watch_fn *watch;
    lm_observe_fn *observe;
    void *watcher, *observer;
};
enum tacit_status text_cost_watched(double *bits, const struct lm_model *model,
                                    const struct text_tokens *text,
                                    const struct text_watchers *watchers);

#endif
