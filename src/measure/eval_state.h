/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of an evaluator (tacit/eval.h): its workers, each with a running state of the model,
 * and the items of the present texts. A free worker takes the next window; costs are stored by
 * item, so it does not matter which worker scored an item.
 */
#ifndef TACIT_MEASURE_EVAL_STATE_H
#define TACIT_MEASURE_EVAL_STATE_H

#include <stdatomic.h>

#include "base/threads/threads.h"
#include "engine/lm.h"
#include "measure/eval_copies.h"
#include "measure/eval_cost.h"
#include "measure/eval_mix.h"
#include "measure/eval_windows.h"
#include "model/open_model.h"

enum { EVAL_WORKERS_MAX = 64 };

/* A text's items and their costs. */
struct eval_items {
    size_t index; /* as given; texts are scored in the order of their items */
    const uint8_t *data;
    size_t n_bytes, n_items, n_windows;
    uint64_t cache_bytes, cache_numbers; /* as in the result */
    uint64_t first_window;               /* of all windows of the run */
    uint32_t *items;                     /* [n_items] */
    float *bits;                         /* [n_items], below 0: not scored */
    struct tacit_eval_token *details;    /* [n_items], NULL unless details or mixed is asked for */
};

struct eval_worker {
    struct tacit_evaluator *evaluator;
    struct thread_task task;
    struct lm_state *lm;
    const struct eval_items
        *kept_for; /* with kv_keep: the text by which heads keep positions, as in a block of it */
    bool by_head;  /* heads of lm keep different numbers of positions */
    void *memory;  /* of the arrays that follow */
    float *logits;
    uint32_t *mass; /* [n_vocab]: for eval_token_bits */
    uint32_t *fed;  /* [n_positions] tokens that the model reads in a window */
    size_t n_fed;
    int64_t *row; /* [n_positions] place in fed of the last token before an item, -1: none */
    size_t n_positions;
    /* The window scored before, of the same run, NULL: none. Where texts begin alike, the next one
     * takes costs and the model's state from it. */
    const struct eval_items *last_text;
    struct eval_window last;
    struct eval_copies copies; /* of the model's state in that window */
    enum tacit_status status;
};

struct tacit_evaluator {
    const struct tacit_model *model;
    struct tacit_eval_options options;
    struct eval_cut cut;
    uint32_t first;
    uint32_t features;
    struct kernels kernels;
    struct thread_pool *pool;
    unsigned n_workers;
    struct eval_worker workers[EVAL_WORKERS_MAX];
    /* The present run. */
    struct eval_items *texts;
    size_t n_texts, n_windows, n_tokens;
    size_t n_longest;     /* positions of the longest window */
    struct eval_mix *mix; /* of the text whose windows come next, with `mixed` */
    const struct eval_items *mix_text;
    atomic_size_t next_window, n_done;
    atomic_bool stop;
};

/* Makes room for the worker to score windows of so many positions. */
enum tacit_status eval_worker_prepare(struct eval_worker *worker, size_t n_positions);
void eval_worker_release(struct eval_worker *worker);

/* Scores one window after the other until none is left or `stop`; a thread_task's run. */
void eval_worker_run(void *worker);

#endif
