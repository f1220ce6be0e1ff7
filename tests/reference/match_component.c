/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 5.
 */
#include "component.h"

struct match_model {
    unsigned j; /* least length */
    uint32_t *table;
    uint32_t at, length, missed, expected;
    uint32_t counters1[16 * 8][2], counters2[256][8][4];
    uint32_t *used1, *used2; /* NULL if no bit is expected */
};

struct match {
    unsigned log2, n; /* log2: of the positions in a table */
    struct match_model model[3];
};

static uint64_t hash(const struct seen *seen, unsigned j, unsigned log2)
{
    uint64_t a = last(seen, least(j, 8)) * K0;
    for (unsigned q = 9; q <= j; q++)
        a = (a ^ a >> 31) * K2 + back(seen, q);
    return a * K1 >> (64 - log2);
}

static bool is_old(const struct seen *seen, uint32_t place)
{
    return !seen->whole && seen->n - place >= seen->ring_size;
}

static void advance(struct match_model *m, const struct seen *seen)
{
    bool hit = m->expected == (0x100 | back(seen, 1));
    m->length = hit ? least(m->length + 1, 400) : 0;
    m->missed = (m->missed << 1 | !hit) & 0xff;
    m->at++;
    if (m->missed == 0xff || is_old(seen, m->at))
        m->at = m->length = m->missed = 0;
}

static uint32_t agreement(const struct seen *seen, uint32_t place)
{
    uint32_t n = 0, most = least(least(400, seen->ring_size - 1), place);
    while (n < most && ring_at(seen, place - (n + 1)) == back(seen, n + 1))
        n++;
    return n;
}

static void byte(void *state, const struct seen *seen)
{
    struct match *all = state;
    for (unsigned i = 0; i < all->n; i++) {
        struct match_model *m = &all->model[i];
        uint32_t *entry = &m->table[hash(seen, m->j, all->log2)], q = *entry;
        if (m->at != 0)
            advance(m, seen);
        if (m->length < m->j && q != 0 && !is_old(seen, q)) {
            uint32_t a = agreement(seen, q);
            if (a >= m->j && a > m->length) {
                m->at = q;
                m->length = a;
                m->missed = 0;
            }
        }
        *entry = seen->n;
        m->expected = m->at != 0 ? 0x100 | ring_at(seen, m->at) : 0;
    }
}

static void pass(void *state, const struct seen *seen)
{
    struct match *all = state;
    for (unsigned i = 0; i < all->n; i++)
        all->model[i].table[hash(seen, all->model[i].j, all->log2)] = seen->n;
}

static unsigned L(uint32_t length)
{
    static const uint32_t below[] = {12, 16, 20, 24, 32, 64, 400};
    if (length < 8)
        return length;
    unsigned kind = 0;
    while (kind < 7 && length >= below[kind])
        kind++;
    return 8 + kind;
}

static unsigned U(uint32_t missed)
{
    int n = 0;
    for (int i = 0; i < 8; i++)
        n += missed >> i & 1;
    return (missed & 3) + (n > 2 ? 4 : 0);
}

struct continued continue_match(const void *state, const struct seen *seen)
{
    const struct match *all = state;
    struct continued best = {0};
    uint32_t longest = 0;
    for (unsigned i = 0; i < all->n; i++) {
        const struct match_model *m = &all->model[i];
        bool hit = m->expected == (0x100 | back(seen, 1));
        uint32_t length = hit ? least(m->length + 1, 400) : 0;
        if (m->expected == 0 || (best.expected != 0 && length <= longest))
            continue;
        longest = length;
        best = (struct continued){0x100 | ring_at(seen, m->at + 1), L(length),
                                  U((m->missed << 1 | !hit) & 0xff), m->at};
    }
    return best;
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct match *all = state;
    unsigned best = 0;
    for (unsigned i = 0; i < all->n; i++) {
        struct match_model *m = &all->model[i];
        m->used1 = m->used2 = NULL;
        if (m->expected >> (8 - seen->i) != seen->partial) {
            for (int k = 0; k < 3; k++)
                give(given, 0.0f);
            continue;
        }
        unsigned e = m->expected >> (7 - seen->i) & 1, l = L(m->length);
        unsigned l4 = l < 4 ? 0 : l < 9 ? 1 : l < 13 ? 2 : 3;
        m->used1 = &m->counters1[l * 8 + U(m->missed)][e];
        m->used2 = &m->counters2[m->expected & 0xff][seen->i][l4];
        give_pair(given, *m->used1);
        give(given, counter_S(*m->used2));
        best = best > 1 + 2 * l + e ? best : 1 + 2 * l + e;
    }
    give_selector(given, (best >> 1) * 8 + seen->i);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    struct match *all = state;
    (void)seen;
    for (unsigned i = 0; i < all->n; i++) {
        if (all->model[i].used1 == NULL)
            continue;
        counter_learn(all->model[i].used1, bit, 1023);
        counter_learn(all->model[i].used2, bit, 1023);
    }
}

static void make_model(struct match_model *m, unsigned j, unsigned log2)
{
    m->j = j;
    m->table = zeros(sizeof *m->table << log2);
    for (int i = 0; i < 16 * 8; i++) {
        m->counters1[i][0] = counter(15536, 0);
        m->counters1[i][1] = counter(50000, 0);
    }
    for (int i = 0; i < 256 * 8 * 4; i++)
        m->counters2[i / 32][i / 4 % 8][i % 4] = counter(32768, 0);
}

struct component make_match(struct setup *setup)
{
    static const unsigned lengths[2][3] = {{6, 0, 0}, {4, 7, 16}};
    struct match *all = zeros(sizeof *all);
    all->log2 = setup->memory + 13;
    while (UINT64_C(1) << all->log2 < setup->n_reference)
        all->log2++;
    all->n = setup->strong ? 3 : 1;
    for (unsigned i = 0; i < all->n; i++) {
        struct match_model *m = &all->model[i];
        make_model(m, lengths[setup->strong][i], all->log2);
        own(setup, &m->at,
            offsetof(struct match_model, counters1) - offsetof(struct match_model, at));
    }
    return (struct component){all, byte, predict, learn, 3 * all->n, 1, {256}, 0, pass};
}
