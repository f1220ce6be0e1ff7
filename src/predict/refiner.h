/* SPDX-License-Identifier: Apache-2.0
 *
 * The last stage: corrects the mixed prediction by the bits that followed it in small contexts (an
 * APM, or secondary symbol estimation). Each map has, for each context, probabilities at steps of
 * the prediction in the logistic domain, read by interpolation.
 */
#ifndef TACIT_PREDICT_REFINER_H
#define TACIT_PREDICT_REFINER_H

#include "predict/inputs.h"

enum { REFINER_MAPS = 2, REFINER_STEPS = 16 /* of float: a cache line */ };

struct refiner {
    unsigned n_maps;                           /* 1 or REFINER_MAPS */
    float (*map[REFINER_MAPS])[REFINER_STEPS]; /* [contexts]: probabilities of a 1 */
    float mixed_share, map_share, rate;        /* of what was mixed, of each map; of learning */
};

struct refiner_stream {
    float *at[REFINER_MAPS];   /* the lower one of the two steps that were read */
    float share[REFINER_MAPS]; /* the share of the upper one */
};

/* n_maps: 1, by the last byte, or REFINER_MAPS, by the last two bytes as well. */
void refiner_lay_out(struct refiner *refiner, struct arena *arena, unsigned n_maps);

/* Maps that begin with trained values count for more, and change more slowly. */
void refiner_trust_maps(struct refiner *refiner);

/* x: ln(p / (1 - p)) as mixed. Returns the refined probability of a 1. */
float refiner_predict(const struct refiner *refiner, struct refiner_stream *stream,
                      const struct history *history, float x, float p);

void refiner_update(const struct refiner *refiner, struct refiner_stream *stream, int bit);

#endif
