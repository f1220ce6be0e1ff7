/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes <-> items, for BPE vocabularies: byte-level ones, and SentencePiece's (sentencepiece.h). Any bytes can be
 * written. The items' bytes, one after the other, are the input again; encoding checks that before it returns.
 *
 * Items are numbered 0 .. n_items - 1: first the model's tokens, then 256 bare bytes, of which only
 * those that no token spells are ever used (vocabulary.h). Bytes that are not valid UTF-8 become
 * the tokens of the single bytes, or bare bytes; no merge crosses them. On valid UTF-8 whose bytes
 * the vocabulary can all spell, the items are the tokens of Hugging Face's tokenizers, given the
 * same pre-tokenizer, if no special token's name occurs in the text: special and control tokens are
 * never produced by text. Normalisation (NFC for Qwen2) is not done; it would lose bytes.
 *
 * The items of a text depend on its bytes alone. To bound memory, a
 * piece without a break (a megabyte of one letter) is merged in parts of TOKENIZER_PIECE_MAX bytes.
 * Time is linear but for a factor log TOKENIZER_PIECE_MAX; about 10 ns a byte of English text.
 *
 * Read-only after creation: threads may share a tokenizer.
 */
#ifndef TACIT_TOKEN_TOKENIZER_H
#define TACIT_TOKEN_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "tacit/status.h"
#include "token/tokenizer_spec.h"
#include "token/vocabulary.h"

#define TOKENIZER_PIECE_MAX 65536

struct tokenizer;

/* The tokenizer does not refer to spec afterwards. TACIT_ERR_UNSUPPORTED: pre-tokenizer not known,
 * or too many tokens; TACIT_ERR_MODEL_DAMAGED: a rule that names no token, or a start that is none;
 * TACIT_ERR_MEMORY. On failure *tokenizer is NULL. */
enum tacit_status tokenizer_create(struct tokenizer **tokenizer, const struct tokenizer_spec *spec);

/* NULL is allowed. */
void tokenizer_destroy(struct tokenizer *tokenizer);

/* n_items is n_tokens + 256. */
const struct vocabulary *tokenizer_vocabulary(const struct tokenizer *tokenizer);
uint32_t tokenizer_n_items(const struct tokenizer *tokenizer);

/* The token before a text, which is not coded; VOCABULARY_NONE if none is known. */
uint32_t tokenizer_start(const struct tokenizer *tokenizer);

/* TOKENIZER_PAIRS, _JOINED or _SCORED, and the pre-tokenizer's name, empty with SCORED. */
enum tokenizer_form tokenizer_form_of(const struct tokenizer *tokenizer);
const char *tokenizer_pre_name(const struct tokenizer *tokenizer);

/* The rules as tokenizer_save writes them: [2 * *n_rules] numbers, the caller's to free.
 * TACIT_ERR_MEMORY. */
enum tacit_status tokenizer_pairs(const struct tokenizer *tokenizer, uint32_t **pairs,
                                  uint32_t *n_rules);

/* Bytes of an item below n_items, which live as long as the tokenizer; empty for items that are
 * never produced.
 */
struct byte_view tokenizer_item_bytes(const struct tokenizer *tokenizer, uint32_t item);

/* Writes in[0 .. n_in) as items. items: room for n_in items, which always suffices. *n_items: their
 * number, 0 after a failure. TACIT_ERR_MEMORY. */
enum tacit_status tokenizer_encode(const struct tokenizer *tokenizer, const uint8_t *in,
                                   size_t n_in, uint32_t *items, size_t *n_items);

/* The hash of the rules by which text becomes tokens, by which archives name them (docs/format.md): of form,
 * pre-tokenizer and rules, the same for equal names of pre-tokenizers. Tokens are no part of it. TACIT_ERR_MEMORY. */
enum tacit_status tokenizer_hash_rules(const struct tokenizer *tokenizer, uint32_t *hash);

/* The tokenizer as bytes, for model files, the same on every machine:
 *
 *     "TTOK" | version u8 = 1 | form u8: PAIRS, JOINED or SCORED | length of pre u8 | pre
 *     | n_tokens u32 | n_rules u32
 *     | each token: length u16, bytes (none: special) | each rule: left u32, right u32 (SCORED:
 *     token u32, use u32)
 *     | start u32, if there is one
 *
 * all little-endian. *data is the caller's to free. TACIT_ERR_UNSUPPORTED: a token of 64 KiB or
 * more; TACIT_ERR_MEMORY. */
enum tacit_status tokenizer_save(const struct tokenizer *tokenizer, uint8_t **data,
                                 size_t *n_bytes);

/* Makes the tokenizer again from these n_bytes. TACIT_ERR_MODEL_DAMAGED if they are not what
 * tokenizer_save writes; TACIT_ERR_UNSUPPORTED, TACIT_ERR_MEMORY. On failure *tokenizer is NULL. */
enum tacit_status tokenizer_load(struct tokenizer **tokenizer, const uint8_t *data, size_t n_bytes);

/* The best place to cut data[0 .. n) into parts that are encoded apart, at most TOKENIZER_CUT_BACK
 * bytes before `wanted` (0 < wanted < n): after a line's end, else before the space between two
 * words, else between two characters, else at `wanted`. Deterministic; the result is in 1 ..
 * wanted. */
#define TOKENIZER_CUT_BACK 256
size_t tokenizer_cut(const uint8_t *data, size_t n, size_t wanted);

#endif
