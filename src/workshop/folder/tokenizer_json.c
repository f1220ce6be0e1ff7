/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/folder/tokenizer_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"

/* GGUF's kinds of tokens. */
enum { KIND_NORMAL = 1, KIND_CONTROL = 3, KIND_USER_DEFINED = 4, KIND_UNUSED = 5 };

struct token {
    struct byte_view text;
    uint32_t kind;
};

/* GGUF's names of rules that the tokenizer knows (token/pretokenizer.h), by what the file says of them: a rule of GPT-2 with
 * single digits or without, or a regular expression. */
static const char digits_one[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                                 "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
                                 "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
static const char digits_three[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{"
                                   "N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
                                   "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

static bool is_type(const json_t *object, const char *type)
{
    const char *name = json_string_value(json_object_get(object, "type"));
    return name && strcmp(name, type) == 0;
}

/* Of the steps of a pre-tokenizer: ByteLevel that cuts by GPT-2's rule, or that only spells. */
static bool is_byte_level(const json_t *step, bool cuts)
{
    const json_t *use = json_object_get(step, "use_regex");
    return is_type(step, "ByteLevel") && !json_is_true(json_object_get(step, "add_prefix_space")) &&
           json_is_false(use) == !cuts;
}

static const char *rule_of_split(const json_t *step, bool whole_words)
{
    const char *regex =
        json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
    const char *behavior = json_string_value(json_object_get(step, "behavior"));
    if (!regex || !behavior || strcmp(behavior, "Isolated") != 0 ||
        json_is_true(json_object_get(step, "invert")))
        return NULL;
    if (strcmp(regex, digits_one) == 0)
        return whole_words ? NULL : "qwen2";
    if (strcmp(regex, digits_three) == 0)
        return whole_words ? "llama-bpe" : "smaug-bpe";
    return NULL;
}

static const char *find_rule(const json_t *root)
{
    const json_t *pre = json_object_get(root, "pre_tokenizer");
    const json_t *steps = json_object_get(pre, "pretokenizers");
    bool whole_words =
        json_is_true(json_object_get(json_object_get(root, "model"), "ignore_merges"));
    if (is_byte_level(pre, true))
        return whole_words ? NULL : "gpt-2";
    if (!is_type(pre, "Sequence") || json_array_size(steps) != 2)
        return NULL;
    const json_t *first = json_array_get(steps, 0), *second = json_array_get(steps, 1);
    if (is_type(first, "Digits") && json_is_true(json_object_get(first, "individual_digits")) &&
        is_byte_level(second, true))
        return whole_words ? NULL : "smollm";
    if (is_type(first, "Split") && is_byte_level(second, false))
        return rule_of_split(first, whole_words);
    return NULL;
}

/* A normalizer of form NFC is left out: text that is not in this form keeps its bytes. */
static enum tacit_status check(const json_t *root, struct reason *reason)
{
    const json_t *model = json_object_get(root, "model");
    const json_t *normalizer = json_object_get(root, "normalizer");
    if (!is_type(model, "BPE") || json_is_true(json_object_get(model, "byte_fallback")))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "tokenizer.json is no byte-level BPE; a .gguf file of the model may do");
    if (normalizer && !json_is_null(normalizer) && !is_type(normalizer, "NFC"))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "tokenizer.json changes text first");
    if (!find_rule(root))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "tokenizer.json cuts text by a rule that is not known");
    return TACIT_OK;
}

static enum tacit_status place(struct token *tokens, uint32_t n, const json_t *id,
                               struct token token, struct reason *reason)
{
    json_int_t at = json_is_integer(id) ? json_integer_value(id) : -1;
    if (at < 0 || at >= n)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "tokenizer.json has a token outside the model's %u", (unsigned)n);
    tokens[at] = token;
    return TACIT_OK;
}

static enum tacit_status place_all(struct token *tokens, uint32_t n, const json_t *root,
                                   struct reason *reason)
{
    json_t *vocabulary = json_object_get(json_object_get(root, "model"), "vocab"), *value;
    const char *text;
    size_t i;
    json_object_foreach(vocabulary, text, value)
    {
        struct token token = {{(const uint8_t *)text, strlen(text)}, KIND_NORMAL};
        TRY(place(tokens, n, value, token, reason));
    }
    json_array_foreach(json_object_get(root, "added_tokens"), i, value)
    {
        const json_t *content = json_object_get(value, "content");
        bool special = json_is_true(json_object_get(value, "special"));
        struct token token = {
            {(const uint8_t *)json_string_value(content), json_string_length(content)},
            special ? KIND_CONTROL : KIND_USER_DEFINED};
        if (!json_is_string(content))
            return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                               "tokenizer.json has an added token without content");
        TRY(place(tokens, n, json_object_get(value, "id"), token, reason));
    }
    return TACIT_OK;
}

static void draft_tokens(struct gguf_draft *draft, const struct token *tokens, uint32_t n)
{
    gguf_draft_array(draft, "tokenizer.ggml.tokens", GGUF_STRING, n);
    for (uint32_t i = 0; i < n; i++) {
        char unused[32];
        struct byte_view text = tokens[i].text;
        if (!text.data) {
            text.n = (size_t)snprintf(unused, sizeof unused, "[PAD%u]", (unsigned)i);
            text.data = (const uint8_t *)unused;
        }
        gguf_draft_string_element(draft, text);
    }
    gguf_draft_array(draft, "tokenizer.ggml.token_type", GGUF_I32, n);
    for (uint32_t i = 0; i < n; i++)
        gguf_draft_u32_element(draft, tokens[i].text.data ? tokens[i].kind : KIND_UNUSED);
}

/* "a b", or since tokenizers 0.20 ["a", "b"]. */
static enum tacit_status draft_merges(struct gguf_draft *draft, const json_t *root,
                                      struct reason *reason)
{
    json_t *merges = json_object_get(json_object_get(root, "model"), "merges"), *merge;
    size_t i;
    gguf_draft_array(draft, "tokenizer.ggml.merges", GGUF_STRING, json_array_size(merges));
    json_array_foreach(merges, i, merge)
    {
        char joined[1024];
        const char *text = json_string_value(merge);
        const char *left = json_string_value(json_array_get(merge, 0));
        const char *right = json_string_value(json_array_get(merge, 1));
        int n = left && right ? snprintf(joined, sizeof joined, "%s %s", left, right) : 0;
        if (!text && (n <= 0 || n >= (int)sizeof joined))
            return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                               "tokenizer.json has a merge that is none");
        text = text ? text : joined;
        gguf_draft_string_element(draft, (struct byte_view){(const uint8_t *)text, strlen(text)});
    }
    return TACIT_OK;
}

enum tacit_status tokenizer_json_read(struct gguf_draft *draft, const json_t *root,
                                      uint32_t n_tokens, struct reason *reason)
{
    TRY(check(root, reason));
    struct token *tokens = calloc(n_tokens, sizeof *tokens);
    if (!tokens)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = place_all(tokens, n_tokens, root, reason);
    if (status == TACIT_OK) {
        const char *rule = find_rule(root);
        gguf_draft_string(draft, "tokenizer.ggml.model",
                          (struct byte_view){(const uint8_t *)"gpt2", 4});
        gguf_draft_string(draft, "tokenizer.ggml.pre",
                          (struct byte_view){(const uint8_t *)rule, strlen(rule)});
        draft_tokens(draft, tokens, n_tokens);
        status = draft_merges(draft, root, reason);
    }
    free(tokens);
    return status;
}
