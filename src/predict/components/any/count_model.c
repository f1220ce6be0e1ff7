/* SPDX-License-Identifier: Apache-2.0
 *
 * The last one, two and three bytes as context, each with adaptive probabilities of its own: in a context seen
 * hundreds of times, these probabilities are more exact than a bit history can be.
 *
 * Hashed without a check. Entries are stored XOR START, so that zeroed memory holds start values.
 */
#include <stddef.h>

#include "predict/components.h"

enum { N_ORDERS = 3, LINE = 16 /* entries: a nibble's decisions, a cache line */, LIMIT = 1023 };

#define START adaptive_start(32768, 0)

struct count_shared {
    const struct input_tables *tables;
    uint32_t *entries; /* [N_ORDERS][1 << entries_log2]: xor START */
    unsigned entries_log2;
};

struct count_stream {
    uint64_t hash[N_ORDERS];
    uint32_t *line[N_ORDERS]; /* of the present nibble */
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct count_shared *m = self->shared = arena_take(setup->arena, sizeof *m);
    component_take_streams(setup, self, sizeof(struct count_stream));
    unsigned entries_log2 = setup->config->memory_log2 - 7;
    uint32_t *entries =
        arena_take(setup->arena, ((size_t)N_ORDERS << entries_log2) * sizeof *entries);
    shape_add_inputs(&setup->shape, N_ORDERS * 2);
    if (entries != NULL)
        *m = (struct count_shared){setup->tables, entries, entries_log2};
}

static uint32_t *line_of(const struct count_shared *m, const struct count_stream *s, unsigned i,
                         unsigned partial)
{
    uint64_t h = s->hash[i] + partial * UINT64_C(0xd6e8feb86659fd93);
    h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return m->entries + ((size_t)i << m->entries_log2) + (h >> (68 - m->entries_log2)) * LINE;
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct count_stream *s = stream;
    (void)shared;
    for (unsigned i = 0; i < N_ORDERS; i++)
        s->hash[i] = (history_last(h, i + 1) + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void prefetch(void *shared, void *stream, const struct history *h)
{
    for (unsigned i = 0; i < N_ORDERS; i++)
        __builtin_prefetch(line_of(shared, stream, i, h->partial));
}

static uint32_t *entry_of(const struct count_stream *s, unsigned i, const struct history *h)
{
    unsigned leading = 1u << (h->bit & 3);
    return s->line[i] + (leading | (h->partial & (leading - 1)));
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct count_shared *m = shared;
    struct count_stream *s = stream;
    for (unsigned i = 0; i < N_ORDERS; i++) {
        if ((h->bit & 3) == 0)
            s->line[i] = line_of(m, s, i, h->partial);
        uint32_t word = *entry_of(s, i, h) ^ START, p = adaptive_p12(word);
        float known = (word & ADAPTIVE_LIMIT_MAX) != 0 ? 1.0f : 0.0f;
        inputs_add(inputs, m->tables->stretch[p] * known);
        inputs_add(inputs, ((float)(int)p - 2047.5f) * (1.0f / 1024.0f) * known);
    }
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct count_shared *m = shared;
    for (unsigned i = 0; i < N_ORDERS; i++) {
        uint32_t *entry = entry_of(stream, i, h), word = *entry ^ START;
        adaptive_update(&word, bit, &m->tables->rates, LIMIT);
        *entry = word ^ START;
    }
}

const struct component_ops count_model_ops = {"count", lay_out,  next_byte,  predict,
                                              update,  prefetch, CONTENT_ALL};
