/* SPDX-License-Identifier: Apache-2.0
 *
 * The definitions built for AVX2, and lm_product by VPMADDUBSW, which multiplies unsigned by signed
 * bytes and adds pairs in 16 bits: |w| times x with the sign of w. No value is -128, so a pair is
 * at most 2 * 127^2 and nothing saturates.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/lm_generic.h"

#define ISA   avx2
#define LANES 8
typedef __m256i ints;
typedef __m256 floats;
#include "kernels/lm_avx_vectors.h"

struct lm_weights64 {
    __m256i w[2], magnitude[2];
};

static inline struct lm_weights64 load_weights(const void *p)
{
    const __m256i *from = p;
    __m256i a = _mm256_load_si256(from), b = _mm256_load_si256(from + 1);
    return (struct lm_weights64){{a, b}, {_mm256_abs_epi8(a), _mm256_abs_epi8(b)}};
}

static inline ints start(int32_t sum)
{
    (void)sum;
    return _mm256_setzero_si256();
}

static inline ints dot(ints sum, const struct lm_weights64 *w, int i, const int8_t *x)
{
    __m256i pairs =
        _mm256_maddubs_epi16(w->magnitude[i], _mm256_sign_epi8(broadcast_four(x), w->w[i]));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "kernels/lm_product_blocks.h"

void lm_kernels_init_avx2(struct kernels *kernels)
{
    kernels->lm_quantize = lm_quantize_generic;
    kernels->lm_product = lm_product_avx2;
    kernels->lm_rms_norm = lm_rms_norm_generic;
    kernels->lm_attention_weights = lm_attention_weights_generic;
    kernels->lm_swiglu = lm_swiglu_generic;
    kernels->lm_relu2 = lm_relu2_generic;
    kernels->lm_root_cap = lm_root_cap_generic;
    kernels->lm_token_masses = lm_token_masses_generic;
}

#endif
