/* SPDX-License-Identifier: Apache-2.0
 *
 * The language model's element-wise kernels and reductions, four lanes in a register; lm_neon_product.c has the products.
 */
#if defined(__aarch64__)

#include "kernels/neon/neon_lanes.h"

#include "kernels/exp_lanes.h"
#include "kernels/kernels.h"
#include "kernels/lm_generic.h"
#include "kernels/lm_isa.h"

#define ISA neon

static void lm_quantize_neon(int8_t *q, float *scale, int32_t *sum, const float *x, size_t n_groups)
{
    lm_quantize_generic(q, scale, sum, x, n_groups);
}

#include "kernels/lm_elementwise.h"
#include "kernels/lm_exponentials.h"

void lm_kernels_init_neon(struct kernels *kernels)
{
    lm_kernels_init_neon_products(kernels);
    kernels->lm_rms_norm = lm_rms_norm_neon;
    kernels->lm_attention_weights = lm_attention_weights_neon;
    kernels->lm_swiglu = lm_swiglu_neon;
    kernels->lm_relu2 = lm_relu2_neon;
    kernels->lm_root_cap = lm_root_cap_neon;
    kernels->lm_token_masses = lm_token_masses_neon;
    kernels->lm_token_learn = lm_token_learn_neon;
}

#endif
