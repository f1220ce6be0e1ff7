/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by NEON without dot products: bytes are multiplied in halves to 16 bits, neighbours
 * added there (at most 2 * 127^2, which fits), and their pairs' sums added to 32 bits. Also the
 * kernels that compilers do not vectorise by themselves.
 */
#if defined(__aarch64__)

#include "kernels/neon_lanes.h"

#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_generic.h"

#define ISA neon

static inline ints dot(ints sum, const struct lm_weights64 *w, int i, const int8_t *x)
{
    int8x16_t four = broadcast_four(x);
    int16x8_t low = vmull_s8(vget_low_s8(w->w[i]), vget_low_s8(four));
    int16x8_t high = vmull_high_s8(w->w[i], four);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
}

#include "kernels/lm_product_blocks.h"

static void lm_quantize_neon(int8_t *q, float *scale, int32_t *sum, const float *x, size_t n_groups)
{
    lm_quantize_generic(q, scale, sum, x, n_groups);
}

#include "kernels/lm_elementwise.h"
#include "kernels/lm_exponentials.h"

void lm_kernels_init_neon(struct kernels *kernels)
{
    kernels->lm_product = lm_product_neon;
    kernels->lm_rms_norm = lm_rms_norm_neon;
    kernels->lm_attention_weights = lm_attention_weights_neon;
    kernels->lm_swiglu = lm_swiglu_neon;
    kernels->lm_relu2 = lm_relu2_neon;
    kernels->lm_root_cap = lm_root_cap_neon;
    kernels->lm_token_masses = lm_token_masses_neon;
    kernels->lm_token_learn = lm_token_learn_neon;
}

#endif
