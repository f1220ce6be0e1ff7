/* SPDX-License-Identifier: Apache-2.0 */
#include "item_ends.h"

#include "mixing.h"

enum { N = 7 };

struct ends {
    unsigned log2;
    uint32_t *counters[N], *used[N];
    struct mixer *mixer;
};

struct ends *make_ends(unsigned memory)
{
    static const uint32_t choices[] = {32, 8 * (N + 1)};
    struct ends *e = zeros(sizeof *e);
    e->log2 = least(memory + 10, 20);
    for (int i = 0; i < N; i++) {
        e->counters[i] = zeros(sizeof(uint32_t) << e->log2);
        for (size_t k = 0; k < (size_t)1 << e->log2; k++)
            e->counters[i][k] = counter(32768, 0);
    }
    e->mixer = make_mixer(true, true, 2 + 2 * N, 2, choices, 1);
    return e;
}

uint32_t predict_end(struct ends *e, const struct predictor *predictor, uint32_t node,
                     uint32_t n_known, float stretch)
{
    static const unsigned n_bytes[N] = {0, 1, 2, 3, 4, 6, 8};
    struct given given = {.n_inputs = 0};
    uint32_t n_met = 0;
    give(&given, stretch);
    give(&given, (squash(stretch) - 0.5f) * 4.0f);
    for (int i = 0; i < N; i++) {
        uint64_t h = (last_bytes(predictor, n_bytes[i]) + ((uint64_t)node << 20)) * K0;
        h = (h ^ h >> 32 ^ node) * K1;
        e->used[i] = &e->counters[i][h >> (64 - e->log2)];
        bool met = (*e->used[i] & 1023) != 0;
        n_met += met;
        give(&given, met ? counter_S(*e->used[i]) : 0.0f);
        give(&given, met ? counter_D(*e->used[i]) : 0.0f);
    }
    int level = (int)((stretch + 14.0f) * (16.0f / 14.0f));
    give_selector(&given, level < 0 ? 0 : level > 31 ? 31 : (uint32_t)level);
    give_selector(&given, n_met * 8 + least(n_known, 7));
    mix(e->mixer, &given, 1);
    return coder_probability(e->mixer->P);
}

void learn_end(struct ends *e, int bit)
{
    mix_learn(e->mixer, bit);
    for (int i = 0; i < N; i++)
        counter_learn(e->used[i], bit, 127);
}
