/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by NEON without dot products: bytes are multiplied in halves to 16 bits, neighbours
 * added there (at most 2 * 127^2, which fits), and their pairs' sums added to 32 bits. The other
 * kernels' definitions are built for NEON as it is.
 */
#if defined(__aarch64__)

#include "kernels/kernels.h"
#include "kernels/neon_lanes.h"

#define ISA neon

static inline ints dot(ints sum, const struct lm_weights64 *w, int i, const int8_t *x)
{
    int8x16_t four = broadcast_four(x);
    int16x8_t low = vmull_s8(vget_low_s8(w->w[i]), vget_low_s8(four));
    int16x8_t high = vmull_high_s8(w->w[i], four);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
}

#include "kernels/lm_product_blocks.h"

void lm_kernels_init_neon(struct kernels *kernels)
{
    kernels->lm_product = lm_product_neon;
}

#endif
