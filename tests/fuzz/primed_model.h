/* SPDX-License-Identifier: Apache-2.0
 *
 * The model of the targets of primed states and of payloads, and of their seeds: one layer, whose windows are long enough for caches of few
 * bits.
 */
#ifndef TACIT_FUZZ_PRIMED_MODEL_H
#define TACIT_FUZZ_PRIMED_MODEL_H

#include "tiny_tmodel.h"

enum {
    PRIMED_IS_FORGED = 1, /* of an input's first byte: lengths and hashes are made right */
    PRIMED_SEED_BODY =
        96, /* bytes of a forged seed behind its header: the stream's head, and some of its caches */
};

/* Made once; never closed. */
static inline const struct tacit_model *primed_model(void)
{
    static struct tacit_model *made;
    static uint8_t *memory;
    const struct lm_shape shape = {
        270,           1,          64, 1, 1, 64, 64,      256,   64,   LM_NORM_RMS,
        LM_ACT_SWIGLU, LM_QK_NORM, 0,  0, 0, 0,  1000.0f, 1e-5f, 0.0f, TINY_NO_MORE};
    if (!made && tiny_tmodel(&made, &shape, &memory) != TACIT_OK)
        abort();
    return made;
}

#endif
