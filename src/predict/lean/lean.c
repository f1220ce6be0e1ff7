/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/lean/lean.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "content/content_type.h"

enum {
    MATCH_MIN = 7,   /* bytes that are hashed to find a match */
    MATCH_MAX = 511, /* longer lengths count as this one */
    VERIFY_MAX = 32, /* bytes over which a new match is compared */
    MISSES_MAX = 8,  /* after so many a match is dropped ... */
    MATCH_GOOD = 16, /* ... unless so many bytes agreed again */
    WEIGHT_START = 4096,
};

static_assert(-1 >> 1 == -1, "negative numbers are shifted arithmetically");
static_assert(sizeof(struct lean_line) == 64, "a line is a cache line");

static void make_tables(struct lean *lean)
{
    struct bit_history history;
    bit_history_init(&history);
    memcpy(lean->next, history.next, sizeof lean->next);
    for (int i = 0; i < 4096; i++) {
        float x = strict_stretch(((float)i + 0.5f) * (1.0f / 4096.0f)) * 256.0f;
        lean->stretch[i] = (int16_t)(x < 0.0f ? x - 0.5f : x + 0.5f);
    }
    for (int i = 0; i < 2 * LEAN_X_MAX; i++) {
        float p = strict_squash((float)(i - LEAN_X_MAX) * (1.0f / 64.0f)) * 65536.0f + 0.5f;
        lean->squash[i] = (uint16_t)(p < 1.0f ? 1.0f : p > 65535.0f ? 65535.0f : p);
    }
    for (int i = 0; i < LEAN_COUNTED; i++) {
        for (unsigned s = 0; s < BIT_HISTORY_STATES; s++) {
            uint32_t n0 = history.n0[s], n1 = history.n1[s];
            lean->learnt.map[i][s] = (uint16_t)((n1 * 2 + 1) * 32768 / (n0 + n1 + 1));
        }
    }
}

struct lean *lean_lay_out(struct arena *arena, const struct context_config *config)
{
    struct lean *lean = arena_take(arena, sizeof *lean);
    unsigned places_log2 = config->memory_log2 - 4;
    while (((uint32_t)1 << places_log2) < config->reference)
        places_log2++;
    unsigned lines_log2 = config->memory_log2 - 7;
    size_t used_before = arena->used;
    struct lean_line *lines = arena_take(arena, sizeof *lines << lines_log2);
    uint8_t *place_checks = arena_take(arena, (size_t)1 << places_log2);
    uint32_t *places = arena_take(arena, ((size_t)1 << places_log2) * sizeof *places);
    if (places == NULL)
        return NULL;
    lean->lines = lines;
    lean->lines_log2 = lines_log2;
    lean->places = places;
    lean->place_checks = place_checks;
    lean->n_table = arena->used - used_before;
    lean->places_log2 = places_log2;
    make_tables(lean);
    for (unsigned k = 0; k < LEAN_LENGTH_KINDS * 2; k++)
        lean->learnt.match_map[k] = k & 1 ? 60000 : 5536;
    for (unsigned set = 0; set < LEAN_TRUST_KINDS * 256; set++)
        for (unsigned i = 0; i < LEAN_INPUTS; i++)
            lean->learnt.weights[set][i] = WEIGHT_START;
    for (unsigned row = 0; row < 1 << LEAN_ROWS_LOG2; row++)
        for (unsigned j = 0; j < LEAN_STEPS; j++)
            lean->learnt.refiner[row][j] = lean->squash[j < 12 ? j * 128 : 2 * LEAN_X_MAX - 1];
    return lean;
}

/* The context that is chosen by the content's type. */
static uint64_t suited_context(struct lean *lean, const struct history *h)
{
    unsigned c = h->last8 & 0xff;
    if (h->content.stride > 0 && h->content.type != CONTENT_DATABASE)
        return (uint64_t)history_byte(h, h->content.stride) << 16 | (h->last8 & 0xff) << 8 |
               UINT64_C(1) << 32;
    if (CONTENT_BIT(h->content.type) & CONTENT_BINARY)
        return (h->last8 & 0xffff00) | UINT64_C(1) << 33;
    bool letter = (c | 0x20) - 'a' < 26u || c >= 128;
    uint32_t word = letter ? (lean->learnt.word + (c | 0x20) + 1) * 0x9e3779b1u : 0;
    lean->learnt.word = word ^ word >> 15;
    return lean->learnt.word != 0 ? lean->learnt.word : c | UINT64_C(1) << 34;
}

static uint64_t hash_context(uint64_t context, unsigned i)
{
    uint64_t h = (context + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return h ^ h >> 32;
}

static struct lean_line *line_of(const struct lean *lean, uint64_t hash, unsigned partial)
{
    uint64_t h = (hash + partial) * UINT64_C(0xd6e8feb86659fd93);
    return &lean->lines[h >> (64 - lean->lines_log2)];
}

static void find_place(struct lean *lean, const struct history *h)
{
    uint64_t hash = (h->last8 << (64 - 8 * MATCH_MIN)) * UINT64_C(0x9e3779b97f4a7c15);
    lean->place = (uint32_t)(hash >> (64 - lean->places_log2));
    lean->place_check = (uint8_t)(hash >> (56 - lean->places_log2));
}

static void set_place(struct lean *lean, uint32_t n)
{
    if (lean->undo) {
        undo_touch(lean->undo, &lean->places[lean->place]);
        undo_touch(lean->undo, &lean->place_checks[lean->place]);
    }
    lean->places[lean->place] = n;
    lean->place_checks[lean->place] = lean->place_check;
}

static uint32_t agreeing_bytes(const struct history *h, uint32_t at)
{
    uint32_t n = 0;
    while (n < VERIFY_MAX && n < at && h->ring[(at - 1 - n) & h->mask] == history_byte(h, n + 1))
        n++;
    return n;
}

/* 0 .. 31 */
static unsigned length_kind(uint32_t n)
{
    return n < 16 ? n : n < 32 ? 16 + (n - 16) / 4 : n < 64 ? 20 + (n - 32) / 8 : 24 + n / 64;
}

static void follow_match(struct lean_learnt *m, const struct history *h)
{
    if (m->match_at == 0)
        return;
    if (h->ring[m->match_at & h->mask] == history_byte(h, 1)) {
        m->match_length += m->match_length < MATCH_MAX;
        m->n_missed = m->match_length < MATCH_GOOD ? m->n_missed : 0;
    } else {
        m->match_length = 0;
        m->n_missed++;
    }
    m->match_at++;
    if (m->n_missed >= MISSES_MAX || !history_holds(h, m->match_at))
        m->match_at = m->match_length = m->n_missed = 0;
}

void lean_next_byte(struct lean *lean, const struct history *h)
{
    struct lean_learnt *m = &lean->learnt;
    follow_match(m, h);
    if (m->match_length < MATCH_MIN && lean->place_checks[lean->place] == lean->place_check) {
        uint32_t place = lean->places[lean->place];
        bool held = place != 0 && history_holds(h, place - MATCH_MIN);
        uint32_t n = held ? agreeing_bytes(h, place) : 0;
        if (n >= MATCH_MIN) {
            m->match_at = place;
            m->match_length = n;
            m->n_missed = 0;
        }
    }
    set_place(lean, h->n);
    lean->expected = m->match_at != 0 ? h->ring[m->match_at & h->mask] | 0x100u : 0;
    lean->length_kind = 2 * length_kind(m->match_length);
    lean->trust = m->match_length < 16 ? 256 : m->match_length < 32 ? 512 : 768;
}

void lean_ask(struct lean *lean, const struct history *h)
{
    uint64_t last = h->last8;
    const uint64_t context[LEAN_HASHED] = {last & 0xffff, last & 0xffffff, last & 0xffffffff,
                                           last & UINT64_C(0xffffffffffff),
                                           suited_context(lean, h)};
    for (unsigned i = 0; i < LEAN_HASHED; i++) {
        lean->hash[i] = hash_context(context[i], i);
        lean->line[i] = line_of(lean, lean->hash[i], 0);
        __builtin_prefetch(lean->line[i]);
    }
    lean->nodes[LEAN_HASHED] = lean->learnt.order1[last & 0xff];
    lean->nodes[LEAN_HASHED + 1] = lean->learnt.order0;
    lean->byte_set = lean->learnt.weights2[last & 0xff];
    lean->row = (uint32_t)(last & 0xffff) * 0x9e3779b1u >> (32 - LEAN_ROWS_LOG2);
    find_place(lean, h);
    __builtin_prefetch(&lean->places[lean->place]);
    __builtin_prefetch(&lean->place_checks[lean->place]);
}

void lean_ask_nibble(struct lean *lean, unsigned partial)
{
    for (unsigned i = 0; i < LEAN_HASHED; i++) {
        __builtin_prefetch(line_of(lean, lean->hash[i], 2 * partial));
        __builtin_prefetch(line_of(lean, lean->hash[i], 2 * partial + 1));
    }
}

/* The slot with the check, emptied if another context had it: that with the shortest history of its first bit. */
static uint8_t *find_slot(struct lean_line *line, unsigned check)
{
    check += check == 0;
    uint32_t same = load_le32(line->check) ^ check * 0x01010101u; /* 0 in the slot's byte */
    uint32_t zeros = (same - 0x01010101u) & ~same & 0x80808080u;  /* the lowest one is right */
    if (zeros != 0)
        return line->node[(unsigned)__builtin_ctz(zeros) >> 3];
    unsigned victim = 0;
    for (unsigned i = 1; i < LEAN_SLOTS; i++)
        victim = line->node[i][0] < line->node[victim][0] ? i : victim;
    line->check[victim] = (uint8_t)check;
    memset(line->node[victim], 0, LEAN_NODES);
    return line->node[victim];
}

void lean_next_nibble(struct lean *lean, unsigned bit, unsigned partial)
{
    for (unsigned i = 0; i < LEAN_HASHED; i++) {
        uint64_t hash = lean->hash[i];
        unsigned check = bit == 0 ? hash & 0xff : (hash >> 8 & 0xff) ^ (partial & 1) * 0x55;
        struct lean_line *line = bit == 0 ? lean->line[i] : line_of(lean, hash, partial >> 1);
        if (lean->undo)
            undo_touch(lean->undo, line);
        lean->nodes[i] = find_slot(line, check);
    }
}

void lean_skim(struct lean *lean, const struct history *history)
{
    find_place(lean, history);
    set_place(lean, history->n);
}

enum tacit_status lean_mark(struct lean *lean)
{
    TRY(undo_create(&lean->undo, (uint8_t *)lean->lines, lean->n_table));
    lean->was = malloc(sizeof *lean->was);
    if (!lean->was)
        return TACIT_ERR_MEMORY;
    *lean->was = lean->learnt;
    return TACIT_OK;
}

void lean_rewind(struct lean *lean)
{
    undo_rewind(lean->undo);
    lean->learnt = *lean->was;
}

void lean_forget_mark(struct lean *lean)
{
    undo_destroy(lean->undo);
    free(lean->was);
    lean->undo = NULL;
    lean->was = NULL;
}
