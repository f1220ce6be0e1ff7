/* SPDX-License-Identifier: Apache-2.0 */
#include "lean.h"

#include <string.h>

enum { N_HASHED = 5, N_HISTORIES = 7, N_INPUTS = 8, N_ROWS = 4096, N_STEPS = 13 };

struct slot {
    unsigned check;
    uint8_t node[15];
};

struct lean {
    unsigned memory, places_log2; /* places_log2: of the match */
    int stretch16[4096], squash16[1536];
    struct slot (*lines)[4];
    uint32_t *table;
    uint8_t order0[256], order1[256][256];
    unsigned map[N_HISTORIES][256], match_map[32][2], step[N_ROWS][N_STEPS];
    int w[4][256][N_INPUTS], w2[256][N_INPUTS], w3[2][256][8][N_INPUTS];
    uint32_t word, at, length, missed;
    /* The present byte's */
    uint64_t h[N_HASHED];
    uint8_t *nodes[N_HASHED];
    unsigned expected, trust, last1, row;
    /* The present bit's */
    uint8_t *history[N_HISTORIES];
    unsigned *match_counter, *nearer;
    int x[N_INPUTS], *set, *set2, *set3, p;
};

static int bounded_int(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

/* Rounded towards minus infinity. */
static int shifted(int v, int by)
{
    int unit = 1 << by, q = v / unit;
    return v % unit < 0 ? q - 1 : q;
}

struct lean *make_lean(unsigned memory, uint64_t n_reference)
{
    struct lean *l = zeros(sizeof *l);
    l->memory = memory;
    l->places_log2 = memory + 16;
    while (UINT64_C(1) << l->places_log2 < n_reference)
        l->places_log2++;
    for (int i = 0; i < 4096; i++) {
        float v = ST[i] * 256.0f;
        l->stretch16[i] = (int)(v < 0.0f ? v - 0.5f : v + 0.5f);
    }
    for (int i = 0; i < 1536; i++) {
        float v = squash((float)(i - 768) * (1.0f / 64.0f)) * 65536.0f + 0.5f;
        l->squash16[i] = bounded_int((int)v, 1, 65535);
    }
    l->lines = zeros(sizeof *l->lines << (memory + 13));
    l->table = zeros(sizeof *l->table << l->places_log2);
    for (int i = 0; i < N_HISTORIES; i++)
        for (unsigned s = 0; s < histories.n; s++)
            l->map[i][s] =
                (2u * histories.n1[s] + 1) * 32768 / (1u + histories.n0[s] + histories.n1[s]);
    for (int k = 0; k < 32; k++) {
        l->match_map[k][0] = 5536;
        l->match_map[k][1] = 60000;
    }
    for (int i = 0; i < 4 * 256 * N_INPUTS; i++)
        l->w[i / 2048][i / 8 % 256][i % 8] = 4096;
    for (int row = 0; row < N_ROWS; row++)
        for (int j = 0; j < N_STEPS; j++)
            l->step[row][j] = (unsigned)l->squash16[j < 12 ? 128 * j : 1535];
    return l;
}

static uint64_t suited(struct lean *l, const struct seen *seen)
{
    unsigned c = (unsigned)last(seen, 1), lower = c | 0x20;
    if (seen->stride > 0 && seen->type != 29)
        return UINT64_C(1) << 32 | back(seen, seen->stride) << 16 | c << 8;
    if (seen->type == 0 || seen->type == 4 || seen->type == 29)
        return UINT64_C(1) << 33 | (last(seen, 3) & 0xffff00);
    if (c < 128 && (lower < 'a' || lower > 'z')) {
        l->word = 0;
        return UINT64_C(1) << 34 | c;
    }
    l->word = (l->word + lower + 1) * K;
    l->word ^= l->word >> 15;
    return l->word ? l->word : UINT64_C(1) << 34 | c;
}

static bool is_old(const struct seen *seen, uint32_t place)
{
    return seen->n - place > seen->ring_size - 1;
}

static void follow(struct lean *l, const struct seen *seen)
{
    if (l->at == 0)
        return;
    if (ring_at(seen, l->at) == back(seen, 1)) {
        l->length = least(l->length + 1, 511);
        if (l->length >= 16)
            l->missed = 0;
    } else {
        l->length = 0;
        l->missed += 1;
    }
    l->at += 1;
    if (l->missed >= 8 || is_old(seen, l->at))
        l->at = l->length = l->missed = 0;
}

static uint32_t *place_of(struct lean *l, const struct seen *seen)
{
    return &l->table[((last(seen, 7) << 8) * K0) >> (64 - l->places_log2)];
}

void lean_pass(struct lean *l, const struct seen *seen)
{
    *place_of(l, seen) = seen->n;
}

static void match_byte(struct lean *l, const struct seen *seen)
{
    uint32_t *entry = place_of(l, seen), q = *entry, n = 0;
    follow(l, seen);
    if (l->length < 7 && q != 0 && !is_old(seen, q - 7)) {
        while (n < 32 && n < q && ring_at(seen, q - (n + 1)) == back(seen, n + 1))
            n++;
        if (n >= 7) {
            l->at = q;
            l->length = n;
            l->missed = 0;
        }
    }
    *entry = seen->n;
    l->expected = l->at != 0 ? 256 + ring_at(seen, l->at) : 0;
    l->trust = l->length < 16 ? 1 : l->length < 32 ? 2 : 3;
}

static void byte(struct lean *l, const struct seen *seen)
{
    uint64_t number[N_HASHED] = {last(seen, 2), last(seen, 3), last(seen, 4), last(seen, 6), 0};
    number[4] = suited(l, seen);
    for (unsigned u = 0; u < N_HASHED; u++) {
        uint64_t h = (number[u] + u + 1) * K0;
        h = (h ^ h >> 29) * K2;
        l->h[u] = h ^ h >> 32;
    }
    l->last1 = (unsigned)last(seen, 1);
    l->row = (uint32_t)last(seen, 2) * K >> 20;
    match_byte(l, seen);
}

static uint8_t *find(struct lean *l, uint64_t hash, unsigned salt, unsigned check)
{
    uint64_t n = UINT64_C(1) << (l->memory + 13);
    struct slot *line = l->lines[(((hash + salt) * K1) >> 32) * n >> 32], *least_used = line;
    check = check ? check : 1;
    for (int i = 0; i < 4; i++)
        if (line[i].check == check)
            return line[i].node;
    for (int i = 1; i < 4; i++)
        if (line[i].node[0] < least_used->node[0])
            least_used = &line[i];
    memset(least_used, 0, sizeof *least_used);
    least_used->check = check;
    return least_used->node;
}

static void nibble(struct lean *l, const struct seen *seen)
{
    for (unsigned u = 0; u < N_HASHED; u++) {
        uint64_t h = l->h[u];
        l->nodes[u] = seen->i == 0 ? find(l, h, 0, h & 255)
                                   : find(l, h, seen->partial >> 1,
                                          (h >> 8 & 255) ^ (seen->partial & 1 ? 0x55 : 0));
    }
}

static unsigned length_kind(uint32_t n)
{
    return n < 16 ? n : n < 32 ? 12 + n / 4 : n < 64 ? 16 + n / 8 : 24 + n / 64;
}

uint32_t lean_predict_bit(struct lean *l, const struct seen *seen)
{
    unsigned q = 1u << seen->i % 4, node = q - 1 + seen->partial % q, trust = 0;
    if (seen->i == 0)
        byte(l, seen);
    if (seen->i % 4 == 0)
        nibble(l, seen);
    for (unsigned u = 0; u < N_HASHED; u++)
        l->history[u] = &l->nodes[u][node];
    l->history[5] = &l->order1[l->last1][seen->partial];
    l->history[6] = &l->order0[seen->partial];
    for (unsigned u = 0; u < N_HISTORIES; u++)
        l->x[u] = l->stretch16[l->map[u][*l->history[u]] / 16];
    l->match_counter = NULL;
    l->x[7] = 0;
    if (l->expected >> (8 - seen->i) == seen->partial) {
        l->match_counter = &l->match_map[length_kind(l->length)][l->expected >> (7 - seen->i) & 1];
        l->x[7] = l->stretch16[*l->match_counter / 16];
        trust = l->trust;
    }
    l->set = l->w[trust][seen->partial];
    l->set2 = l->w2[l->last1];
    l->set3 = l->w3[trust > 0][l->expected & 255][seen->i];
    int sum = 32768;
    for (int i = 0; i < N_INPUTS; i++)
        sum += l->x[i] * (l->set[i] + l->set2[i] + l->set3[i]);
    unsigned a = (unsigned)(bounded_int(shifted(sum, 16), -768, 767) + 768);
    l->p = l->squash16[a];
    unsigned *step = &l->step[l->row ^ seen->partial][a / 128], share = a % 128;
    l->nearer = share < 64 ? step : step + 1;
    unsigned refined = (step[0] * (128 - share) + step[1] * share) / 128;
    unsigned both = ((unsigned)l->p + refined) / 2;
    return (both ? both : 1) * 65536;
}

static void move(unsigned *p, int bit, int rate)
{
    if (bit)
        *p += (65535 - *p) >> rate;
    else
        *p -= *p >> rate;
}

void lean_learn_bit(struct lean *l, int bit)
{
    int error = bit * 65536 - l->p;
    if (error > 256 || error < -256) {
        int e = shifted(error * 9, 5);
        for (int i = 0; i < N_INPUTS; i++) {
            int change = shifted(l->x[i] * e + 32768, 16);
            l->set[i] = bounded_int(l->set[i] + change, -32768, 32767);
            l->set2[i] = bounded_int(l->set2[i] + change, -32768, 32767);
            l->set3[i] = bounded_int(l->set3[i] + change, -32768, 32767);
        }
    }
    for (unsigned u = 0; u < N_HISTORIES; u++) {
        unsigned state = *l->history[u];
        *l->history[u] = histories.after[state][bit];
        move(&l->map[u][state], bit, 7);
    }
    if (l->match_counter)
        move(l->match_counter, bit, 6);
    move(l->nearer, bit, 6);
}
