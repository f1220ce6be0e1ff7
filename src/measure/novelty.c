/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/novelty.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strict_math.h"

enum {
    N_HASHED = 3, /* contexts of 2, 3 and 5 bytes */
    N_SLOTS = 29,
    OWN_LOG2 = 10, /* lines of a scorer */
    MEMORY_LOG2_MIN = 16,
    MEMORY_LOG2_MAX = 32,
    COUNT_MAX = 60000,
};

/* A context's statistics: one cache line. */
struct line {
    uint16_t check; /* 0: free */
    uint16_t total;
    uint16_t n_distinct;
    uint16_t count[N_SLOTS];
};

static_assert(sizeof(struct line) == 64, "a line of the cache");

/* The contexts that need no hashing: none, and one byte. */
struct small_orders {
    uint32_t total0, count0[256];
    uint32_t total1[256], n_distinct1[256];
    uint32_t count1[256][256];
};

struct novelty {
    struct small_orders small;
    struct line *lines; /* [2^lines_log2] */
    unsigned lines_log2;
    bool is_empty;
};

struct novelty_scorer {
    const struct novelty *novelty;
    struct line lines[1 << OWN_LOG2];
    uint32_t epoch; /* goes into checks: what earlier records left is not found */
};

enum tacit_status novelty_create(struct novelty **out, unsigned memory_log2)
{
    *out = NULL;
    if (memory_log2 < MEMORY_LOG2_MIN || memory_log2 > MEMORY_LOG2_MAX)
        return TACIT_ERR_ARGUMENT;
    struct novelty *novelty = calloc(1, sizeof *novelty);
    if (!novelty)
        return TACIT_ERR_MEMORY;
    novelty->lines_log2 = memory_log2 - 6;
    novelty->is_empty = true;
    novelty->lines = aligned_alloc(64, (size_t)1 << memory_log2);
    if (!novelty->lines) {
        free(novelty);
        return TACIT_ERR_MEMORY;
    }
    memset(novelty->lines, 0, (size_t)1 << memory_log2);
    *out = novelty;
    return TACIT_OK;
}

void novelty_destroy(struct novelty *novelty)
{
    if (!novelty)
        return;
    free(novelty->lines);
    free(novelty);
}

enum tacit_status novelty_scorer_create(struct novelty_scorer **scorer,
                                        const struct novelty *novelty)
{
    *scorer = aligned_alloc(64, (sizeof **scorer + 63) / 64 * 64);
    if (!*scorer)
        return TACIT_ERR_MEMORY;
    memset(*scorer, 0, sizeof **scorer);
    (*scorer)->novelty = novelty;
    return TACIT_OK;
}

void novelty_scorer_destroy(struct novelty_scorer *scorer)
{
    free(scorer);
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

/* Adds what a line knows of the symbol; NULL or another context's: nothing. */
struct counts {
    float count, total, n_distinct;
};

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

double novelty_bits(struct novelty_scorer *scorer, const uint8_t *data, size_t n)
{
    const struct novelty *novelty = scorer->novelty;
    const unsigned shift = 64 - novelty->lines_log2;
    uint64_t last = 0;
    float product = 1.0f, nats = 0.0f;
    scorer->epoch++;
    for (size_t i = 0; i < n; i++) {
        unsigned slot = slot_of(data[i]);
        float p = small_probability(&novelty->small, (uint8_t)last, data[i]);
        for (unsigned order = 0; order < N_HASHED; order++) {
            uint64_t hash = hash_context(last, order);
            uint16_t own_check = (uint16_t)((hash + scorer->epoch * 40503u) >> 3 | 1);
            struct line *own = &scorer->lines[hash >> (64 - OWN_LOG2)];
            struct counts counts = {0, 0, 0};
            if (!novelty->is_empty)
                add_line(&counts, &novelty->lines[hash >> shift], check_of(hash), slot);
            add_line(&counts, own, own_check, slot);
            p = blend(p, &counts);
            line_learn(own, own_check, slot);
        }
        product *= p;
        if (product < 1e-20f) {
            nats -= strict_log(product);
            product = 1.0f;
        }
        last = last << 8 | data[i];
    }
    return (double)((nats - strict_log(product)) * STRICT_LOG2_E);
}

void novelty_learn(struct novelty *novelty, const uint8_t *data, size_t n)
{
    struct small_orders *s = &novelty->small;
    const unsigned shift = 64 - novelty->lines_log2;
    uint64_t last = 0;
    novelty->is_empty = false;
    for (size_t i = 0; i < n; i++) {
        uint8_t before = (uint8_t)last, byte = data[i];
        s->count0[byte]++;
        s->total0++;
        s->n_distinct1[before] += s->count1[before][byte] == 0;
        s->count1[before][byte]++;
        s->total1[before]++;
        for (unsigned order = 0; order < N_HASHED; order++) {
            uint64_t hash = hash_context(last, order);
            line_learn(&novelty->lines[hash >> shift], check_of(hash), slot_of(byte));
        }
        last = last << 8 | byte;
    }
}
