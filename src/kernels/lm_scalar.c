/* SPDX-License-Identifier: Apache-2.0
 *
 * The definitions of lm_generic.h as they are, built for the target's base instruction set.
 */
#include "kernels/kernels.h"
#include "kernels/lm_generic.h"
#include "kernels/lm_int4.h"
#include "kernels/narrow/lm_narrow.h"

void lm_kernels_init_scalar(struct kernels *kernels)
{
    kernels->lm_quantize = lm_quantize_generic;
    kernels->lm_product = lm_product_generic;
    kernels->lm_product_int4 = lm_product_int4_generic;
    kernels->lm_product_narrow = lm_product_narrow_generic;
    kernels->lm_unpack = lm_unpack_generic;
    kernels->lm_rotate = lm_rotate_generic;
    kernels->lm_rms_norm = lm_rms_norm_generic;
    kernels->lm_attention_weights = lm_attention_weights_generic;
    kernels->lm_swiglu = lm_swiglu_generic;
    kernels->lm_relu2 = lm_relu2_generic;
    kernels->lm_root_cap = lm_root_cap_generic;
    kernels->lm_token_masses = lm_token_masses_generic;
    kernels->lm_token_learn = lm_token_learn_generic;
}
