/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a language model over S streams of tokens, each with its own past, that advance together.
 *
 *     lm_state_create -> { lm_step | lm_prefill | lm_feed | lm_take_back | lm_keep_first | lm_reset_stream }* -> lm_state_destroy
 *
 * The logits of a stream depend on its tokens since the reset, on the model, n_context, kv_kind, kv_keep and kv_heads only:
 * the bits are the same whether tokens come one at a time or many, whatever the other streams, on
 * any number of threads and any machine. One pass over the weights serves all rows of a call.
 *
 * Beyond n_context tokens a stream sees its first LM_SINK_TOKENS tokens (attention sinks) and the
 * latest tokens, as if the first tokens stood right before the latest.
 *
 * A state has teams of threads. Only lm_feed may be called for different teams at the same time,
 * for different streams; each call's thread is its team's first member. Otherwise a state belongs
 * to one thread at a time.
 */
#ifndef TACIT_ENGINE_LM_H
#define TACIT_ENGINE_LM_H

#include <stdbool.h>

#include "engine/kv/kv_heads.h"
#include "engine/kv_kinds.h"
#include "engine/lm_model.h"
#include "tacit/options.h"

enum {
    LM_SINK_TOKENS = 4,
    LM_CONTEXT_UNIT = 64, /* n_context is rounded up to a multiple of it */
    LM_BATCH = 64,        /* tokens that lm_prefill reads in one pass over the weights */
    LM_THREADS_MAX = 64,
    LM_BACK_MAX = 16,
};

#define LM_NO_TOKEN  UINT32_MAX   /* lm_step: this stream reads no token */
#define LM_LOGIT_MAX LM_SCORE_MAX /* one clamp serves both limits */

struct lm_options {
    uint32_t n_streams;    /* 1 .. TACIT_STREAMS_MAX */
    uint32_t n_context;    /* positions kept for each stream: 1 .. TACIT_CONTEXT_MAX */
    uint32_t n_threads;    /* of a team: 1 .. LM_THREADS_MAX; the caller is one, the others are
                              started */
    uint32_t cpu_features; /* which kernels: cpu_features() or a subset */
    uint32_t n_teams;      /* at most LM_THREADS_MAX; 0: one */
    uint32_t n_back;       /* tokens that a stream can take back: 0 .. LM_BACK_MAX */
    /* Of layers that look back on more than KV_NEAR_SLOTS positions; the others have KV_INT8. */
    enum kv_kind kv_kind;
    /* 1 .. 99: layers without a window keep so many hundredths of n_context positions (lm_keep.h), of which kv_kind is
     * KV_INT8 and n_back 0; 0: all. */
    uint32_t kv_keep;
    /* NULL, or how many positions each head of the layers without a window keeps, as many heads as the model has; kv_keep and
     * n_back are 0 then. kv_kind is of the heads that keep all; the others have it if it is short (kv_kinds.h), else KV_INT8. */
    const struct kv_heads *kv_heads;
};

struct lm_state;

/* Bytes that lm_state_create allocates; the model's weights are not included.
 * TACIT_ERR_ARGUMENT. */
enum tacit_status lm_state_memory_needed(const struct lm_shape *shape,
                                         const struct lm_options *options, uint64_t *n_bytes);

/* model: outlives the state. TACIT_ERR_ARGUMENT, TACIT_ERR_MEMORY, TACIT_ERR_THREAD,
 * TACIT_ERR_FLOAT. On failure *state is NULL. */
enum tacit_status lm_state_create(struct lm_state **state, const struct lm_model *model,
                                  const struct lm_options *options);

/* NULL is allowed. */
void lm_state_destroy(struct lm_state *state);

/* Floats from one row of logits to the next: n_vocab rounded up to a multiple of 16. What lies
 * beyond n_vocab is unspecified. */
size_t lm_logit_stride(const struct lm_model *model);

/* tokens: [n_streams], each below n_vocab or LM_NO_TOKEN. logits: [n_streams][lm_logit_stride],
 * 64-byte aligned; each finite, within LM_LOGIT_MAX; rows of streams without a token are unchanged.
 * NULL if the logits are not needed. TACIT_ERR_ARGUMENT for a token out of range; no stream has
 * read a token then. */
enum tacit_status lm_step(struct lm_state *state, const uint32_t *tokens, float *logits);

/* Reads n_tokens (0 is allowed) for one stream. logits: [n_tokens][lm_logit_stride] or NULL.
 * Otherwise as lm_step. */
enum tacit_status lm_prefill(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                             size_t n_tokens, float *logits);

/* Reads tokens of several streams in one pass over the weights by a team (0 .. n_teams - 1); each
 * stream's tokens stand together and in order. inputs: [n_inputs], n_inputs at most the larger of
 * LM_BATCH and n_streams. logits: rows of lm_logit_stride; each input names the row that it fills.
 * Otherwise as lm_step. */
struct lm_input {
    uint32_t stream, token, logits_row;
};
enum tacit_status lm_feed(struct lm_state *state, uint32_t team, const struct lm_input *inputs,
                          size_t n_inputs, float *logits);

/* The same in steps, which may be of different threads, one at a time: lm_feed_on does the next step of what the team's last
 * lm_feed_begin was given, and returns whether there are more. */
enum tacit_status lm_feed_begin(struct lm_state *state, uint32_t team,
                                const struct lm_input *inputs, size_t n_inputs, float *logits);
bool lm_feed_on(struct lm_state *state, uint32_t team);

/* Takes the stream's last n_tokens back, as if the stream had never read them (they were wrong
 * guesses). A token can be taken back if at most n_back - 1 others have followed it, those already
 * taken back included. Not while a team reads for this stream. TACIT_ERR_ARGUMENT if n_tokens is
 * more than n_back or than the stream has read. */
enum tacit_status lm_take_back(struct lm_state *state, uint32_t stream, uint32_t n_tokens);

/* The stream keeps its first n tokens, which the caller names, and forgets the others. For texts that begin alike.
 * TACIT_ERR_ARGUMENT, and nothing happens, if n is more than the stream has read, or if a layer no
 * longer has all of these as they were (the stream is longer than its window or n_context, or the
 * layer keeps few bits of what is far). */
enum tacit_status lm_keep_first(struct lm_state *state, uint32_t stream, const uint32_t *tokens,
                                size_t n);

/* Whether every layer has all that a stream has read, as it was read, after n_tokens. */
bool lm_has_all(const struct lm_state *state, uint64_t n_tokens);

/* The matrix whose product with the last layer's outputs is the logits, [n_vocab] rows. */
const struct tensor *lm_head_matrix(const struct lm_model *model);

/* From now on logits come in another order: head has the rows of lm_head_matrix in that order, the last one being the
 * same. It outlives the state. */
void lm_state_reorder(struct lm_state *state, const struct tensor *head);

/* From now on a thread of the team calls observe once for each product with a matrix of the layers,
 * before or while the product is computed. x, n_rows: the product's inputs. For states of one team.
 * observe NULL: stops these calls. */
typedef void lm_observe_fn(void *context, const struct tensor *matrix, const struct lm_rows *x,
                           size_t n_rows);
void lm_state_observe(struct lm_state *state, lm_observe_fn *observe, void *context);

/* What one head of keys and values of a layer saw when a row attended. */
struct lm_attended {
    uint32_t layer, head, n_queries; /* the query heads head * n_queries ... share the head */
    uint64_t position;               /* of the row in its stream */
    const float *key, *value;        /* [head_dim]: the row's own; the key normed and rotated */
    const float *scores; /* [n_queries][stride]: slots 0 .. position, before the softmax */
    size_t stride;
    const float *sinks; /* [n_queries]: scores of no value; -LM_SCORE_MAX: none */
};

/* From now on watch is called for each row, layer and head of keys and values as long as the layer
 * still sees all of the row's past. For states of one team of one thread. watch NULL: stops these calls. */
typedef void lm_watch_fn(void *context, const struct lm_attended *attended);
void lm_state_watch(struct lm_state *state, lm_watch_fn *watch, void *context);

/* The stream forgets everything. */
void lm_reset_stream(struct lm_state *state, uint32_t stream);

/* Saves what the stream has read, and restores it to any stream of any state of the same model, n_context,
 * kv_kind, kv_keep and kv_heads, and whether n_back is 0. lm_stream_size: the bytes of a stream that has read n_tokens;
 * UINT64_MAX: at most. saved: so many bytes, 16-byte aligned; any threads may restore the same ones at a time. */
size_t lm_stream_size(const struct lm_state *state, uint64_t n_tokens);
/* How many keys and values a stream looks back on at most, were none left out: for the bits that each takes of
 * lm_stream_size. */
uint64_t lm_stream_numbers(const struct lm_state *state);
void lm_save_stream(const struct lm_state *state, uint32_t stream, uint8_t *saved);
void lm_restore_stream(struct lm_state *state, uint32_t stream, const uint8_t *saved);

/* Whether n_bytes at saved, which come from anywhere, are of a stream of such a state that has read n_tokens: what the
 * stream computes may be nonsense then, but it stays inside its memory. */
bool lm_saved_fits(const struct lm_state *state, const uint8_t *saved, size_t n_bytes,
                   uint64_t n_tokens);

/* Resets the stream and clears its memory, all of it, so that what is saved later follows from the tokens alone. */
void lm_clear_stream(struct lm_state *state, uint32_t stream);

/* Tokens since the reset. */
uint64_t lm_stream_position(const struct lm_state *state, uint32_t stream);

#endif
