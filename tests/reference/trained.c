/* SPDX-License-Identifier: Apache-2.0 */
#include "trained.h"

enum { INPUTS = 147, SELECTORS = 12 };

extern const unsigned char text_table[], words_table[]; /* src/predict/start/trained_*.bin */

static const uint8_t *at;

static int take8(void)
{
    int byte = *at++;
    return byte < 128 ? byte : byte - 256;
}

static int take16(void)
{
    int low = *at++;
    return take8() * 256 + low;
}

/* n numbers of four bits; n is even. */
static void take_nibbles(int *to, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        int nibble = i % 2 == 0 ? *at & 15 : *at++ >> 4;
        to[i] = nibble < 8 ? nibble : nibble - 16;
    }
}

/* sum[value][input], in units of 2^-18. */
static int32_t sum[2048][INPUTS];

static void take_selector(uint32_t choices)
{
    static int share[2048], much[INPUTS];
    int n_factors = *at++;
    for (int i = 0; i < INPUTS; i++) {
        int32_t mean = take16() * 4;
        for (uint32_t value = 0; value < choices; value++)
            sum[value][i] = mean;
    }
    for (int t = 0; t < n_factors; t++) {
        int shift = *at++;
        for (int i = 0; i < INPUTS; i++)
            much[i] = take8();
        take_nibbles(share, choices);
        for (uint32_t value = 0; value < choices; value++)
            for (int i = 0; i < INPUTS; i++)
                sum[value][i] += share[value] * much[i] * (1 << shift);
    }
}

static void begin_sets(struct mixer *m, unsigned k, uint32_t choices, const unsigned *inputs)
{
    for (uint32_t value = 0; value < choices; value++)
        for (unsigned i = 0; i < m->n_inputs; i++)
            if (inputs[i] > 0)
                m->sets[k][value]->weights[i] = (float)sum[value][inputs[i] - 1] / 262144.0f;
}

static void begin_map(float (*step)[16])
{
    static int share[65536];
    int profile[16];
    for (int j = 0; j < 16; j++)
        profile[j] = take16();
    take_nibbles(share, 65536);
    for (int context = 0; context < 65536; context++)
        for (int j = 0; j < 16; j++)
            step[context][j] += (float)(profile[j] * share[context]) / 262144.0f;
}

void begin_trained(struct mixer *mixer, struct refiner *refiner, int table, const uint32_t *choices,
                   const unsigned *inputs, const unsigned *selectors)
{
    static const uint32_t all[SELECTORS] = {256, 72,  256,  2048, 256, 256,
                                            256, 256, 2048, 256,  256, 256};
    at = table == 2 ? words_table : text_table;
    for (unsigned s = 0; s < SELECTORS; s++) {
        take_selector(all[s]);
        for (unsigned k = 0; k < mixer->n_selectors; k++)
            if (selectors[k] == s + 1)
                begin_sets(mixer, k, all[s], inputs);
    }
    for (unsigned k = 0; k < mixer->n_selectors; k++)
        for (uint32_t value = 0; value < choices[k]; value++)
            mixer->sets[k][value]->age = 512;
    for (int m = 0; m < 2; m++)
        begin_map(refiner->step[m]);
    refiner->of_mixed = 0.1f;
    refiner->of_map = 0.45f;
    refiner->rate = 0.014f;
}
