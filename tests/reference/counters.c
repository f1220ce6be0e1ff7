/* SPDX-License-Identifier: Apache-2.0 */
#include "counters.h"

#include "arithmetic.h"

struct histories histories;
float ST[4096];

void counter_learn(uint32_t *counter, int bit, uint32_t limit)
{
    int64_t p = *counter >> 10, c = *counter & 1023;
    p += ((bit ? (1 << 22) - 1 : 0) - p) * (131072 / (2 * c + 3)) / 65536;
    *counter = (uint32_t)p << 10 | least((uint32_t)c + 1, limit);
}

float counter_S(uint32_t counter)
{
    return ST[counter >> 20];
}

float counter_D(uint32_t counter)
{
    return ((float)(counter >> 20) - 2047.5f) * (1.0f / 1024.0f);
}

struct history {
    unsigned n[2], recent;
};

static void bound(unsigned *larger, unsigned *smaller)
{
    static const unsigned most[] = {42, 32, 15, 8, 6, 5};
    while (*larger > (*smaller < 6 ? most[*smaller] : 0)) {
        if (*smaller < 2) {
            *larger -= 1;
        } else {
            *larger = (*larger * (*smaller - 1) + *smaller / 2) / *smaller;
            *smaller -= 1;
        }
    }
}

static struct history next_history(struct history h, int bit)
{
    int exact = h.n[0] + h.n[1] < 4;
    unsigned *seen = &h.n[bit], *other = &h.n[!bit];
    *seen += 1;
    if (!exact) {
        *other = least(*other, 8);
        bound(*seen > *other ? seen : other, *seen > *other ? other : seen);
    }
    h.recent = exact ? 2 * h.recent + (unsigned)bit : (unsigned)bit;
    return h;
}

void make_tables(void)
{
    struct history all[256] = {{{0, 0}, 1}};
    histories.n = 1;
    for (unsigned i = 0; i < histories.n; i++) {
        histories.n0[i] = (uint8_t)all[i].n[0];
        histories.n1[i] = (uint8_t)all[i].n[1];
        for (int bit = 0; bit < 2; bit++) {
            struct history h = next_history(all[i], bit);
            unsigned j = 0;
            while (j < histories.n &&
                   (all[j].n[0] != h.n[0] || all[j].n[1] != h.n[1] || all[j].recent != h.recent))
                j++;
            if (j == histories.n)
                all[histories.n++] = h;
            histories.after[i][bit] = (uint8_t)j;
        }
    }
    for (int i = 0; i < 4096; i++)
        ST[i] = stretch(((float)i + 0.5f) * (1.0f / 4096.0f));
}
