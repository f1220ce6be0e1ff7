/* SPDX-License-Identifier: Apache-2.0 */
#include "gguf/gguf_tokenizer.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/try.h"
#include "gguf/gguf_sentencepiece.h"
#include "token/pretokenizer.h"

#define TYPE_NORMAL 1

/* Reads the strings of an array of the file. The caller frees *strings. */
static enum tacit_status list_strings(const struct gguf *gguf, const char *key,
                                      struct byte_view **strings, uint32_t *n,
                                      struct reason *reason)
{
    struct gguf_array array;
    if (!gguf_get_array(gguf, key, &array) || array.type != GGUF_STRING)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "the tokenizer has no list of strings %s", key);
    if (array.count > VOCABULARY_TOKENS_MAX)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "%s has %llu entries; at most %u", key,
                           (unsigned long long)array.count, (unsigned)VOCABULARY_TOKENS_MAX);
    *n = (uint32_t)array.count;
    *strings = malloc((*n + (size_t)1) * sizeof **strings);
    if (!*strings)
        return TACIT_ERR_MEMORY;
    const uint8_t *cursor = array.data;
    for (uint32_t i = 0; i < *n; i++)
        (*strings)[i] = gguf_next_string(&cursor);
    return TACIT_OK;
}

/* *is_text stays NULL where the file has no token types. */
static enum tacit_status list_types(const struct gguf *gguf, uint32_t n_tokens, uint8_t **is_text,
                                    struct reason *reason)
{
    struct gguf_array array;
    if (!gguf_get_array(gguf, "tokenizer.ggml.token_type", &array))
        return TACIT_OK;
    if ((array.type != GGUF_I32 && array.type != GGUF_U32) || array.count != n_tokens)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "tokenizer.ggml.token_type does not fit the tokens");
    *is_text = malloc(n_tokens + (size_t)1);
    if (!*is_text)
        return TACIT_ERR_MEMORY;
    for (uint32_t i = 0; i < n_tokens; i++)
        (*is_text)[i] = load_le32(array.data + 4 * (size_t)i) == TYPE_NORMAL;
    return TACIT_OK;
}

static bool find_special(const struct tokenizer_spec *spec, const char *text, uint32_t *token)
{
    for (uint32_t i = 0; i < spec->n_tokens; i++)
        if (view_equals(spec->tokens[i], text) && spec->is_text && !spec->is_text[i]) {
            *token = i;
            return true;
        }
    return false;
}

/* The token that stood between documents in training. Chat models name another token as their first
 * one: the token that begins a turn. */
static void choose_start(struct tokenizer_spec *spec, const struct gguf *gguf)
{
    spec->has_start = find_special(spec, "<|endoftext|>", &spec->start) ||
                      gguf_get_u32(gguf, "tokenizer.ggml.bos_token_id", &spec->start) ||
                      gguf_get_u32(gguf, "tokenizer.ggml.eos_token_id", &spec->start);
    spec->has_start = spec->has_start && spec->start < spec->n_tokens;
}

/* Reads the parts of the description that can be refused before its lists are read. */
static enum tacit_status check_kind(const struct gguf *gguf, struct tokenizer_spec *spec,
                                    struct reason *reason)
{
    struct byte_view kind = {0};
    if (!gguf_get_string(gguf, "tokenizer.ggml.model", &kind))
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "tokenizer.ggml.model is missing");
    spec->form = view_equals(kind, "llama") ? TOKENIZER_SCORED : TOKENIZER_SPELLED;
    if (spec->form == TOKENIZER_SCORED)
        return TACIT_OK;
    if (!view_equals(kind, "gpt2"))
        return reason_give(
            reason, TACIT_ERR_UNSUPPORTED,
            "the tokenizer is of kind '%.*s'; byte-level BPE ('gpt2') and SentencePiece's BPE "
            "('llama') can be run",
            (int)kind.n, (const char *)kind.data);
    gguf_get_string(gguf, "tokenizer.ggml.pre", &spec->pre);
    if (!pretokenizer_find(spec->pre))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "the pre-tokenizer '%.*s' (tokenizer.ggml.pre) is not known",
                           (int)spec->pre.n, (const char *)spec->pre.data);
    return TACIT_OK;
}

static enum tacit_status create(struct tokenizer **tokenizer, const struct gguf *gguf,
                                struct byte_view **tokens, uint8_t **is_text,
                                struct byte_view **rules, struct reason *reason)
{
    struct tokenizer_spec spec = {.pre = {(const uint8_t *)"gpt-2", 5}};
    TRY(check_kind(gguf, &spec, reason));
    TRY(list_strings(gguf, "tokenizer.ggml.tokens", tokens, &spec.n_tokens, reason));
    if (spec.form == TOKENIZER_SCORED)
        return gguf_sentencepiece_create(tokenizer, gguf, *tokens, spec.n_tokens, reason);
    TRY(list_strings(gguf, "tokenizer.ggml.merges", rules, &spec.n_rules, reason));
    TRY(list_types(gguf, spec.n_tokens, is_text, reason));
    spec.tokens = *tokens;
    spec.is_text = *is_text;
    spec.rules = *rules;
    choose_start(&spec, gguf);
    enum tacit_status status = tokenizer_create(tokenizer, &spec);
    if (status != TACIT_OK && status != TACIT_ERR_MEMORY)
        reason_write(reason, "the tokenizer's tokens and merges contradict each other");
    return status;
}

enum tacit_status gguf_tokenizer_create(struct tokenizer **tokenizer, const struct gguf *gguf,
                                        struct reason *reason)
{
    struct byte_view *tokens = NULL, *rules = NULL;
    uint8_t *is_text = NULL;
    *tokenizer = NULL;
    enum tacit_status status = create(tokenizer, gguf, &tokens, &is_text, &rules, reason);
    free(tokens);
    free(is_text);
    free(rules);
    return status;
}
