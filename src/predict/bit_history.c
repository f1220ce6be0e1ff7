/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/bit_history.h"

#include <stdbool.h>

enum { EXACT_BITS = 4 };

struct state {
    uint8_t n0, n1;
    uint8_t recent; /* a 1, then the bits seen, while exact; the last bit alone afterwards */
};

static unsigned larger_count_max(unsigned smaller)
{
    static const uint8_t max[] = {42, 32, 15, 8, 6, 5};
    return smaller < sizeof max ? max[smaller] : 0;
}

/* The count that remains of n occurrences of a bit after its opposite. */
static unsigned faded(unsigned n)
{
    return n < 8 ? n : 8;
}

/* Reduces the counts and keeps their ratio as far as possible. */
static void bound_counts(unsigned *larger, unsigned *smaller)
{
    while (*larger > larger_count_max(*smaller)) {
        if (*smaller < 2) {
            --*larger;
        } else {
            *larger = (*larger * (*smaller - 1) + *smaller / 2) / *smaller;
            --*smaller;
        }
    }
}

static struct state after(struct state s, unsigned bit)
{
    unsigned seen = bit ? s.n1 : s.n0, other = bit ? s.n0 : s.n1;
    bool exact = s.n0 + s.n1 < EXACT_BITS;
    seen++;
    if (!exact) {
        other = faded(other);
        if (seen > other)
            bound_counts(&seen, &other);
        else
            bound_counts(&other, &seen);
    }
    struct state t = {(uint8_t)(bit ? other : seen), (uint8_t)(bit ? seen : other), 0};
    t.recent = (uint8_t)(t.n0 + t.n1 <= EXACT_BITS && exact ? s.recent << 1 | bit : bit);
    return t;
}

static unsigned find_or_add(struct state *states, unsigned *n_states, struct state s)
{
    for (unsigned i = 0; i < *n_states; i++)
        if (states[i].n0 == s.n0 && states[i].n1 == s.n1 && states[i].recent == s.recent)
            return i;
    if (*n_states == BIT_HISTORY_STATES)
        return 0; /* the bounds above limit the number; the tests assert that */
    states[*n_states] = s;
    return (*n_states)++;
}

void bit_history_init(struct bit_history *table)
{
    struct state states[BIT_HISTORY_STATES] = {{0, 0, 1}};
    unsigned n_states = 1;
    *table = (struct bit_history){0};
    for (unsigned i = 0; i < n_states; i++) {
        table->n0[i] = states[i].n0;
        table->n1[i] = states[i].n1;
        for (unsigned bit = 0; bit < 2; bit++)
            table->next[i][bit] = (uint8_t)find_or_add(states, &n_states, after(states[i], bit));
    }
}
