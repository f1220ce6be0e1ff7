/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 2.
 */
#include "component.h"

enum { N = 7, N_COUNTERS = 1 << 18 };

struct bitmap {
    uint32_t A[4]; /* from 1 */
    uint32_t counters[N][N_COUNTERS], *used[N];
};

static void byte(void *state, const struct seen *seen)
{
    struct bitmap *b = state;
    for (uint32_t r = 1; r <= 3; r++) {
        uint32_t d = r * seen->stride;
        b->A[r] = back(seen, d + 1) << 24 | back(seen, d) << 16 | back(seen, d - 1) << 8 |
                  (d > 2 ? back(seen, d - 2) : 0);
    }
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct bitmap *b = state;
    uint32_t left = (uint32_t)last(seen, 2) << seen->i | seen->partial % (1u << seen->i);
#define PIX(r, x, y) (b->A[r] >> (23 - seen->i - (y)) & ((1u << ((x) + 1 + (y))) - 1))
    uint32_t contexts[N] = {
        (left & 0xf) << 15 | PIX(1, 3, 3) << 8 | PIX(2, 2, 2) << 3 | PIX(3, 1, 1),
        (left & 0xff) << 8 | PIX(1, 3, 4),
        (left & 3) << 16 | PIX(1, 4, 4) << 7 | PIX(2, 3, 3),
        (left & 0xfff) << 5 | PIX(1, 2, 2),
        (left & 0x3f) << 12 | PIX(1, 4, 4) << 3 | PIX(2, 1, 1),
        (left & 7) << 15 | PIX(1, 2, 2) << 10 | PIX(2, 2, 2) << 5 | PIX(3, 2, 2),
        (left & 0x3f) << 22 | PIX(1, 5, 6) << 9 | PIX(2, 4, 4),
    };
    for (int j = 0; j < N; j++) {
        b->used[j] = &b->counters[j][contexts[j] * K >> 14];
        give_pair(given, *b->used[j]);
    }
    give_selector(given, (left & 7) << 6 | PIX(1, 1, 1) << 3 | PIX(2, 1, 1));
    give_selector(given, b->A[1] >> 16 & 0xff);
#undef PIX
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct bitmap *b = state;
    (void)seen;
    for (int j = 0; j < N; j++)
        counter_learn(b->used[j], bit, 400);
}

struct component make_bitmap(struct setup *setup)
{
    struct bitmap *b = zeros(sizeof *b);
    (void)setup;
    for (int j = 0; j < N; j++)
        for (int i = 0; i < N_COUNTERS; i++)
            b->counters[j][i] = counter(32768, 0);
    return (struct component){b, byte, predict, learn, 2 * N, 2, {512, 256}, 0, NULL};
}
