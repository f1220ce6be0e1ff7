/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as a saved tokenizer. One that loads must spell its own file, and
 * come back from what it is saved as.
 */
#include <stdlib.h>

#include "token/byte_trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void check_encoding(const struct tokenizer *tokenizer, const uint8_t *data, size_t n_bytes)
{
    uint32_t *items = malloc((n_bytes + 1) * sizeof *items);
    size_t n_items, pos = 0;
    if (!items || tokenizer_encode(tokenizer, data, n_bytes, items, &n_items) != TACIT_OK)
        abort();
    for (size_t i = 0; i < n_items; i++) {
        struct byte_view item = tokenizer_item_bytes(tokenizer, items[i]);
        if (item.n == 0 || item.n > n_bytes - pos || memcmp(item.data, data + pos, item.n) != 0)
            abort();
        pos += item.n;
    }
    if (pos != n_bytes)
        abort();
    free(items);
}

static void check_saved(const struct tokenizer *tokenizer)
{
    struct tokenizer *again;
    uint8_t *saved, *resaved;
    size_t n_saved, n_resaved;
    if (tokenizer_save(tokenizer, &saved, &n_saved) != TACIT_OK ||
        tokenizer_load(&again, saved, n_saved) != TACIT_OK ||
        tokenizer_save(again, &resaved, &n_resaved) != TACIT_OK)
        abort();
    if (n_saved != n_resaved || memcmp(saved, resaved, n_saved) != 0)
        abort();
    tokenizer_destroy(again);
    free(saved);
    free(resaved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct tokenizer *tokenizer;
    struct byte_trie *trie;
    if (tokenizer_load(&tokenizer, data, n_bytes) != TACIT_OK)
        return 0;
    check_encoding(tokenizer, data, n_bytes);
    check_saved(tokenizer);
    if (byte_trie_of_tokenizer(&trie, tokenizer) != TACIT_OK)
        abort();
    byte_trie_destroy(trie);
    tokenizer_destroy(tokenizer);
    return 0;
}
