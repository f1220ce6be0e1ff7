/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte-pair vocabulary: counting it from text, its file, and cutting text into tokens.
 *
 * Ids 0..255 are the bytes; then come merged tokens in the order of their making; the last id is
 * BOS, which spells nothing. Text is first cut into pieces by vocab_piece; within a piece the pair
 * whose union has the smallest id is joined, leftmost first, until none can be. Any bytes come back
 * whole.
 */
#ifndef TACIT_WORKSHOP_TEXT_VOCAB_H
#define TACIT_WORKSHOP_TEXT_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

enum {
    VOCAB_TOKEN_MAX = 32, /* longest token and longest piece, in bytes */
    VOCAB_SIZE_MAX = 32768,
};

struct vocab_token {
    uint8_t n_bytes; /* 0: BOS */
    uint8_t bytes[VOCAB_TOKEN_MAX];
};

struct vocab_cache_entry;

struct vocab {
    uint32_t n_tokens; /* BOS included */
    struct vocab_token *tokens;
    uint32_t *pair_keys; /* open addressing: (left << 16 | right) + 1; 0 is free */
    uint16_t *pair_ids;
    uint32_t pair_mask;
    struct vocab_cache_entry *cache;
};

/* Bytes of the first piece of text[0..n), n > 0; at most VOCAB_TOKEN_MAX. */
size_t vocab_piece(const uint8_t *text, size_t n);

/* Counts pairs over the texts (sampled by the caller to the weights it wants). Pieces seen fewer
 * than min_count times are left out. */
enum tacit_status vocab_train(struct vocab *vocab, uint32_t n_tokens, size_t n_texts,
                              const uint8_t *const *texts, const size_t *n_bytes,
                              uint32_t min_count);
enum tacit_status vocab_read(struct vocab *vocab, const char *path);
enum tacit_status vocab_write(const struct vocab *vocab, const char *path);
/* The file's form, in memory. *n_bytes is the size; the caller frees *data. */
enum tacit_status vocab_save(const struct vocab *vocab, uint8_t **data, size_t *n_bytes);
enum tacit_status vocab_load(struct vocab *vocab, const uint8_t *data, size_t n_bytes);
void vocab_close(struct vocab *vocab);

/* ids has room for n entries; returns how many were written. Not for two threads at once. */
size_t vocab_encode(struct vocab *vocab, const uint8_t *text, size_t n, uint16_t *ids);

#endif
