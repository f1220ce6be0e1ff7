/* SPDX-License-Identifier: Apache-2.0
 *
 * One training run in memory: parameters, optimiser state, corpus, and the step that advances them.
 * The order of the data is a function of the seed; with one thread, every step is too. Several
 * threads each take the next sequence when they are free, so that their sums may differ in the last
 * bits from run to run.
 */
#ifndef TACIT_WORKSHOP_TRAIN_TRAINER_H
#define TACIT_WORKSHOP_TRAIN_TRAINER_H

#include <stdatomic.h>

#include "base/threads/crew.h"
#include "workshop/text/corpus.h"
#include "workshop/train/checkpoint.h"
#include "workshop/train/config.h"
#include "workshop/train/optim.h"

struct trainer_thread {
    struct net_work net;
    struct optim_work optim;
    float *grad;
    uint32_t *ids;      /* of a sequence, seq_len + 1 */
    double loss, norm2; /* of this thread's share */
};

struct trainer {
    struct config config;
    struct net net;
    struct train_arrays arrays;
    struct train_position at;
    struct corpus corpus;
    struct crew *crew;              /* of config.n_threads */
    struct trainer_thread *threads; /* of each member */
    atomic_size_t n_taken;          /* sequences of the batch that threads have begun */
    uint16_t *batch;                /* batch_seqs x (seq_len + 1) */
    size_t *batch_size;             /* targets of each */
    struct optim_step optim;
    double loss; /* nats a token, of the last step */
};

/* The network with random weights at step 0; config is copied. The corpus is not opened yet. */
enum tacit_status trainer_open(struct trainer *t, const struct config *config, bool exact);
/* Opens the corpus at t->at.sequences. */
enum tacit_status trainer_open_corpus(struct trainer *t);
void trainer_close(struct trainer *t);

enum tacit_status trainer_step(struct trainer *t);

/* Sums nats and bytes over up to max_windows evenly spread windows of one part, with `weights`. */
struct trainer_score {
    double nats;
    uint64_t n_bytes, n_tokens;
};
enum tacit_status trainer_score(struct trainer *t, const float *weights, const struct vocab *vocab,
                                const struct corpus *corpus, const struct corpus_part *part,
                                size_t max_windows, struct trainer_score *score);

#endif
