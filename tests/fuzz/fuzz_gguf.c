/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as a GGUF file; whatever opens is read through to its end, and its
 * tokenizer, if it makes one, encodes the file itself.
 */
#include <stdlib.h>

#include "gguf/gguf_tokenizer.h"
#include "token/byte_trie.h"

#define ROW_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void read_tensors(const struct gguf *gguf)
{
    static float row[ROW_MAX];
    for (uint32_t i = 0; i < gguf_n_tensors(gguf); i++) {
        const struct gguf_tensor *tensor = gguf_tensor(gguf, i);
        for (uint64_t r = 0; r < tensor->n_rows && tensor->shape[0] <= ROW_MAX; r++)
            (void)gguf_tensor_row(tensor, r, row);
    }
}

static void read_strings(const struct gguf *gguf, const char *key)
{
    struct gguf_array array;
    if (!gguf_get_array(gguf, key, &array) || array.type != GGUF_STRING)
        return;
    const uint8_t *cursor = array.data;
    for (uint64_t i = 0; i < array.count; i++) {
        struct byte_view string = gguf_next_string(&cursor);
        if (string.n && string.data + string.n > gguf_bytes(gguf).data + gguf_bytes(gguf).n)
            abort();
    }
}

static void use_tokenizer(const struct gguf *gguf)
{
    struct byte_view bytes = gguf_bytes(gguf);
    struct tokenizer *tokenizer;
    struct byte_trie *trie = NULL;
    if (gguf_tokenizer_create(&tokenizer, gguf, NULL) != TACIT_OK)
        return;
    uint32_t *items = malloc(bytes.n * sizeof *items);
    size_t n_items;
    if (!items || tokenizer_encode(tokenizer, bytes.data, bytes.n, items, &n_items) != TACIT_OK ||
        byte_trie_of_tokenizer(&trie, tokenizer) != TACIT_OK)
        abort();
    byte_trie_destroy(trie);
    free(items);
    tokenizer_destroy(tokenizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct gguf *gguf;
    if (gguf_open_memory(&gguf, data, n_bytes, NULL) != TACIT_OK)
        return 0;
    read_tensors(gguf);
    read_strings(gguf, "tokenizer.ggml.tokens");
    read_strings(gguf, "a.strings");
    use_tokenizer(gguf);
    gguf_close(gguf);
    return 0;
}
