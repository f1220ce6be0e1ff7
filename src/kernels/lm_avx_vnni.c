/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by 256-bit VPDPBUSD, for processors that have it without AVX-512; unsigned weights as
 * in lm_avx512_vnni.c.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels/kernels.h"

#define ISA avx_vnni
#include "kernels/lm_avx_vectors.h"

struct lm_weights64 {
    __m256i w[2];
};

static inline struct lm_weights64 load_weights(const void *p)
{
    const __m256i *from = p, flip = _mm256_set1_epi8(-128);
    return (struct lm_weights64){{_mm256_xor_si256(_mm256_load_si256(from), flip),
                                  _mm256_xor_si256(_mm256_load_si256(from + 1), flip)}};
}

static inline ints start(int32_t sum)
{
    return _mm256_set1_epi32(-128 * sum);
}

static inline ints dot(ints sum, const struct lm_weights64 *w, int i, const int8_t *x)
{
    return _mm256_dpbusd_avx_epi32(sum, w->w[i], broadcast_four(x));
}

#include "kernels/lm_product_blocks.h"

void lm_kernels_init_avx_vnni(struct kernels *kernels)
{
    kernels->lm_product = lm_product_avx_vnni;
}

#endif
