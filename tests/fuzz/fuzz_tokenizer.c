/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: the first byte chooses the pre-tokenizer, the rest is text. What it is cut into
 * must spell it, and the walk through the byte trie must find each item again.
 */
#include <stdlib.h>

#include "token/byte_trie.h"
#include "unit/token/tokenizer_cases.h"

#define N_PRE 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

struct coder {
    struct tokenizer *tokenizer;
    struct byte_trie *trie;
};

static struct byte_view view_of(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

static void make_coder(struct coder *coder, const char *pre)
{
    struct byte_view tokens[N_WORDS], rules[N_MERGES];
    for (int i = 0; i < N_WORDS; i++)
        tokens[i] = view_of(words[i]);
    for (int i = 0; i < N_MERGES; i++)
        rules[i] = view_of(merges[i]);
    struct tokenizer_spec spec = {.pre = view_of(pre),
                                  .n_tokens = N_WORDS,
                                  .tokens = tokens,
                                  .is_text = NULL,
                                  .n_rules = N_MERGES,
                                  .rules = rules};
    if (tokenizer_create(&coder->tokenizer, &spec) != TACIT_OK ||
        byte_trie_of_tokenizer(&coder->trie, coder->tokenizer) != TACIT_OK)
        abort();
}

static void check_walk(const struct byte_trie *trie, uint32_t item)
{
    struct byte_trie_walk walk = byte_trie_start(trie);
    uint32_t place = trie->places[item];
    unsigned bit;
    do
        bit = byte_trie_is_open(trie, &walk) ? place >= walk.split : byte_trie_forced(trie, &walk);
    while (byte_trie_take(trie, &walk, bit));
    if (walk.low != place)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    static const char *const names[N_PRE] = {"smollm", "gpt-2", "qwen2", "llama-bpe"};
    static struct coder coders[N_PRE];
    (void)texts, (void)ids_smollm, (void)ids_gpt_2, (void)ids_qwen2, (void)ids_llama_bpe;
    if (n_bytes == 0)
        return 0;
    struct coder *coder = &coders[data[0] % N_PRE];
    if (!coder->tokenizer)
        make_coder(coder, names[data[0] % N_PRE]);
    uint32_t *items = malloc(n_bytes * sizeof *items);
    size_t n_items, pos = 1;
    if (!items ||
        tokenizer_encode(coder->tokenizer, data + 1, n_bytes - 1, items, &n_items) != TACIT_OK)
        abort();
    for (size_t i = 0; i < n_items; i++) {
        struct byte_view item = tokenizer_item_bytes(coder->tokenizer, items[i]);
        if (item.n == 0 || item.n > n_bytes - pos || memcmp(item.data, data + pos, item.n) != 0)
            abort();
        pos += item.n;
        check_walk(coder->trie, items[i]);
    }
    free(items);
    if (pos != n_bytes)
        abort();
    return 0;
}
