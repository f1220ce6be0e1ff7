/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte-pair counting. Each distinct piece is kept once with its count, as a row of symbols; for
 * each adjacent pair the total count and the pieces that (may) hold it. A heap gives the commonest
 * pair; its entries may be out of date and are checked when they come up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "token/pretokenizer.h"
#include "workshop/net/random.h"
#include "workshop/text/vocab.h"

struct piece {
    uint64_t count;
    uint8_t n;
    uint8_t bytes[VOCAB_TOKEN_MAX];
    uint16_t ids[VOCAB_TOKEN_MAX];
};

struct pair {
    uint32_t key; /* left << 16 | right, + 1; 0 is free */
    uint32_t n_pieces, cap;
    int64_t count;
    uint32_t *pieces;
};

struct candidate {
    int64_t count;
    uint32_t key;
};

struct counter {
    struct piece *pieces; /* open addressing while counting, then packed */
    size_t n_pieces, piece_cap;
    struct pair *pairs;
    size_t n_pairs, pair_cap;
    struct candidate *heap;
    size_t n_heap, heap_cap;
};

static uint64_t hash_bytes(const uint8_t *bytes, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * 0x100000001B3u;
    return random_mix(h);
}

static struct piece *piece_slot(struct piece *pieces, size_t cap, const uint8_t *bytes, size_t n)
{
    size_t at = hash_bytes(bytes, n) & (cap - 1);
    while (pieces[at].n && (pieces[at].n != n || memcmp(pieces[at].bytes, bytes, n)))
        at = (at + 1) & (cap - 1);
    return &pieces[at];
}

static enum tacit_status grow_pieces(struct counter *t)
{
    const size_t cap = t->piece_cap ? t->piece_cap * 2 : (size_t)1 << 18;
    struct piece *pieces = calloc(cap, sizeof *pieces);
    if (!pieces)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < t->piece_cap; i++)
        if (t->pieces[i].n)
            *piece_slot(pieces, cap, t->pieces[i].bytes, t->pieces[i].n) = t->pieces[i];
    free(t->pieces);
    t->pieces = pieces;
    t->piece_cap = cap;
    return TACIT_OK;
}

static enum tacit_status count_text(struct counter *t, const uint8_t *text, size_t n)
{
    const struct pretokenizer *pre =
        pretokenizer_find((struct byte_view){(const uint8_t *)"tacit", 5});
    while (n > 0) {
        const size_t len = pretokenizer_next(pre, text, n);
        if (len > 1) {
            if (t->n_pieces * 2 >= t->piece_cap)
                TRY(grow_pieces(t));
            struct piece *w = piece_slot(t->pieces, t->piece_cap, text, len);
            if (!w->n) {
                w->n = (uint8_t)len;
                memcpy(w->bytes, text, len);
                t->n_pieces++;
            }
            w->count++;
        }
        text += len;
        n -= len;
    }
    return TACIT_OK;
}

/* Packs the pieces to the front and makes their symbols. */
static void pack_pieces(struct counter *t, uint32_t min_count)
{
    size_t n = 0;
    for (size_t i = 0; i < t->piece_cap; i++) {
        if (!t->pieces[i].n || t->pieces[i].count < min_count)
            continue;
        struct piece w = t->pieces[i];
        for (size_t j = 0; j < w.n; j++)
            w.ids[j] = w.bytes[j];
        t->pieces[n++] = w;
    }
    t->n_pieces = n;
}

static struct pair *pair_slot(struct pair *pairs, size_t cap, uint32_t key)
{
    size_t at = random_mix(key) & (cap - 1);
    while (pairs[at].key && pairs[at].key != key)
        at = (at + 1) & (cap - 1);
    return &pairs[at];
}

static enum tacit_status grow_pairs(struct counter *t)
{
    const size_t cap = t->pair_cap ? t->pair_cap * 2 : (size_t)1 << 14;
    struct pair *pairs = calloc(cap, sizeof *pairs);
    if (!pairs)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < t->pair_cap; i++)
        if (t->pairs[i].key)
            *pair_slot(pairs, cap, t->pairs[i].key) = t->pairs[i];
    free(t->pairs);
    t->pairs = pairs;
    t->pair_cap = cap;
    return TACIT_OK;
}

/* Adds `count` to the pair; a positive count also records the piece. */
static enum tacit_status count_pair(struct counter *t, uint16_t left, uint16_t right, int64_t count,
                                    uint32_t piece)
{
    if (t->n_pairs * 2 >= t->pair_cap)
        TRY(grow_pairs(t));
    struct pair *p = pair_slot(t->pairs, t->pair_cap, ((uint32_t)left << 16 | right) + 1);
    if (!p->key) {
        p->key = ((uint32_t)left << 16 | right) + 1;
        t->n_pairs++;
    }
    p->count += count;
    if (count < 0 || (p->n_pieces && p->pieces[p->n_pieces - 1] == piece))
        return TACIT_OK;
    if (p->n_pieces == p->cap) {
        const uint32_t cap = p->cap ? p->cap * 2 : 4;
        uint32_t *pieces = realloc(p->pieces, cap * sizeof *pieces);
        if (!pieces)
            return TACIT_ERR_MEMORY;
        p->pieces = pieces;
        p->cap = cap;
    }
    p->pieces[p->n_pieces++] = piece;
    return TACIT_OK;
}

static int before(const struct candidate *a, const struct candidate *b)
{
    return a->count != b->count ? a->count > b->count : a->key < b->key;
}

static enum tacit_status heap_push(struct counter *t, struct candidate c)
{
    if (t->n_heap == t->heap_cap) {
        const size_t cap = t->heap_cap ? t->heap_cap * 2 : 1 << 16;
        struct candidate *heap = realloc(t->heap, cap * sizeof *heap);
        if (!heap)
            return TACIT_ERR_MEMORY;
        t->heap = heap;
        t->heap_cap = cap;
    }
    size_t at = t->n_heap++;
    for (; at > 0 && before(&c, &t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        t->heap[at] = t->heap[(at - 1) / 2];
    t->heap[at] = c;
    return TACIT_OK;
}

static struct candidate heap_pop(struct counter *t)
{
    const struct candidate top = t->heap[0], last = t->heap[--t->n_heap];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < t->n_heap; at = child) {
        if (child + 1 < t->n_heap && before(&t->heap[child + 1], &t->heap[child]))
            child++;
        if (!before(&t->heap[child], &last))
            break;
        t->heap[at] = t->heap[child];
    }
    t->heap[at] = last;
    return top;
}

/* Joins the pair wherever the piece holds it, and updates the counts. */
static enum tacit_status merge_in_piece(struct counter *t, uint32_t index, uint16_t left,
                                        uint16_t right, uint16_t id)
{
    struct piece *w = &t->pieces[index];
    const int64_t count = (int64_t)w->count;
    uint16_t ids[VOCAB_TOKEN_MAX];
    uint8_t n = 0;
    for (uint8_t i = 0; i < w->n;) {
        const int joins = i + 1 < w->n && w->ids[i] == left && w->ids[i + 1] == right;
        ids[n++] = joins ? id : w->ids[i];
        i = (uint8_t)(i + 1 + joins);
    }
    if (n == w->n)
        return TACIT_OK;
    for (uint8_t i = 0; i + 1 < w->n; i++)
        TRY(count_pair(t, w->ids[i], w->ids[i + 1], -count, index));
    for (uint8_t i = 0; i + 1 < n; i++) {
        TRY(count_pair(t, ids[i], ids[i + 1], count, index));
        if (ids[i] == id || ids[i + 1] == id) {
            const uint32_t key = ((uint32_t)ids[i] << 16 | ids[i + 1]) + 1;
            TRY(heap_push(t,
                          (struct candidate){pair_slot(t->pairs, t->pair_cap, key)->count, key}));
        }
    }
    memcpy(w->ids, ids, n * sizeof *ids);
    w->n = n;
    return TACIT_OK;
}

static enum tacit_status merge(struct counter *t, uint32_t key, uint16_t id)
{
    struct pair *p = pair_slot(t->pairs, t->pair_cap, key);
    uint32_t *pieces = p->pieces, n = p->n_pieces;
    p->pieces = NULL; /* counting may reallocate the table */
    p->n_pieces = p->cap = 0;
    enum tacit_status status = TACIT_OK;
    for (uint32_t i = 0; i < n && status == TACIT_OK; i++)
        status = merge_in_piece(t, pieces[i], (uint16_t)((key - 1) >> 16), (uint16_t)(key - 1), id);
    free(pieces);
    return status;
}

/* Two pairs may spell the same bytes; no text would ever become the second token. */
static int spelled(const struct vocab_token *tokens, uint32_t n, const struct vocab_token *new)
{
    for (uint32_t i = 256; i < n; i++)
        if (tokens[i].n_bytes == new->n_bytes && !memcmp(tokens[i].bytes, new->bytes, new->n_bytes))
            return 1;
    return 0;
}

static enum tacit_status make_tokens(struct counter *t, struct vocab_token *tokens, uint32_t n)
{
    for (uint32_t i = 0; i < t->n_pieces; i++)
        for (uint8_t j = 0; j + 1 < t->pieces[i].n; j++)
            TRY(count_pair(t, t->pieces[i].ids[j], t->pieces[i].ids[j + 1],
                           (int64_t)t->pieces[i].count, i));
    for (size_t i = 0; i < t->pair_cap; i++)
        if (t->pairs[i].key)
            TRY(heap_push(t, (struct candidate){t->pairs[i].count, t->pairs[i].key}));
    for (uint32_t id = 0; id < 256; id++)
        tokens[id] = (struct vocab_token){.n_bytes = 1, .bytes = {(uint8_t)id}};
    for (uint32_t id = 256; id < n;) {
        if (!t->n_heap)
            return TACIT_ERR_ARGUMENT; /* too little text for so many tokens */
        const struct candidate c = heap_pop(t);
        const int64_t count = pair_slot(t->pairs, t->pair_cap, c.key)->count;
        if (count != c.count) {
            if (count > 0 && count < c.count)
                TRY(heap_push(t, (struct candidate){count, c.key}));
            continue;
        }
        const struct vocab_token *l = &tokens[(c.key - 1) >> 16],
                                 *r = &tokens[(c.key - 1) & 0xFFFF];
        struct vocab_token new = {.n_bytes = (uint8_t)(l->n_bytes + r->n_bytes)};
        memcpy(new.bytes, l->bytes, l->n_bytes);
        memcpy(new.bytes + l->n_bytes, r->bytes, r->n_bytes);
        if (spelled(tokens, id, &new))
            continue;
        tokens[id] = new;
        TRY(merge(t, c.key, (uint16_t)id));
        id++;
    }
    return TACIT_OK;
}

static void counter_close(struct counter *t)
{
    for (size_t i = 0; i < t->pair_cap; i++)
        free(t->pairs[i].pieces);
    free(t->pairs);
    free(t->pieces);
    free(t->heap);
}

enum tacit_status vocab_train(struct vocab *vocab, uint32_t n_tokens, size_t n_texts,
                              const uint8_t *const *texts, const size_t *n_bytes,
                              uint32_t min_count)
{
    if (n_tokens < 257 || n_tokens > VOCAB_SIZE_MAX)
        return TACIT_ERR_ARGUMENT;
    struct counter t = {0};
    struct vocab made = {.n_tokens = n_tokens, .tokens = calloc(n_tokens, sizeof *made.tokens)};
    enum tacit_status status = made.tokens ? grow_pieces(&t) : TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n_texts && status == TACIT_OK; i++)
        status = count_text(&t, texts[i], n_bytes[i]);
    if (status == TACIT_OK) {
        pack_pieces(&t, min_count);
        status = make_tokens(&t, made.tokens, n_tokens - 1);
    }
    uint8_t *data = NULL;
    size_t n = 0;
    if (status == TACIT_OK)
        status = vocab_save(&made, &data, &n);
    if (status == TACIT_OK)
        status = vocab_load(vocab, data, n);
    free(data);
    free(made.tokens);
    counter_close(&t);
    return status;
}
