/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/text/vocab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file_replace.h"
#include "base/try.h"
#include "workshop/train/files.h"

static const uint8_t MAGIC[4] = {'T', 'V', 'O', 'C'};

/* Sets all that follows from the tokens alone. */
static enum tacit_status make_tokenizer(struct vocab *v)
{
    struct byte_view *tokens = malloc(v->n_tokens * sizeof *tokens);
    uint8_t *is_text = malloc(v->n_tokens);
    enum tacit_status status = TACIT_ERR_MEMORY;
    for (uint32_t i = 0; tokens && is_text && i < v->n_tokens; i++) {
        tokens[i] = (struct byte_view){v->tokens[i].bytes, v->tokens[i].n_bytes};
        is_text[i] = i + 1 < v->n_tokens; /* BOS is never produced by text */
    }
    const struct tokenizer_spec spec = {.pre = {(const uint8_t *)"tacit", 5},
                                        .form = TOKENIZER_JOINED,
                                        .n_tokens = v->n_tokens,
                                        .tokens = tokens,
                                        .is_text = is_text};
    if (tokens && is_text)
        status = tokenizer_create(&v->tokenizer, &spec);
    free(tokens);
    free(is_text);
    return status;
}

enum tacit_status vocab_load(struct vocab *v, const uint8_t *data, size_t n_bytes)
{
    memset(v, 0, sizeof *v);
    if (n_bytes < 8 || memcmp(data, MAGIC, 4))
        return TACIT_ERR_MODEL_DAMAGED;
    v->n_tokens = load_le32(data + 4);
    if (v->n_tokens < 257 || v->n_tokens > VOCAB_SIZE_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    v->tokens = calloc(v->n_tokens, sizeof *v->tokens);
    if (!v->tokens)
        return TACIT_ERR_MEMORY;
    for (uint32_t id = 0; id < 256; id++)
        v->tokens[id] = (struct vocab_token){.n_bytes = 1, .bytes = {(uint8_t)id}};
    size_t at = 8;
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++) {
        const size_t n = at < n_bytes ? data[at] : 0;
        if (n < 2 || n > VOCAB_TOKEN_MAX || n_bytes - at < 1 + n) {
            vocab_close(v);
            return TACIT_ERR_MODEL_DAMAGED;
        }
        v->tokens[id].n_bytes = (uint8_t)n;
        memcpy(v->tokens[id].bytes, data + at + 1, n);
        at += 1 + n;
    }
    const enum tacit_status status = make_tokenizer(v);
    if (status != TACIT_OK)
        vocab_close(v);
    return status;
}

enum tacit_status vocab_save(const struct vocab *v, uint8_t **data, size_t *n_bytes)
{
    size_t n = 8;
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++)
        n += 1u + v->tokens[id].n_bytes;
    uint8_t *at = *data = malloc(n);
    if (!at)
        return TACIT_ERR_MEMORY;
    *n_bytes = n;
    memcpy(at, MAGIC, 4);
    store_le32(at + 4, v->n_tokens);
    at += 8;
    for (uint32_t id = 256; id + 1 < v->n_tokens; id++) {
        *at++ = v->tokens[id].n_bytes;
        memcpy(at, v->tokens[id].bytes, v->tokens[id].n_bytes);
        at += v->tokens[id].n_bytes;
    }
    return TACIT_OK;
}

enum tacit_status vocab_from_tokenizer(struct vocab *v, const struct tokenizer *tokenizer)
{
    memset(v, 0, sizeof *v);
    v->n_tokens = tokenizer_vocabulary(tokenizer)->n_tokens;
    if (v->n_tokens < 257 || v->n_tokens > VOCAB_SIZE_MAX)
        return TACIT_ERR_UNSUPPORTED;
    v->tokens = calloc(v->n_tokens, sizeof *v->tokens);
    if (!v->tokens)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = TACIT_OK;
    for (uint32_t id = 0; id + 1 < v->n_tokens && status == TACIT_OK; id++) {
        const struct byte_view bytes = tokenizer_item_bytes(tokenizer, id);
        const bool is_ours = id < 256 ? bytes.n == 1 && bytes.data[0] == id
                                      : bytes.n >= 2 && bytes.n <= VOCAB_TOKEN_MAX;
        if (is_ours) {
            v->tokens[id].n_bytes = (uint8_t)bytes.n;
            memcpy(v->tokens[id].bytes, bytes.data, bytes.n);
        } else {
            status = TACIT_ERR_UNSUPPORTED;
        }
    }
    if (status == TACIT_OK)
        status = make_tokenizer(v);
    if (status != TACIT_OK)
        vocab_close(v);
    return status;
}

enum tacit_status vocab_read(struct vocab *v, const char *path)
{
    uint8_t *data;
    size_t n;
    TRY(file_read(path, &data, &n));
    const enum tacit_status status = vocab_load(v, data, n);
    free(data);
    return status;
}

enum tacit_status vocab_write(const struct vocab *v, const char *path)
{
    uint8_t *data;
    size_t n;
    TRY(vocab_save(v, &data, &n));
    const enum tacit_status status = file_replace_all(path, data, n);
    free(data);
    return status;
}

void vocab_close(struct vocab *v)
{
    free(v->tokens);
    tokenizer_destroy(v->tokenizer);
    memset(v, 0, sizeof *v);
}

enum tacit_status vocab_encode(const struct vocab *v, const uint8_t *text, size_t n, uint16_t *ids,
                               size_t *n_ids)
{
    uint32_t *items = malloc((n ? n : 1) * sizeof *items);
    *n_ids = 0;
    if (!items)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = tokenizer_encode(v->tokenizer, text, n, items, n_ids);
    for (size_t i = 0; i < *n_ids; i++)
        ids[i] = (uint16_t)items[i]; /* every byte is a token: there are no bare bytes */
    free(items);
    return status;
}
