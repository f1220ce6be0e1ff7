/* SPDX-License-Identifier: Apache-2.0
 *
 * How many bits a record costs a compressor that has read other records. Each measure is one
 * novelty_ops; to score or learn one more record, no learnt record is compressed again.
 *
 *     create -> (bits* learn*)* -> destroy
 *
 * bits may run for several scorers at a time, but not while the measure learns. A score never
 * depends on its scorer, nor on the records that this scorer has scored before.
 */
#ifndef TACIT_MEASURE_NOVELTY_H
#define TACIT_MEASURE_NOVELTY_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct novelty_ops {
    /* n_bytes: the most that the measure is going to learn. On failure *measure is NULL. */
    enum tacit_status (*create)(void **measure, uint64_t n_bytes, unsigned n_scorers);
    void (*destroy)(void *measure); /* NULL is allowed */
    enum tacit_status (*bits)(void *measure, unsigned scorer, const uint8_t *data, size_t n,
                              double *bits);
    enum tacit_status (*learn)(void *measure, const uint8_t *data, size_t n);
    unsigned slowness; /* time to score a record, in units of the fastest measure's */
};

/* A small context model: order 0 to 3 and 5, blended by Witten and Bell's escape estimate. Tables of
 * 4 MiB to 512 MiB by what is to be learnt, shared; some 0.1 us a byte. */
extern const struct novelty_ops novelty_fast;

/* zstd, level 6, with the latest 512 KiB learnt as its dictionary; the frame's constant part is not
 * counted. */
extern const struct novelty_ops novelty_zstd;

/* The quick context models, those of level 3. Each scorer has a copy that learns, and the state to
 * return to after each record it scores: 16 MiB together. They remember about 128 KiB well, and
 * older text less and less. */
extern const struct novelty_ops novelty_context;

#endif
