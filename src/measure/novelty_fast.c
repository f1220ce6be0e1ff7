/* SPDX-License-Identifier: Apache-2.0
 *
 * Novelty (novelty.h) by a small hashed order-n model, the default of `tacit select`.
 */
#include "measure/novelty.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge_pages.h"
#include "base/strict_math.h"

enum {
    N_HASHED = 3, /* contexts of 2, 3 and 5 bytes */
    N_SLOTS = 29,
    OWN_LOG2 = 10, /* lines of a scorer */
    TABLE_PER_BYTE = 64,
    TABLE_LOG2_MIN = 22,
    TABLE_LOG2_MAX = 29,
    COUNT_MAX = 60000,
    AHEAD = 8, /* bytes, for which lines are fetched before they are needed */
};

/* A context's statistics: one cache line. */
struct line {
    uint16_t check; /* 0: free */
    uint16_t total;
    uint16_t n_distinct;
    uint16_t count[N_SLOTS];
};

static_assert(sizeof(struct line) == 64, "a line of the cache");

/* The contexts that need no hashing: the empty one, and one byte. */
struct small_orders {
    uint32_t total0, count0[256];
    uint32_t total1[256], n_distinct1[256];
    uint32_t count1[256][256];
};

/* A thread's own counts: what a record repeats of itself. */
struct scorer {
    struct line lines[1 << OWN_LOG2] __attribute__((aligned(64)));
    uint32_t epochs[1 << OWN_LOG2]; /* of each line: which record it is of ... */
    uint32_t epoch;                 /* ... and the present record; lines of other records count as
                                       free */
};

/* All scorers share what was learnt. */
struct fast {
    struct small_orders small;
    struct line *lines; /* [2^lines_log2] */
    unsigned lines_log2;
    bool is_empty;
    struct scorer *scorers;
};

static void *take_lines(size_t n_bytes)
{
    void *lines = aligned_alloc(sizeof(struct line), n_bytes);
    if (!lines)
        return NULL;
    huge_pages_prefer(lines, n_bytes);
    return memset(lines, 0, n_bytes);
}

static void fast_destroy(void *measure)
{
    struct fast *fast = measure;
    if (!fast)
        return;
    free(fast->lines);
    free(fast->scorers);
    free(fast);
}

static enum tacit_status fast_create(void **measure, uint64_t n_bytes, unsigned n_scorers)
{
    unsigned log2 = TABLE_LOG2_MIN;
    while (log2 < TABLE_LOG2_MAX && (UINT64_C(1) << log2) / TABLE_PER_BYTE < n_bytes)
        log2++;
    struct fast *fast = *measure = calloc(1, sizeof *fast);
    if (!fast)
        return TACIT_ERR_MEMORY;
    fast->lines_log2 = log2 - 6;
    fast->is_empty = true;
    fast->lines = take_lines((size_t)1 << log2);
    fast->scorers = take_lines(n_scorers * sizeof *fast->scorers);
    if (fast->lines && fast->scorers)
        return TACIT_OK;
    fast_destroy(fast);
    *measure = NULL;
    return TACIT_ERR_MEMORY;
}

/* The last bytes, the latest lowest, as a context of order 2, 3 or 5. */
static uint64_t hash_context(uint64_t last, unsigned order)
{
    static const uint64_t mask[N_HASHED] = {0xffff, 0xffffff, 0xffffffffff};
    uint64_t h = ((last & mask[order]) * 4 + order + 1) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static uint16_t check_of(uint64_t hash)
{
    return (uint16_t)(hash >> 8 | 1);
}

static unsigned slot_of(uint8_t byte)
{
    return byte * 11u % N_SLOTS; /* letters of one case apart */
}

static struct line *own_line(struct scorer *scorer, uint64_t hash)
{
    uint64_t i = hash >> (64 - OWN_LOG2);
    if (scorer->epochs[i] != scorer->epoch)
        scorer->lines[i].check = 0;
    scorer->epochs[i] = scorer->epoch;
    return &scorer->lines[i];
}

struct counts {
    float count, total, n_distinct;
};

/* Adds a line's counts of the symbol; a line of another context adds nothing. */
static void add_line(struct counts *counts, const struct line *line, uint16_t check, unsigned slot)
{
    if (line->check != check)
        return;
    counts->count += (float)line->count[slot];
    counts->total += (float)line->total;
    if (counts->n_distinct < (float)line->n_distinct)
        counts->n_distinct = (float)line->n_distinct;
}

static float blend(float p, const struct counts *c)
{
    return c->total > 0 ? (c->count + c->n_distinct * p) / (c->total + c->n_distinct) : p;
}

static float small_probability(const struct small_orders *s, uint8_t before, uint8_t byte)
{
    float p = ((float)s->count0[byte] + 0.5f) / ((float)s->total0 + 128.0f);
    struct counts c = {(float)s->count1[before][byte], (float)s->total1[before],
                       (float)s->n_distinct1[before]};
    return blend(p, &c);
}

static void line_learn(struct line *line, uint16_t check, unsigned slot)
{
    if (line->check != check) {
        memset(line, 0, sizeof *line);
        line->check = check;
    }
    if (line->total >= COUNT_MAX) {
        line->total = 0;
        for (int i = 0; i < N_SLOTS; i++)
            line->total = (uint16_t)(line->total + (line->count[i] /= 2));
    }
    line->n_distinct = (uint16_t)(line->n_distinct + (line->count[slot] == 0));
    line->count[slot]++;
    line->total++;
}

/* The shared lines for the byte behind the last ones. */
static void fetch(const struct fast *fast, uint64_t last)
{
    for (unsigned order = 0; order < N_HASHED; order++)
        __builtin_prefetch(&fast->lines[hash_context(last, order) >> (64 - fast->lines_log2)]);
}

static enum tacit_status fast_bits(void *measure, unsigned number, const uint8_t *data, size_t n,
                                   double *bits)
{
    const struct fast *fast = measure;
    struct scorer *scorer = &fast->scorers[number];
    const unsigned shift = 64 - fast->lines_log2;
    uint64_t last = 0, ahead = 0;
    float product = 1.0f, nats = 0.0f;
    scorer->epoch++;
    for (size_t i = 0; i < n && i < AHEAD; i++)
        ahead = ahead << 8 | data[i];
    for (size_t i = 0; i < n; i++) {
        if (!fast->is_empty && i + AHEAD < n) {
            fetch(fast, ahead);
            ahead = ahead << 8 | data[i + AHEAD];
        }
        unsigned slot = slot_of(data[i]);
        float p = small_probability(&fast->small, (uint8_t)last, data[i]);
        for (unsigned order = 0; order < N_HASHED; order++) {
            uint64_t hash = hash_context(last, order);
            uint16_t check = check_of(hash);
            struct line *own = own_line(scorer, hash);
            struct counts counts = {0, 0, 0};
            if (!fast->is_empty)
                add_line(&counts, &fast->lines[hash >> shift], check, slot);
            add_line(&counts, own, check, slot);
            p = blend(p, &counts);
            line_learn(own, check, slot);
        }
        product *= p;
        if (product < 1e-20f) {
            nats -= strict_log(product);
            product = 1.0f;
        }
        last = last << 8 | data[i];
    }
    *bits = (double)((nats - strict_log(product)) * STRICT_LOG2_E);
    return TACIT_OK;
}

static enum tacit_status fast_learn(void *measure, const uint8_t *data, size_t n)
{
    struct fast *fast = measure;
    struct small_orders *s = &fast->small;
    const unsigned shift = 64 - fast->lines_log2;
    uint64_t last = 0;
    fast->is_empty = false;
    for (size_t i = 0; i < n; i++) {
        uint8_t before = (uint8_t)last, byte = data[i];
        s->count0[byte]++;
        s->total0++;
        s->n_distinct1[before] += s->count1[before][byte] == 0;
        s->count1[before][byte]++;
        s->total1[before]++;
        for (unsigned order = 0; order < N_HASHED; order++) {
            uint64_t hash = hash_context(last, order);
            line_learn(&fast->lines[hash >> shift], check_of(hash), slot_of(byte));
        }
        last = last << 8 | byte;
    }
    return TACIT_OK;
}

const struct novelty_ops novelty_fast = {fast_create, fast_destroy, fast_bits, fast_learn, 1};
