/* SPDX-License-Identifier: Apache-2.0
 *
 * An open model as the codec uses it (the public face is tacit/model.h): weights, tokenizer and the
 * byte trie of its items. Read-only once open.
 */
#ifndef TACIT_MODEL_OPEN_MODEL_H
#define TACIT_MODEL_OPEN_MODEL_H

#include <stdbool.h>

#include "base/view.h"
#include "model/model_file.h"
#include "tacit/model.h"
#include "token/byte_trie.h"

struct tacit_model {
    struct model_file *file; /* weights (model_file_lm) and tokenizer (model_file_tokenizer) */
    struct byte_trie *trie;  /* of the tokenizer's items */
    uint8_t identity[TACIT_MODEL_HASH];
    uint32_t rules; /* tokenizer_hash_rules */
    bool is_linked; /* the model that tacit_model_default gives */
};

/* A .tmodel in memory, such as one linked into the library; data outlives the handle. Errors as
 * tacit_model_open. */
enum tacit_status model_open_memory(struct tacit_model **model, const uint8_t *data,
                                    size_t n_bytes);

/* The .tmodel that is linked in; empty if there is none. */
struct byte_view model_linked_file(void);

#endif
