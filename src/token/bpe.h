/* SPDX-License-Identifier: Apache-2.0
 *
 * Byte-pair merges. A step merges the pair of neighbours whose rule stands first in the model's
 * list, the leftmost of several, until no rule applies.
 *
 * Short sequences are searched from end to end after each merge. Long sequences keep their pairs in
 * a heap, which takes O(n log n), so that a byte of a hostile megabyte without a break costs no
 * more than any other byte.
 */
#ifndef TACIT_TOKEN_BPE_H
#define TACIT_TOKEN_BPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "tacit/status.h"
#include "token/vocabulary.h"

struct bpe_slot {
    uint32_t left, right;
    uint32_t rank; /* UINT32_MAX: empty */
};

struct bpe_rules {
    struct bpe_slot *slots; /* [slot_mask + 1], hash table */
    uint32_t slot_mask;
    uint32_t *merged; /* by rank: the token that the pair becomes */
};

/* Working memory of one thread. Zero-initialise it. */
struct bpe_scratch {
    struct bpe_node *nodes;
    uint64_t *heap;
    size_t cap;
};

/* texts[i]: the rule of rank i, "left right" in the byte-level spelling. Of equal rules the first
 * counts. TACIT_ERR_MODEL_DAMAGED: a rule is malformed, or one of its three tokens is not in the
 * vocabulary; TACIT_ERR_MEMORY. After a failure only bpe_rules_free may be called. */
enum tacit_status bpe_rules_init(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                 const struct byte_view *texts, uint32_t n_rules);

/* The same with the rule of rank i as two tokens, pairs[2 i] and pairs[2 i + 1]. */
enum tacit_status bpe_rules_of_pairs(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                     const uint32_t *pairs, uint32_t n_rules);

/* The rules of a vocabulary without a list of them: any two tokens whose bytes together are a token
 * merge into it, smaller tokens first. TACIT_ERR_MODEL_DAMAGED: tokens whose hashes collide on
 * purpose, or too long a token; TACIT_ERR_MEMORY. After a failure only bpe_rules_free may be
 * called. */
enum tacit_status bpe_rules_of_tokens(struct bpe_rules *rules, const struct vocabulary *vocabulary);

/* The same for sentencepiece.h's tokens that merges make: pairs [n][2], the best score first. The
 * caller has checked tokens and uses. */
enum tacit_status bpe_rules_of_uses(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                    const uint32_t *pairs, uint32_t n);

void bpe_rules_free(struct bpe_rules *rules);

/* Merges tokens[0 .. n) in place; *n_out is their number afterwards. n < 2^31. TACIT_ERR_MEMORY. */
enum tacit_status bpe_merge(const struct bpe_rules *rules, uint32_t *tokens, size_t n,
                            struct bpe_scratch *scratch, size_t *n_out);

void bpe_scratch_free(struct bpe_scratch *scratch);

#endif
