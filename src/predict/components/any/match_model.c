/* SPDX-License-Identifier: Apache-2.0
 *
 * Match models: find where the last bytes occurred before, and expect what followed there.
 *
 * Each model looks up the last min_length bytes in a table of positions. A match that fails is not
 * given up at once: after an isolated difference (a number in a log line, a name in a table) its
 * continuation is often right again. So the match goes on, with its failures as context, until a
 * verified candidate is found or it has failed too often.
 */
#include <stddef.h>

#include <string.h>

#include "predict/components.h"

enum {
    MATCH_MODELS_MAX = 3,
    LENGTH_KINDS = MATCH_LENGTH_KINDS,
    MISS_KINDS = MATCH_MISS_KINDS,
    VERIFY_MAX = 400, /* longer lengths count as this one */
    MISSES_TO_DROP = 8,
    MATCH_INPUTS = 3,
};

struct match_shared {
    const struct input_tables *tables;
    uint32_t *positions; /* [n_models][1 << positions_log2]: of the byte after the hashed ones */
    unsigned positions_log2;
    unsigned n_models;
    unsigned min_length[MATCH_MODELS_MAX];
    uint32_t by_length[MATCH_MODELS_MAX][LENGTH_KINDS * MISS_KINDS * 2];
    uint32_t by_byte[MATCH_MODELS_MAX][256 * 8 * 4];
};

struct match_stream {
    uint32_t at[MATCH_MODELS_MAX];       /* position of the expected byte; 0: none */
    uint32_t length[MATCH_MODELS_MAX];   /* bytes that agreed without a miss */
    uint32_t misses[MATCH_MODELS_MAX];   /* of the last 8 bytes, newest lowest */
    unsigned expected[MATCH_MODELS_MAX]; /* 256 + byte; 0: none */
    unsigned length_kind[MATCH_MODELS_MAX], miss_kind[MATCH_MODELS_MAX];
    uint32_t *entry[MATCH_MODELS_MAX][2];
};

/* With a reference, the table has a place for each of its bytes; otherwise its older part could not
 * be found. */
static unsigned positions_log2_for(const struct context_config *config)
{
    unsigned log2 = config->memory_log2 - 7;
    while (((uint32_t)1 << log2) < config->reference)
        log2++;
    return log2;
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    static const unsigned min_length[2][MATCH_MODELS_MAX] = {{6}, {4, 7, 16}};
    bool strong = setup->config->strength == CONTEXT_STRONG;
    unsigned n_models = strong ? 3 : 1;
    unsigned positions_log2 = positions_log2_for(setup->config);
    struct match_shared *m = self->shared = arena_take(setup->arena, sizeof *m);
    component_take_streams(setup, self, sizeof(struct match_stream));
    uint32_t *positions =
        arena_take(setup->arena, ((size_t)n_models << positions_log2) * sizeof *positions);
    shape_add_inputs(&setup->shape, n_models * MATCH_INPUTS);
    shape_add_selector(&setup->shape, LENGTH_KINDS * 8 * 2);
    if (positions == NULL)
        return;
    m->tables = setup->tables;
    m->positions = positions;
    m->positions_log2 = positions_log2;
    m->n_models = n_models;
    for (unsigned i = 0; i < n_models; i++) {
        m->min_length[i] = min_length[strong][i];
        for (unsigned k = 0; k < LENGTH_KINDS * MISS_KINDS * 2; k++)
            m->by_length[i][k] = adaptive_start(k & 1 ? 50000 : 15536, 0);
        for (unsigned k = 0; k < 256 * 8 * 4; k++)
            m->by_byte[i][k] = adaptive_start(32768, 0);
    }
}

static uint32_t hash_last(const struct history *h, unsigned n, unsigned log2)
{
    uint64_t a = history_last(h, n < 8 ? n : 8) * UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned i = 9; i <= n; i++)
        a = (a ^ a >> 31) * UINT64_C(0xbf58476d1ce4e5b9) + history_byte(h, i);
    a *= UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(a >> (64 - log2));
}

static uint32_t *slot_of(const struct match_shared *m, unsigned i, const struct history *h)
{
    return &m->positions[((size_t)i << m->positions_log2) +
                         hash_last(h, m->min_length[i], m->positions_log2)];
}

void match_model_skim(void *shared, const struct history *h)
{
    struct match_shared *m = shared;
    for (unsigned i = 0; i < m->n_models; i++)
        *slot_of(m, i, h) = h->n;
}

static uint32_t agreeing_bytes(const struct history *h, uint32_t at)
{
    uint32_t n = 0, max = h->mask < VERIFY_MAX ? h->mask : VERIFY_MAX;
    while (n < max && n < at && h->ring[(at - 1 - n) & h->mask] == history_byte(h, n + 1))
        n++;
    return n;
}

static void advance(const struct history *h, struct match_stream *s, unsigned i)
{
    if (s->at[i] == 0)
        return;
    bool hit = s->expected[i] == (history_byte(h, 1) | 0x100);
    s->length[i] = hit ? s->length[i] + (s->length[i] < VERIFY_MAX) : 0;
    s->misses[i] = (s->misses[i] << 1 | !hit) & 0xff;
    s->at[i]++;
    if (__builtin_popcount(s->misses[i]) >= MISSES_TO_DROP || !history_holds(h, s->at[i]))
        s->at[i] = s->length[i] = s->misses[i] = 0;
}

/* 0 .. 15 */
static unsigned length_kind(uint32_t n)
{
    if (n < 8)
        return n;
    return n < 12           ? 8
           : n < 16         ? 9
           : n < 20         ? 10
           : n < 24         ? 11
           : n < 32         ? 12
           : n < 64         ? 13
           : n < VERIFY_MAX ? 14
                            : 15;
}

static unsigned miss_kind(uint32_t misses)
{
    unsigned recent = misses & 3, n = (unsigned)__builtin_popcount(misses);
    return recent + (n > 2 ? 4 : 0);
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct match_shared *m = shared;
    struct match_stream *s = stream;
    for (unsigned i = 0; i < m->n_models; i++) {
        uint32_t *slot = slot_of(m, i, h);
        advance(h, s, i);
        if (s->length[i] < m->min_length[i] && *slot != 0 && history_holds(h, *slot)) {
            uint32_t n = agreeing_bytes(h, *slot);
            if (n >= m->min_length[i] && n > s->length[i]) {
                s->at[i] = *slot;
                s->length[i] = n;
                s->misses[i] = 0;
            }
        }
        *slot = h->n;
        s->expected[i] = s->at[i] != 0 ? h->ring[s->at[i] & h->mask] | 0x100u : 0;
        s->length_kind[i] = length_kind(s->length[i]);
        s->miss_kind[i] = miss_kind(s->misses[i]);
    }
}

struct match_view match_model_view(const void *shared, const void *stream, const struct history *h)
{
    const struct match_shared *m = shared;
    const struct match_stream *s = stream;
    struct match_view view = {0};
    uint32_t longest = 0;
    for (unsigned i = 0; i < m->n_models; i++) {
        bool hit = s->expected[i] == (history_byte(h, 1) | 0x100);
        uint32_t length = hit ? s->length[i] + (s->length[i] < VERIFY_MAX) : 0;
        if (s->expected[i] == 0 || (view.expected != 0 && length <= longest))
            continue;
        longest = length;
        view.expected = h->ring[(s->at[i] + 1) & h->mask] | 0x100u;
        view.length_kind = length_kind(length);
        view.miss_kind = miss_kind((s->misses[i] << 1 | !hit) & 0xff);
        view.last = s->at[i];
    }
    return view;
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct match_shared *m = shared;
    struct match_stream *s = stream;
    unsigned best = 0;
    for (unsigned i = 0; i < m->n_models; i++) {
        unsigned expected = s->expected[i];
        s->entry[i][0] = NULL;
        if (expected >> (8 - h->bit) != h->partial) {
            for (int k = 0; k < MATCH_INPUTS; k++)
                inputs_add(inputs, 0.0f);
            continue;
        }
        unsigned bit = expected >> (7 - h->bit) & 1, length = s->length_kind[i];
        unsigned known = 1 + length * 2 + bit;
        if (known > best)
            best = known;
        s->entry[i][0] = &m->by_length[i][(length * MISS_KINDS + s->miss_kind[i]) * 2 + bit];
        s->entry[i][1] = &m->by_byte[i][((expected & 0xff) * 8 + h->bit) * 4 + (length < 4    ? 0
                                                                                : length < 9  ? 1
                                                                                : length < 13 ? 2
                                                                                              : 3)];
        float st = m->tables->stretch[adaptive_p12(*s->entry[i][0])];
        inputs_add(inputs, st);
        inputs_add(inputs,
                   ((float)(int)adaptive_p12(*s->entry[i][0]) - 2047.5f) * (1.0f / 1024.0f));
        inputs_add(inputs, m->tables->stretch[adaptive_p12(*s->entry[i][1])]);
    }
    inputs_select(inputs, (best >> 1) * 8 + h->bit);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct match_shared *m = shared;
    struct match_stream *s = stream;
    (void)h;
    for (unsigned i = 0; i < m->n_models; i++)
        if (s->entry[i][0] != NULL)
            for (int k = 0; k < 2; k++)
                adaptive_update(s->entry[i][k], bit, &m->tables->rates, 1023);
}

const struct component_ops match_model_ops = {"match", lay_out, next_byte,  predict,
                                              update,  NULL,    CONTENT_ALL};
