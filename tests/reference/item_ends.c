/* SPDX-License-Identifier: Apache-2.0 */
#include "item_ends.h"

#include "mixing.h"

enum { N = 8, MATCHES = 3 * 16 * 8 };

struct ends {
    unsigned log2;
    uint8_t *histories[N], *used[N];
    uint32_t H[N][256], by_match[MATCHES], *match;
    struct mixer *mixer;
};

struct ends *make_ends(unsigned memory)
{
    static const uint32_t choices[] = {32, 8 * (N + 1), MATCHES};
    struct ends *e = zeros(sizeof *e);
    e->log2 = least(memory + 12, 22);
    for (int i = 0; i < N; i++) {
        e->histories[i] = zeros((size_t)1 << e->log2);
        for (unsigned s = 0; s < histories.n; s++) {
            uint32_t n0 = histories.n0[s], n1 = histories.n1[s];
            e->H[i][s] = counter((2 * n1 + 1) * 32768 / (n0 + n1 + 1), 6);
        }
    }
    for (int i = 0; i < MATCHES; i++)
        e->by_match[i] = counter(32768, 0);
    e->mixer = make_end_mixer(2 + 2 * N + 2, 3, choices);
    return e;
}

static void give_known(struct given *given, uint32_t c, bool known)
{
    give(given, known ? counter_S(c) : 0.0f);
    give(given, known ? counter_D(c) : 0.0f);
}

uint32_t predict_end(struct ends *e, const struct predictor *predictor, uint32_t node,
                     uint32_t n_known, float stretch)
{
    static const unsigned n_bytes[N - 1] = {0, 1, 2, 3, 4, 6, 8};
    struct given given = {.n_inputs = 0};
    uint32_t n_met = 0;
    unsigned mark;
    struct continued match = longest_match(predictor, &mark);
    give(&given, stretch);
    give(&given, (squash(stretch) - 0.5f) * 4.0f);
    for (int i = 0; i < N; i++) {
        uint64_t B =
            i < N - 1 ? last_bytes(predictor, n_bytes[i]) : match.expected * 16 + match.length;
        uint64_t h = (B + ((uint64_t)node << 20)) * K0;
        h = (h ^ h >> 32 ^ node) * K1;
        e->used[i] = &e->histories[i][h >> (64 - e->log2)];
        n_met += *e->used[i] != 0;
        give_known(&given, e->H[i][*e->used[i]], *e->used[i] != 0);
    }
    uint32_t kind = (mark * 16 + match.length) * 8 + match.missed;
    e->match = &e->by_match[kind];
    give_known(&given, *e->match, mark != 0);
    int level = (int)((stretch + 14.0f) * (16.0f / 14.0f));
    give_selector(&given, level < 0 ? 0 : level > 31 ? 31 : (uint32_t)level);
    give_selector(&given, n_met * 8 + least(n_known, 7));
    give_selector(&given, kind);
    mix(e->mixer, &given, 1);
    return coder_probability(e->mixer->P);
}

void learn_end(struct ends *e, int bit)
{
    mix_learn(e->mixer, bit, 1.0f);
    counter_learn(e->match, bit, 1023);
    for (int i = 0; i < N; i++) {
        counter_learn(&e->H[i][*e->used[i]], bit, 1023);
        *e->used[i] = histories.after[*e->used[i]][bit];
    }
}
