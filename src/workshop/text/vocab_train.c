/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte-pair counting. Each distinct piece is kept once with its count, as a row of symbols; for
 * each adjacent pair the total count and the pieces that (may) hold it. A heap gives the commonest
 * pair; its entries may be stale, and are checked when they come up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "token/pretokenizer.h"
#include "workshop/net/random.h"
#include "workshop/text/vocab.h"

struct word {
    uint64_t count;
    uint8_t n;
    uint8_t bytes[VOCAB_TOKEN_MAX];
    uint16_t ids[VOCAB_TOKEN_MAX];
};

struct pair {
    uint32_t key; /* left << 16 | right, + 1; 0 is free */
    uint32_t n_words, cap;
    int64_t count;
    uint32_t *words;
};

struct candidate {
    int64_t count;
    uint32_t key;
};

struct trainer {
    struct word *words; /* open addressing while counting, then packed */
    size_t n_words, word_cap;
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

static struct word *word_slot(struct word *words, size_t cap, const uint8_t *bytes, size_t n)
{
    size_t at = hash_bytes(bytes, n) & (cap - 1);
    while (words[at].n && (words[at].n != n || memcmp(words[at].bytes, bytes, n)))
        at = (at + 1) & (cap - 1);
    return &words[at];
}

static enum tacit_status grow_words(struct trainer *t)
{
    const size_t cap = t->word_cap ? t->word_cap * 2 : (size_t)1 << 18;
    struct word *words = calloc(cap, sizeof *words);
    if (!words)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < t->word_cap; i++)
        if (t->words[i].n)
            *word_slot(words, cap, t->words[i].bytes, t->words[i].n) = t->words[i];
    free(t->words);
    t->words = words;
    t->word_cap = cap;
    return TACIT_OK;
}

static enum tacit_status count_text(struct trainer *t, const uint8_t *text, size_t n)
{
    const struct pretokenizer *pre =
        pretokenizer_find((struct byte_view){(const uint8_t *)"tacit", 5});
    while (n > 0) {
        const size_t len = pretokenizer_next(pre, text, n);
        if (len > 1) {
            if (t->n_words * 2 >= t->word_cap)
                TRY(grow_words(t));
            struct word *w = word_slot(t->words, t->word_cap, text, len);
            if (!w->n) {
                w->n = (uint8_t)len;
                memcpy(w->bytes, text, len);
                t->n_words++;
            }
            w->count++;
        }
        text += len;
        n -= len;
    }
    return TACIT_OK;
}

/* Packs the words to the front and makes their symbols. */
static void pack_words(struct trainer *t, uint32_t min_count)
{
    size_t n = 0;
    for (size_t i = 0; i < t->word_cap; i++) {
        if (!t->words[i].n || t->words[i].count < min_count)
            continue;
        struct word w = t->words[i];
        for (size_t j = 0; j < w.n; j++)
            w.ids[j] = w.bytes[j];
        t->words[n++] = w;
    }
    t->n_words = n;
}

static struct pair *pair_slot(struct pair *pairs, size_t cap, uint32_t key)
{
    size_t at = random_mix(key) & (cap - 1);
    while (pairs[at].key && pairs[at].key != key)
        at = (at + 1) & (cap - 1);
    return &pairs[at];
}

static enum tacit_status grow_pairs(struct trainer *t)
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

/* Adds `count` to the pair; a positive count also records the word. */
static enum tacit_status count_pair(struct trainer *t, uint16_t left, uint16_t right, int64_t count,
                                    uint32_t word)
{
    if (t->n_pairs * 2 >= t->pair_cap)
        TRY(grow_pairs(t));
    struct pair *p = pair_slot(t->pairs, t->pair_cap, ((uint32_t)left << 16 | right) + 1);
    if (!p->key) {
        p->key = ((uint32_t)left << 16 | right) + 1;
        t->n_pairs++;
    }
    p->count += count;
    if (count < 0 || (p->n_words && p->words[p->n_words - 1] == word))
        return TACIT_OK;
    if (p->n_words == p->cap) {
        const uint32_t cap = p->cap ? p->cap * 2 : 4;
        uint32_t *words = realloc(p->words, cap * sizeof *words);
        if (!words)
            return TACIT_ERR_MEMORY;
        p->words = words;
        p->cap = cap;
    }
    p->words[p->n_words++] = word;
    return TACIT_OK;
}

static int before(const struct candidate *a, const struct candidate *b)
{
    return a->count != b->count ? a->count > b->count : a->key < b->key;
}

static enum tacit_status heap_push(struct trainer *t, struct candidate c)
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

static struct candidate heap_pop(struct trainer *t)
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

/* Joins the pair wherever the word holds it, keeping the counts. */
static enum tacit_status merge_in_word(struct trainer *t, uint32_t index, uint16_t left,
                                       uint16_t right, uint16_t id)
{
    struct word *w = &t->words[index];
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

static enum tacit_status merge(struct trainer *t, uint32_t key, uint16_t id)
{
    struct pair *p = pair_slot(t->pairs, t->pair_cap, key);
    uint32_t *words = p->words, n = p->n_words;
    p->words = NULL; /* counting may move the table */
    p->n_words = p->cap = 0;
    enum tacit_status status = TACIT_OK;
    for (uint32_t i = 0; i < n && status == TACIT_OK; i++)
        status = merge_in_word(t, words[i], (uint16_t)((key - 1) >> 16), (uint16_t)(key - 1), id);
    free(words);
    return status;
}

/* Two pairs may spell the same bytes; the second would be a token that no text reaches. */
static int spelled(const struct vocab_token *tokens, uint32_t n, const struct vocab_token *new)
{
    for (uint32_t i = 256; i < n; i++)
        if (tokens[i].n_bytes == new->n_bytes && !memcmp(tokens[i].bytes, new->bytes, new->n_bytes))
            return 1;
    return 0;
}

static enum tacit_status make_tokens(struct trainer *t, struct vocab_token *tokens, uint32_t n)
{
    for (uint32_t i = 0; i < t->n_words; i++)
        for (uint8_t j = 0; j + 1 < t->words[i].n; j++)
            TRY(count_pair(t, t->words[i].ids[j], t->words[i].ids[j + 1],
                           (int64_t)t->words[i].count, i));
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

static void close_trainer(struct trainer *t)
{
    for (size_t i = 0; i < t->pair_cap; i++)
        free(t->pairs[i].words);
    free(t->pairs);
    free(t->words);
    free(t->heap);
}

enum tacit_status vocab_train(struct vocab *vocab, uint32_t n_tokens, size_t n_texts,
                              const uint8_t *const *texts, const size_t *n_bytes,
                              uint32_t min_count)
{
    if (n_tokens < 257 || n_tokens > VOCAB_SIZE_MAX)
        return TACIT_ERR_ARGUMENT;
    struct trainer t = {0};
    struct vocab made = {.n_tokens = n_tokens, .tokens = calloc(n_tokens, sizeof *made.tokens)};
    enum tacit_status status = made.tokens ? grow_words(&t) : TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n_texts && status == TACIT_OK; i++)
        status = count_text(&t, texts[i], n_bytes[i]);
    if (status == TACIT_OK) {
        pack_words(&t, min_count);
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
    close_trainer(&t);
    return status;
}
