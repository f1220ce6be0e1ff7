/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by 256-bit VPDPBUSD, for processors that have it without AVX-512; unsigned weights as
 * in lm_avx512_vnni.c.
 */
#if defined(__x86_64__)

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"

#define ISA avx_vnni

static inline __m256i broadcast_four(const int8_t *x)
{
    int32_t four;
    __builtin_memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
}

static inline __m256 scale_add(__m256 total, __m256i sum, float x_scale, __m256 w_scale)
{
    __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(x_scale));
    return _mm256_add_ps(total, _mm256_mul_ps(scaled, w_scale));
}

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
