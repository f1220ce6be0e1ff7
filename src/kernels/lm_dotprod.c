/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by SDOT, signed by signed; the other kernels are those of lm_neon.c.
 */
#if defined(__aarch64__)

#include "kernels/kernels.h"
#include "kernels/neon_lanes.h"

#define ISA dotprod

static inline ints dot(ints sum, const struct lm_weights64 *w, int i, const int8_t *x)
{
    return vdotq_s32(sum, w->w[i], broadcast_four(x));
}

#include "kernels/lm_product_blocks.h"

void lm_kernels_init_dotprod(struct kernels *kernels)
{
    kernels->lm_product = lm_product_dotprod;
}

#endif
