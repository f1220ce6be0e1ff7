/* SPDX-License-Identifier: Apache-2.0
 *
 * Which tokens may follow a text of tokens, so that the tokenizer makes the same tokens of its bytes again.
 * A model may draw "the" as "t" and "he"; whoever reads "the" would see one token. Text that has to lead back to
 * its tokens keeps to those that the tokenizer would have chosen.
 *
 * Looking back is bounded: behind the beginning of a word, tokens before it are taken not to matter. That
 * holds for the pre-tokenizers that there are; spelling_is_whole makes sure at the end.
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
    uint32_t *probe;             /* room for the items of what is looked at */
    size_t probe_cap;
};

/* Zero it first; tokenizer outlives it. */
void spelling_release(struct spelling *spelling);

/* *allowed: whether the token may follow. TACIT_ERR_MEMORY. */
enum tacit_status spelling_allows(struct spelling *spelling, uint32_t token, bool *allowed);

/* The token follows. TACIT_ERR_MEMORY. */
enum tacit_status spelling_add(struct spelling *spelling, uint32_t token);

/* *whole: whether the tokenizer makes these tokens of the whole text. TACIT_ERR_MEMORY. */
enum tacit_status spelling_is_whole(struct spelling *spelling, bool *whole);

#endif
