/* SPDX-License-Identifier: Apache-2.0
 *
 * Which tokens may follow a text of tokens, so that the tokenizer makes the same tokens of its bytes again.
 * A model may draw "the" as "t" and "he"; whoever reads "the" would see one token. Text that has to
 * lead back to its tokens takes only tokens that the tokenizer would have chosen.
 *
 * Looking back is bounded: tokens before the beginning of a word are assumed to have no effect
 * behind it. That holds for the present pre-tokenizers; spelling_is_whole checks the whole text at
 * the end.
 */
#ifndef TACIT_GENERATE_SPELLING_H
#define TACIT_GENERATE_SPELLING_H

#include <stdbool.h>

#include "token/tokenizer.h"

struct spelling {
    const struct tokenizer *tokenizer;
    uint32_t *items; /* [n_items]: the text's tokens */
    size_t n_items, items_cap;
    uint8_t *bytes; /* [n_bytes]: its bytes */
    size_t n_bytes, bytes_cap;
    size_t from_item, from_byte; /* where looking back ends */
    uint32_t *probe;             /* room for the items of the text that is checked */
    size_t probe_cap;
};

/* Zero it first; tokenizer outlives it. */
void spelling_release(struct spelling *spelling);

/* *allowed: whether the token may come next. TACIT_ERR_MEMORY. */
enum tacit_status spelling_allows(struct spelling *spelling, uint32_t token, bool *allowed);

/* Appends the token. TACIT_ERR_MEMORY. */
enum tacit_status spelling_add(struct spelling *spelling, uint32_t token);

/* *whole: whether the tokenizer makes these tokens of the whole text. TACIT_ERR_MEMORY. */
enum tacit_status spelling_is_whole(struct spelling *spelling, bool *whole);

#endif
