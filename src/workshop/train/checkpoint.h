/* SPDX-License-Identifier: Apache-2.0
 *
 * A run's state on disk, in two forms. Each file has a checksum and is replaced as a whole:
 *
 *   state: everything, float32. The run continues as if it had not stopped; for the machine that it
 * runs on.
 *   weights: the averaged weights as bf16, the vocabulary, the network's shape and the position in the
 *       plan. Small enough to hand on; the optimiser begins anew from it.
 */
#ifndef TACIT_WORKSHOP_TRAIN_CHECKPOINT_H
#define TACIT_WORKSHOP_TRAIN_CHECKPOINT_H

#include "workshop/net/net.h"
#include "workshop/text/vocab.h"

struct train_position {
    uint64_t step;       /* steps done of the plan */
    uint64_t sequences;  /* drawn from the corpus */
    uint64_t tokens;     /* learned from */
    uint64_t resumed_at; /* step at which the run began from weights alone, or 0 */
    uint64_t n_adam;     /* steps since the optimiser's state was zero */
    double seconds;      /* of training so far */
};

/* Arrays of net->n_params floats. */
struct train_arrays {
    float *params, *m, *v, *ema;
};

enum tacit_status checkpoint_write_state(const char *path, const struct net *net,
                                         const struct train_position *at,
                                         const struct train_arrays *arrays);
/* TACIT_ERR_IO if there is none, TACIT_ERR_MODEL_DAMAGED or _WRONG if it does not fit. */
enum tacit_status checkpoint_read_state(const char *path, const struct net *net,
                                        struct train_position *at, struct train_arrays *arrays);

enum tacit_status checkpoint_write_weights(const char *path, const struct net *net,
                                           const struct vocab *vocab,
                                           const struct train_position *at, const float *weights);
/* The shape and the vocabulary come first, since the network is made from them; then the weights.
 * The caller closes the vocabulary. */
enum tacit_status checkpoint_read_weights_head(const char *path, struct net_config *config,
                                               struct vocab *vocab, struct train_position *at);
enum tacit_status checkpoint_read_weights(const char *path, const struct net *net, float *weights);

uint16_t bf16_from_float(float x);
float bf16_to_float(uint16_t x);

#endif
