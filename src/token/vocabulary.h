/* SPDX-License-Identifier: Apache-2.0
 *
 * The items of a tokenizer as byte strings, and the way back from bytes to a token.
 *
 * A text is written as *items*: 0 .. n_tokens - 1 are the model's tokens; n_tokens + b is
 * the bare byte b, for bytes that no token spells. Tokens that text may not produce (control and
 * special tokens, undecodable ones, repetitions of an earlier token's bytes) have no bytes here and are never found.
 * Nor has a bare byte that a token of one byte spells.
 *
 * Built once, read-only afterwards.
 */
#ifndef TACIT_TOKEN_VOCABULARY_H
#define TACIT_TOKEN_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "tacit/status.h"

#define VOCABULARY_TOKENS_MAX (1u << 22)
#define VOCABULARY_NONE       UINT32_MAX

struct vocabulary {
    uint32_t n_tokens;
    uint32_t n_bytes_max;    /* of the longest token */
    uint32_t byte_item[256]; /* the token that spells a byte, or the bare byte's item */
    uint32_t *offsets;       /* [n_tokens + 257] into bytes, rising */
    uint8_t *bytes;
    uint32_t *slots; /* [slot_mask + 1] hash table of tokens, VOCABULARY_NONE where empty */
    uint32_t slot_mask;
};

/* texts[i]: token i as byte-level vocabularies write it, one character for each byte, or, if raw,
 * its bytes; text i is taken only where is_text is NULL or is_text[i] is not 0. The texts are not
 * kept. TACIT_ERR_UNSUPPORTED: no or too many tokens; TACIT_ERR_MODEL_DAMAGED: tokens whose hashes
 * collide on purpose; TACIT_ERR_MEMORY. After a failure only vocabulary_free may be called. */
enum tacit_status vocabulary_init(struct vocabulary *vocabulary, const struct byte_view *texts,
                                  bool raw, const uint8_t *is_text, uint32_t n_tokens);

void vocabulary_free(struct vocabulary *vocabulary);

/* The token of these bytes, VOCABULARY_NONE where there is none. */
uint32_t vocabulary_find(const struct vocabulary *vocabulary, const uint8_t *bytes, size_t n);

/* Bytes of an item below n_tokens + 256; empty for what text cannot produce. */
static inline struct byte_view vocabulary_bytes(const struct vocabulary *vocabulary, uint32_t item)
{
    uint32_t start = vocabulary->offsets[item];
    return (struct byte_view){vocabulary->bytes + start, vocabulary->offsets[item + 1] - start};
}

/* Writes the bytes that a byte-level text stands for, at most text.n, to bytes. Returns their
 * number, or SIZE_MAX if a character stands for no byte. */
size_t vocabulary_decode(struct byte_view text, uint8_t *bytes);

/* The inverse: writes bytes as a byte-level text, at most 2 * bytes.n; returns its length. */
size_t vocabulary_spell(struct byte_view bytes, uint8_t *text);

#endif
