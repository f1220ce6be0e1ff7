/* SPDX-License-Identifier: Apache-2.0
 *
 * How text becomes tokens of a vocabulary that this project trained, against the rule of docs/default-model.md
 * written plainly: within a piece the adjacent pair whose union is the token with the smallest id is
 * joined, leftmost first, until none can be.
 */
#include "check.h"
#include "token/pretokenizer.h"
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

/* The token that two neighbours make; n_tokens: none. */
static uint32_t joined(const struct vocab *vocab, uint16_t left, uint16_t right)
{
    const struct vocab_token *l = &vocab->tokens[left], *r = &vocab->tokens[right];
    for (uint32_t id = 256; id + 1 < vocab->n_tokens; id++) {
        const struct vocab_token *t = &vocab->tokens[id];
        if (t->n_bytes == l->n_bytes + r->n_bytes && !memcmp(t->bytes, l->bytes, l->n_bytes) &&
            !memcmp(t->bytes + l->n_bytes, r->bytes, r->n_bytes))
            return id;
    }
    return vocab->n_tokens;
}

static size_t join_piece(const struct vocab *vocab, const uint8_t *piece, size_t n, uint16_t *ids)
{
    for (size_t i = 0; i < n; i++)
        ids[i] = piece[i];
    for (;;) {
        uint32_t best = vocab->n_tokens;
        size_t where = 0;
        for (size_t i = 0; i + 1 < n; i++) {
            const uint32_t id = joined(vocab, ids[i], ids[i + 1]);
            where = id < best ? i : where;
            best = id < best ? id : best;
        }
        if (best == vocab->n_tokens)
            return n;
        ids[where] = (uint16_t)best;
        memmove(ids + where + 1, ids + where + 2, (n - where - 2) * sizeof *ids);
        n--;
    }
}

static void compare(const struct vocab *vocab, const uint8_t *bytes, size_t n)
{
    const struct pretokenizer *pre =
        pretokenizer_find((struct byte_view){(const uint8_t *)"tacit", 5});
    uint16_t ids[2048], wanted[2048];
    size_t n_ids, n_wanted = 0;
    for (size_t at = 0, n_piece; at < n; at += n_piece) {
        n_piece = pretokenizer_next(pre, bytes + at, n - at);
        n_wanted += join_piece(vocab, bytes + at, n_piece, wanted + n_wanted);
    }
    CHECK(vocab_encode(vocab, bytes, n, ids, &n_ids) == TACIT_OK);
    CHECK_MSG(n_ids == n_wanted && !memcmp(ids, wanted, n_ids * sizeof *ids), "%zu bytes", n);
}

int main(void)
{
    struct vocab vocab;
    uint8_t bytes[2048];
    uint32_t state = 7;
    CHECK(train(&vocab) == TACIT_OK && vocab.n_tokens > 300);
    for (int i = 0; i < N_TEXTS; i++)
        compare(&vocab, (const uint8_t *)texts[i], strlen(texts[i]));
    for (unsigned round = 0; round < 300; round++) {
        static const char likely[] = "   \n\tthelamp0123..,-(\xc3\xa9\xe2\x82\xac";
        size_t n = round < 200 ? round * 5 : sizeof bytes;
        for (size_t i = 0; i < n; i++) {
            state = state * 1664525 + 1013904223;
            bytes[i] = round % 4
                           ? (uint8_t)likely[(state >> 16) % (1 + round % (sizeof likely - 1))]
                           : (uint8_t)(state >> 24);
        }
        compare(&vocab, bytes, n);
    }
    (void)words, (void)merges;
    (void)ids_smollm, (void)ids_gpt_2, (void)ids_qwen2, (void)ids_llama_bpe;
    vocab_close(&vocab);
    return check_result();
}
