/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte-pair vocabulary: counts it from text, reads and writes its file, and cuts text into
 * tokens.
 *
 * Ids 0..255 are the bytes; then come merged tokens in the order in which they were made; the last
 * id is BOS, which has no bytes. The tokenizer is the one that the codec uses for this project's
 * own models (pre-tokenizer "tacit", TOKENIZER_JOINED), so that a model sees in the codec the
 * tokens that it was trained on.
 */
#ifndef TACIT_WORKSHOP_TEXT_VOCAB_H
#define TACIT_WORKSHOP_TEXT_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"
#include "token/tokenizer.h"

enum {
    VOCAB_TOKEN_MAX = 32, /* longest token and longest piece, in bytes */
    VOCAB_SIZE_MAX = 32768,
};

struct vocab_token {
    uint8_t n_bytes; /* 0: BOS */
    uint8_t bytes[VOCAB_TOKEN_MAX];
};

struct vocab {
    uint32_t n_tokens; /* BOS included */
    struct vocab_token *tokens;
    struct tokenizer *tokenizer;
};

/* Makes a vocabulary by counting pairs over the texts, which the caller has sampled to its weights.
 * Pieces seen fewer than min_count times are not counted. */
enum tacit_status vocab_train(struct vocab *vocab, uint32_t n_tokens, size_t n_texts,
                              const uint8_t *const *texts, const size_t *n_bytes,
                              uint32_t min_count);
enum tacit_status vocab_read(struct vocab *vocab, const char *path);
enum tacit_status vocab_write(const struct vocab *vocab, const char *path);
/* The file's form, in memory. *n_bytes is the size; the caller frees *data. */
enum tacit_status vocab_save(const struct vocab *vocab, uint8_t **data, size_t *n_bytes);
enum tacit_status vocab_load(struct vocab *vocab, const uint8_t *data, size_t n_bytes);
/* Reads the vocabulary from a model that this project trained. TACIT_ERR_UNSUPPORTED: a token that
 * the file's form cannot hold. */
enum tacit_status vocab_from_tokenizer(struct vocab *vocab, const struct tokenizer *tokenizer);
void vocab_close(struct vocab *vocab);

/* ids has room for n entries; *n_ids: how many were written, 0 after a failure. TACIT_ERR_MEMORY. */
enum tacit_status vocab_encode(const struct vocab *vocab, const uint8_t *text, size_t n,
                               uint16_t *ids, size_t *n_ids);

#endif
