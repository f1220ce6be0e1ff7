/* SPDX-License-Identifier: Apache-2.0
 *
 * A training run's configuration: a text file of `key = value` lines, `#` begins a comment. The
 * keys are the rows of the table in config.c; `mix.NAME = WEIGHT` adds a text category.
 */
#ifndef TACIT_WORKSHOP_TRAIN_CONFIG_H
#define TACIT_WORKSHOP_TRAIN_CONFIG_H

#include "workshop/net/net.h"

enum {
    CONFIG_MIX_MAX = 64,
    CONFIG_PATH_MAX = 512,
    CONFIG_THREADS_MAX = 64,
};

struct config_mix {
    char name[32];
    float weight; /* share of the sequences, any unit */
};

struct config {
    char data_dir[CONFIG_PATH_MAX]; /* what `prepare` writes and `run` reads */
    char out_dir[CONFIG_PATH_MAX];  /* checkpoints and log */
    uint32_t n_threads;
    uint64_t seed;

    struct net_config net;
    uint32_t vocab_sample_mb; /* text from which the vocabulary is counted */

    uint32_t batch_seqs;
    uint64_t n_steps;        /* of the whole plan */
    uint64_t decay_start;    /* learning rates fall in a line from here to nothing at n_steps */
    uint64_t stop_step;      /* this run ends at this step; 0: at n_steps */
    uint32_t warmup, rewarm; /* steps of ramp at the start; after resuming from weights alone */
    float lr_matrix, lr_table, lr_vector;
    float momentum, weight_decay; /* of the matrices */
    float clip;                   /* norm of the gradient of tables and vectors */
    float ema;                    /* decay of the averaged weights */
    uint32_t eval_every, save_every;
    uint32_t eval_seqs; /* of each category */

    size_t n_mix;
    struct config_mix mix[CONFIG_MIX_MAX];
};

/* Defaults are those of the default model. On TACIT_ERR_ARGUMENT *bad_line is the line number. */
enum tacit_status config_read(struct config *config, const char *path, int *bad_line);

#endif
