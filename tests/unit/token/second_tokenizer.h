/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: the second decoder's way from text to items, which was written from docs/language-model.md, beside the
 * library's.
 */
#ifndef TACIT_TESTS_SECOND_TOKENIZER_H
#define TACIT_TESTS_SECOND_TOKENIZER_H

#include <stdlib.h>

#include "check.h"
#include "reference/text_items.h"
#include "reference/text_pieces.h"
#include "token/tokenizer.h"

struct second_tokenizer {
    const struct tokenizer *first;
    struct model model;
    struct items items;
    uint8_t *file;
};

/* The tokenizer has to stay. */
static inline void second_open(struct second_tokenizer *second, const struct tokenizer *tokenizer)
{
    size_t n;
    *second = (struct second_tokenizer){.first = tokenizer};
    second->model.shape.n_vocab = tokenizer_vocabulary(tokenizer)->n_tokens;
    CHECK(tokenizer_save(tokenizer, &second->file, &n) == TACIT_OK);
    read_tokenizer(&second->model, second->file, n);
    make_items(&second->items, &second->model);
    uint32_t hash;
    CHECK(tokenizer_hash_rules(tokenizer, &hash) == TACIT_OK &&
          hash == hash_of_rules(&second->model));
}

static inline void second_close(struct second_tokenizer *second)
{
    free(second->items.item);
    free(second->model.token);
    free(second->file);
}

/* Both give the same items for text[0 .. n). */
static inline void second_check(const struct second_tokenizer *second, const uint8_t *text,
                                size_t n)
{
    uint32_t *items = malloc((n + 1) * sizeof *items), *places = malloc((n + 1) * sizeof *places);
    size_t n_items = 0, n_same = 0;
    CHECK(tokenizer_encode(second->first, text, n, items, &n_items) == TACIT_OK);
    uint32_t n_places = text_items(&second->model, &second->items, text, (uint32_t)n, places);
    for (; n_same < n_items && n_same < n_places; n_same++) {
        const struct item *item = &second->items.item[places[n_same]];
        bool bare = item->token == second->items.n_tokens;
        if (items[n_same] != (bare ? item->token + item->bytes[0] : item->token))
            break;
    }
    CHECK_MSG(n_items == n_places && n_same == n_items, "item %zu of '%.*s'", n_same, (int)n,
              (const char *)text);
    free(items);
    free(places);
}

#endif
