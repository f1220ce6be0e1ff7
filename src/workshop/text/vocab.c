/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/text/vocab.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file_replace.h"
#include "base/try.h"
#include "workshop/net/random.h"
#include "workshop/train/files.h"

enum { CACHE_LOG2 = 16 };

struct vocab_cache_entry {
    uint8_t n_bytes, n_ids;
    uint8_t bytes[VOCAB_TOKEN_MAX];
    uint16_t ids[VOCAB_TOKEN_MAX];
};

static const uint8_t MAGIC[4] = {'T', 'V', 'O', 'C'};

enum piece_class { LETTER, DIGIT, SPACE, PUNCT };

static enum piece_class class_of(uint8_t c)
{
    if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return LETTER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    return c == ' ' || (c >= 9 && c <= 13) ? SPACE : PUNCT;
}

/* A run of letters, cut after 24 bytes where no UTF-8 character is divided. */
static size_t letters(const uint8_t *text, size_t at, size_t n)
{
    while (at < n && at < VOCAB_TOKEN_MAX && class_of(text[at]) == LETTER) {
        if (at >= 24 && (text[at] & 0xC0) != 0x80)
            break;
        at++;
    }
    return at;
}

static size_t run_of(enum piece_class class, const uint8_t *text, size_t n)
{
    size_t at = 0;
    while (at < n && at < VOCAB_TOKEN_MAX && class_of(text[at]) == class)
        at++;
    return at;
}

size_t vocab_piece(const uint8_t *text, size_t n)
{
    const enum piece_class class = class_of(text[0]);
    if (class == DIGIT)
        return 1;
    if (class == LETTER)
        return letters(text, 0, n);
    /* One byte before a word, a space most often, belongs to the word. */
    const size_t run = run_of(class, text, n);
    const enum piece_class next = run < n ? class_of(text[run]) : DIGIT;
    const bool leads = next == LETTER && (class == PUNCT || text[run - 1] == ' ');
    if (leads)
        return run == 1 ? letters(text, 1, n) : run - 1;
    if (class == SPACE && next == PUNCT && text[run - 1] == ' ') {
        if (run > 1)
            return run - 1;
        const size_t marks = run_of(PUNCT, text + 1, n - 1);
        return marks == VOCAB_TOKEN_MAX ? 1 : 1 + marks;
    }
    return run;
}

static uint32_t *pair_slot(const struct vocab *v, uint32_t key)
{
    uint32_t at = (uint32_t)random_mix(key) & v->pair_mask;
    while (v->pair_keys[at] && v->pair_keys[at] != key)
        at = (at + 1) & v->pair_mask;
    return &v->pair_keys[at];
}

static uint32_t token_hash(const uint8_t *bytes, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++)
        h = random_mix(h * 257 + bytes[i] + 1);
    return (uint32_t)h;
}

/* table maps the bytes of a token to its id + 1. */
static uint32_t find_token(const struct vocab *v, const uint16_t *table, uint32_t mask,
                           const uint8_t *bytes, size_t n)
{
    for (uint32_t at = token_hash(bytes, n) & mask; table[at]; at = (at + 1) & mask) {
        const struct vocab_token *t = &v->tokens[table[at] - 1];
        if (t->n_bytes == n && !memcmp(t->bytes, bytes, n))
            return table[at];
    }
    return 0;
}

static void add_pairs(struct vocab *v, const uint16_t *table, uint32_t mask, uint32_t id)
{
    const struct vocab_token *t = &v->tokens[id];
    for (size_t cut = 1; cut < t->n_bytes; cut++) {
        const uint32_t left = find_token(v, table, mask, t->bytes, cut);
        const uint32_t right = find_token(v, table, mask, t->bytes + cut, t->n_bytes - cut);
        if (!left || !right)
            continue;
        uint32_t *slot = pair_slot(v, ((left - 1) << 16 | (right - 1)) + 1);
        if (*slot)
            continue;
        *slot = ((left - 1) << 16 | (right - 1)) + 1;
        v->pair_ids[slot - v->pair_keys] = (uint16_t)id;
    }
}

/* Everything that follows from the tokens alone. */
static enum tacit_status index_tokens(struct vocab *v)
{
    const uint32_t mask = 0xFFFF;
    uint32_t pairs = 1;
    while (pairs < v->n_tokens * 40u)
        pairs *= 2;
    v->pair_mask = pairs - 1;
    v->pair_keys = calloc(pairs, sizeof *v->pair_keys);
    v->pair_ids = calloc(pairs, sizeof *v->pair_ids);
    v->cache = calloc((size_t)1 << CACHE_LOG2, sizeof *v->cache);
    uint16_t *table = calloc(mask + 1, sizeof *table);
    if (!v->pair_keys || !v->pair_ids || !v->cache || !table) {
        free(table);
        return TACIT_ERR_MEMORY;
    }
    for (uint32_t id = 0; id + 1 < v->n_tokens; id++) {
        const struct vocab_token *t = &v->tokens[id];
        uint32_t at = token_hash(t->bytes, t->n_bytes) & mask;
        while (table[at])
            at = (at + 1) & mask;
        table[at] = (uint16_t)(id + 1);
    }
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++)
        add_pairs(v, table, mask, id);
    free(table);
    return TACIT_OK;
}

enum tacit_status vocab_load(struct vocab *v, const uint8_t *data, size_t n_bytes)
{
    memset(v, 0, sizeof *v);
    if (n_bytes < 8 || memcmp(data, MAGIC, 4))
        return TACIT_ERR_MODEL_DAMAGED;
    v->n_tokens = load_le32(data + 4);
    if (v->n_tokens < 257 || v->n_tokens > VOCAB_SIZE_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    v->tokens = calloc(v->n_tokens, sizeof *v->tokens);
    if (!v->tokens)
        return TACIT_ERR_MEMORY;
    for (uint32_t id = 0; id < 256; id++)
        v->tokens[id] = (struct vocab_token){.n_bytes = 1, .bytes = {(uint8_t)id}};
    size_t at = 8;
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++) {
        const size_t n = at < n_bytes ? data[at] : 0;
        if (n < 2 || n > VOCAB_TOKEN_MAX || n_bytes - at < 1 + n) {
            vocab_close(v);
            return TACIT_ERR_MODEL_DAMAGED;
        }
        v->tokens[id].n_bytes = (uint8_t)n;
        memcpy(v->tokens[id].bytes, data + at + 1, n);
        at += 1 + n;
    }
    const enum tacit_status status = index_tokens(v);
    if (status != TACIT_OK)
        vocab_close(v);
    return status;
}

enum tacit_status vocab_save(const struct vocab *v, uint8_t **data, size_t *n_bytes)
{
    size_t n = 8;
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++)
        n += 1u + v->tokens[id].n_bytes;
    uint8_t *at = *data = malloc(n);
    if (!at)
        return TACIT_ERR_MEMORY;
    *n_bytes = n;
    memcpy(at, MAGIC, 4);
    store_le32(at + 4, v->n_tokens);
    at += 8;
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++) {
        *at++ = v->tokens[id].n_bytes;
        memcpy(at, v->tokens[id].bytes, v->tokens[id].n_bytes);
        at += v->tokens[id].n_bytes;
    }
    return TACIT_OK;
}

enum tacit_status vocab_read(struct vocab *v, const char *path)
{
    uint8_t *data;
    size_t n;
    TRY(file_read(path, &data, &n));
    const enum tacit_status status = vocab_load(v, data, n);
    free(data);
    return status;
}

enum tacit_status vocab_write(const struct vocab *v, const char *path)
{
    uint8_t *data;
    size_t n;
    TRY(vocab_save(v, &data, &n));
    const enum tacit_status status = file_replace_all(path, data, n);
    free(data);
    return status;
}

void vocab_close(struct vocab *v)
{
    free(v->tokens);
    free(v->pair_keys);
    free(v->pair_ids);
    free(v->cache);
    memset(v, 0, sizeof *v);
}

static size_t encode_piece(const struct vocab *v, const uint8_t *piece, size_t n, uint16_t *ids)
{
    for (size_t i = 0; i < n; i++)
        ids[i] = piece[i];
    for (;;) {
        uint32_t best = UINT32_MAX;
        size_t where = 0;
        for (size_t i = 0; i + 1 < n; i++) {
            const uint32_t *slot = pair_slot(v, ((uint32_t)ids[i] << 16 | ids[i + 1]) + 1);
            if (*slot && v->pair_ids[slot - v->pair_keys] < best) {
                best = v->pair_ids[slot - v->pair_keys];
                where = i;
            }
        }
        if (best == UINT32_MAX)
            return n;
        ids[where] = (uint16_t)best;
        memmove(ids + where + 1, ids + where + 2, (n - where - 2) * sizeof *ids);
        n--;
    }
}

size_t vocab_encode(struct vocab *v, const uint8_t *text, size_t n, uint16_t *ids)
{
    size_t n_ids = 0;
    while (n > 0) {
        const size_t len = vocab_piece(text, n);
        struct vocab_cache_entry *e =
            &v->cache[token_hash(text, len) & (((uint32_t)1 << CACHE_LOG2) - 1)];
        if (e->n_bytes != len || memcmp(e->bytes, text, len)) {
            e->n_bytes = (uint8_t)len;
            memcpy(e->bytes, text, len);
            e->n_ids = (uint8_t)encode_piece(v, text, len, e->ids);
        }
        memcpy(ids + n_ids, e->ids, e->n_ids * sizeof *ids);
        n_ids += e->n_ids;
        text += len;
        n -= len;
    }
    return n_ids;
}
