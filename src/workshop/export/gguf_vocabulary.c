/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/export/gguf_vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "gguf/gguf_tokenizer.h"

enum { TYPE_NORMAL = 1, TYPE_CONTROL = 3 };

static struct byte_view view_of(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

enum tacit_status gguf_vocabulary_check(const struct gguf *like, const struct tokenizer *tokenizer,
                                        struct reason *reason)
{
    struct tokenizer *other;
    uint8_t *saved = NULL, *saved_other = NULL;
    size_t n = 0, n_other = 0;
    TRY(gguf_tokenizer_create(&other, like, reason));
    enum tacit_status status = tokenizer_save(tokenizer, &saved, &n);
    if (status == TACIT_OK)
        status = tokenizer_save(other, &saved_other, &n_other);
    if (status == TACIT_OK && (n != n_other || memcmp(saved, saved_other, n) != 0))
        status = reason_give(reason, TACIT_ERR_UNSUPPORTED, "the two tokenizers differ");
    free(saved);
    free(saved_other);
    tokenizer_destroy(other);
    return status;
}

/* Not what the writer states itself, nor where tensors lie. */
static bool is_description(struct byte_view key)
{
    static const char *const own[] = {"general.architecture", "general.file_type",
                                      "general.quantization_version", "general.alignment"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (view_equals(key, own[i]))
            return false;
    return (key.n > 8 && memcmp(key.data, "general.", 8) == 0) ||
           (key.n > 10 && memcmp(key.data, "tokenizer.", 10) == 0);
}

void gguf_vocabulary_copy(struct gguf_draft *draft, const struct gguf *like)
{
    for (uint32_t i = 0; i < gguf_n_values(like); i++)
        if (is_description(gguf_key(like, i)))
            gguf_draft_copy(draft, like, i);
}

/* Writes token `token` in the byte-level spelling, or the name of one without bytes, to text. */
static struct byte_view spell(const struct tokenizer *tokenizer, uint32_t token, uint8_t *text)
{
    struct byte_view bytes = tokenizer_item_bytes(tokenizer, token);
    if (bytes.n > 0)
        return (struct byte_view){text, vocabulary_spell(bytes, text)};
    int n = snprintf((char *)text, 32, "<|special-%u|>", (unsigned)token);
    return (struct byte_view){text, (size_t)n};
}

/* text: room for any two tokens and a space. */
static enum tacit_status put_tokens(struct gguf_draft *draft, const struct tokenizer *tokenizer,
                                    uint8_t *text, size_t *n_unnamed)
{
    uint32_t n_tokens = tokenizer_n_items(tokenizer) - 256, n_rules, *pairs;
    gguf_draft_array(draft, "tokenizer.ggml.tokens", GGUF_STRING, n_tokens);
    for (uint32_t i = 0; i < n_tokens; i++)
        gguf_draft_string_element(draft, spell(tokenizer, i, text));
    gguf_draft_array(draft, "tokenizer.ggml.token_type", GGUF_I32, n_tokens);
    *n_unnamed = 0;
    for (uint32_t i = 0; i < n_tokens; i++) {
        bool is_text = tokenizer_item_bytes(tokenizer, i).n > 0;
        *n_unnamed += !is_text;
        gguf_draft_u32_element(draft, is_text ? TYPE_NORMAL : TYPE_CONTROL);
    }
    TRY(tokenizer_pairs(tokenizer, &pairs, &n_rules));
    gguf_draft_array(draft, "tokenizer.ggml.merges", GGUF_STRING, n_rules);
    for (size_t i = 0; i < n_rules; i++) {
        size_t n = spell(tokenizer, pairs[2 * i], text).n;
        text[n] = ' ';
        n += 1 + spell(tokenizer, pairs[2 * i + 1], text + n + 1).n;
        gguf_draft_string_element(draft, (struct byte_view){text, n});
    }
    free(pairs);
    return TACIT_OK;
}

/* The start is named as the token before a text and behind it, but is not to be put there: texts do
 * not need it. */
static void put_start(struct gguf_draft *draft, uint32_t start)
{
    if (start != VOCABULARY_NONE) {
        gguf_draft_u32(draft, "tokenizer.ggml.bos_token_id", start);
        gguf_draft_u32(draft, "tokenizer.ggml.eos_token_id", start);
    }
    gguf_draft_bool(draft, "tokenizer.ggml.add_bos_token", false);
    gguf_draft_bool(draft, "tokenizer.ggml.add_space_prefix", false);
}

enum tacit_status gguf_vocabulary_make(struct gguf_draft *draft, const struct model_file *file,
                                       size_t *n_unnamed, struct reason *reason)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(file);
    enum tokenizer_form form = tokenizer_form_of(tokenizer);
    if (form == TOKENIZER_SCORED)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "a .tmodel lacks the scores of SentencePiece's tokens: --like FILE.gguf "
                           "names the file that it came from");
    if (form == TOKENIZER_JOINED)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "GGUF has no tokenizer such as this one");
    uint8_t *text = malloc(4 * (size_t)tokenizer_vocabulary(tokenizer)->n_bytes_max + 65);
    if (!text)
        return TACIT_ERR_MEMORY;
    gguf_draft_string(draft, "general.name", model_file_name(file));
    gguf_draft_string(draft, "general.license", model_file_licence(file));
    gguf_draft_string(draft, "tokenizer.ggml.model", view_of("gpt2"));
    gguf_draft_string(draft, "tokenizer.ggml.pre", view_of(tokenizer_pre_name(tokenizer)));
    put_start(draft, tokenizer_start(tokenizer));
    enum tacit_status status = put_tokens(draft, tokenizer, text, n_unnamed);
    free(text);
    return status;
}
