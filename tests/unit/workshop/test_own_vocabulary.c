/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokenizer of this project's own models against the trainer's: a model must see in the codec
 * the tokens that it was trained on.
 */
#include "check.h"
#include "token/tokenizer.h"
#include "unit/token/tokenizer_cases.h"
#include "workshop/text/vocab.h"

#include <stdlib.h>

static enum tacit_status train(struct vocab *vocab)
{
    const uint8_t *data[N_TEXTS];
    size_t n_bytes[N_TEXTS];
    for (int i = 0; i < N_TEXTS; i++) {
        data[i] = (const uint8_t *)texts[i];
        n_bytes[i] = strlen(texts[i]);
    }
    return vocab_train(vocab, 400, N_TEXTS, data, n_bytes, 1);
}

static enum tacit_status make_tokenizer(struct tokenizer **tokenizer, const struct vocab *vocab)
{
    struct byte_view *tokens = malloc(vocab->n_tokens * sizeof *tokens);
    for (uint32_t i = 0; i < vocab->n_tokens; i++)
        tokens[i] = (struct byte_view){vocab->tokens[i].bytes, vocab->tokens[i].n_bytes};
    struct tokenizer_spec spec = {.pre = {(const uint8_t *)"tacit", 5},
                                  .n_tokens = vocab->n_tokens,
                                  .tokens = tokens,
                                  .form = TOKENIZER_JOINED};
    enum tacit_status status = tokenizer_create(tokenizer, &spec);
    free(tokens);
    return status;
}

static void compare(const struct tokenizer *tokenizer, struct vocab *vocab, const uint8_t *bytes,
                    size_t n)
{
    uint32_t items[2048];
    uint16_t ids[2048];
    size_t n_items, n_ids = vocab_encode(vocab, bytes, n, ids);
    CHECK(tokenizer_encode(tokenizer, bytes, n, items, &n_items) == TACIT_OK);
    size_t n_same = 0;
    while (n_same < n_ids && n_same < n_items && ids[n_same] == items[n_same])
        n_same++;
    CHECK_MSG(n_items == n_ids && n_same == n_ids, "%zu bytes, token %zu", n, n_same);
}

int main(void)
{
    struct vocab vocab;
    struct tokenizer *tokenizer;
    uint8_t bytes[2048];
    uint32_t state = 7;
    CHECK(train(&vocab) == TACIT_OK && vocab.n_tokens > 300);
    CHECK(make_tokenizer(&tokenizer, &vocab) == TACIT_OK);
    if (!tokenizer)
        return check_result();
    CHECK(tokenizer_item_bytes(tokenizer, vocab.n_tokens - 1).n == 0);
    for (int i = 0; i < N_TEXTS; i++)
        compare(tokenizer, &vocab, (const uint8_t *)texts[i], strlen(texts[i]));
    for (unsigned round = 0; round < 300; round++) {
        static const char likely[] = "   \n\tthelamp0123..,-(\xc3\xa9\xe2\x82\xac";
        size_t n = round < 200 ? round * 5 : sizeof bytes;
        for (size_t i = 0; i < n; i++) {
            state = state * 1664525 + 1013904223;
            bytes[i] = round % 4
                           ? (uint8_t)likely[(state >> 16) % (1 + round % (sizeof likely - 1))]
                           : (uint8_t)(state >> 24);
        }
        compare(tokenizer, &vocab, bytes, n);
    }
    (void)words, (void)merges;
    (void)ids_smollm, (void)ids_gpt_2, (void)ids_qwen2, (void)ids_llama_bpe;
    tokenizer_destroy(tokenizer);
    vocab_close(&vocab);
    return check_result();
}
