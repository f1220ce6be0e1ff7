/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 by the SHA instructions of x86-64 (sha256.h).
 *
 * SHA256RNDS2 does two rounds on a state held as two vectors, "abef" and "cdgh" (highest lane first); its third
 * operand has the two words W + K in its low half. SHA256MSG1 and SHA256MSG2 make the next four words of the
 * schedule from the sixteen before.
 */
#include "base/sha256.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Four rounds with the words w. */
static inline void four_rounds(__m128i *abef, __m128i *cdgh, __m128i w, const uint32_t *constants)
{
    __m128i sum = _mm_add_epi32(w, _mm_loadu_si128((const __m128i *)constants));
    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/* The four words after those in a, b, c, d. */
static inline __m128i next_words(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
    return _mm_sha256msg2_epu32(sum, d);
}

static inline __m128i load_words(const uint8_t *data)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data), swap);
}

static void take_block(__m128i *abef, __m128i *cdgh, const uint8_t *block)
{
    const uint32_t *constants = sha256_round_constants;
    __m128i w[4];
    for (int i = 0; i < 4; i++) {
        w[i] = load_words(block + 16 * (size_t)i);
        four_rounds(abef, cdgh, w[i], constants + 4 * (size_t)i);
    }
    for (size_t i = 16; i < 64; i += 16) {
        for (int j = 0; j < 4; j++) {
            w[j] = next_words(w[j], w[(j + 1) % 4], w[(j + 2) % 4], w[(j + 3) % 4]);
            four_rounds(abef, cdgh, w[j], constants + i + 4 * (size_t)j);
        }
    }
}

void sha256_blocks_shani(uint32_t state[8], const uint8_t *data, size_t n_blocks)
{
    __m128i *stored = (__m128i *)state;
    __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(stored), 0xb1);
    __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(stored + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; n_blocks > 0; n_blocks--, data += 64) {
        __m128i old_abef = abef, old_cdgh = cdgh;
        take_block(&abef, &cdgh, data);
        abef = _mm_add_epi32(abef, old_abef);
        cdgh = _mm_add_epi32(cdgh, old_cdgh);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(stored, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(stored + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#endif
