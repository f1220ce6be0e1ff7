/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gguf_keys.h"

#include <stdio.h>
#include <string.h>

#include "base/try.h"

enum key_rule {
    KEY_ANY,   /* read by the importer, or without effect on what the model computes */
    KEY_ZERO,  /* an integer: 0 */
    KEY_ONE,   /* a float: 1 */
    KEY_TRUE,  /* a boolean */
    KEY_FALSE, /* a boolean */
};

/* Keys below the architecture's name, their rules, and the feature that a value against the rule
 * asks for. */
struct known_key {
    const char *name;
    enum key_rule rule;
    const char *feature;
};

static const struct known_key known_keys[] = {
    {"block_count", KEY_ANY, NULL},
    {"context_length", KEY_ANY, NULL},
    {"embedding_length", KEY_ANY, NULL},
    {"feed_forward_length", KEY_ANY, NULL},
    {"vocab_size", KEY_ANY, NULL},
    {"tensor_data_layout", KEY_ANY, NULL},
    {"attention.head_count", KEY_ANY, NULL},
    {"attention.head_count_kv", KEY_ANY, NULL},
    {"attention.key_length", KEY_ANY, NULL},
    {"attention.value_length", KEY_ANY, NULL},
    {"attention.layer_norm_epsilon", KEY_ANY, NULL},
    {"attention.layer_norm_rms_epsilon", KEY_ANY, NULL},
    {"attention.causal", KEY_TRUE, "attention to later tokens"},
    {"attention.sliding_window", KEY_ANY, NULL},
    {"attn_logit_softcapping", KEY_ANY, NULL},
    {"final_logit_softcapping", KEY_ANY, NULL},
    {"expert_count", KEY_ZERO, "a mixture of experts"},
    {"expert_used_count", KEY_ZERO, "a mixture of experts"},
    {"pooling_type", KEY_ZERO, "pooling"},
    {"use_parallel_residual", KEY_FALSE, "a parallel residual"},
    {"rope.dimension_count", KEY_ANY, NULL},
    {"rope.freq_base", KEY_ANY, NULL},
    {"rope.freq_base_swa", KEY_ANY, NULL},
    {"rope.scale_linear", KEY_ANY, NULL},
    {"rope.scaling.type", KEY_ANY, NULL},
    {"rope.scaling.factor", KEY_ANY, NULL},
    {"rope.scaling.attn_factor", KEY_ANY, NULL},
    {"rope.scaling.original_context_length", KEY_ANY, NULL},
    {"rope.scaling.finetuned", KEY_ANY, NULL},
    {"rope.scaling.yarn_beta_fast", KEY_ANY, NULL},
    {"rope.scaling.yarn_beta_slow", KEY_ANY, NULL},
    {"rope.scaling.yarn_ext_factor", KEY_ONE, "another extrapolation by YaRN"},
    {"rope.scaling.yarn_attn_factor", KEY_ONE, "another attention factor of YaRN"},
};

/* Beginnings of keys that are descriptions, for people and for chat programs. */
static const char *const free_prefixes[] = {
    "general.",
    "quantize.imatrix.",
    "tokenizer.chat_template",
    "tokenizer.ggml.add_",
};

static const char *const free_keys[] = {
    "tokenizer.ggml.merges",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.token_type_count",
    "tokenizer.ggml.tokens",
    "tokenizer.huggingface.json",
    "split.no",
    "split.tensors.count",
    "split.count",
};

static bool is_allowed(const struct gguf *gguf, const char *key, enum key_rule rule)
{
    uint32_t number;
    float value;
    bool flag;
    switch (rule) {
    case KEY_ZERO:
        return gguf_get_u32(gguf, key, &number) && number == 0;
    case KEY_ONE:
        return gguf_get_f32(gguf, key, &value) && value == 1.0f;
    case KEY_TRUE:
        return gguf_get_bool(gguf, key, &flag) && flag;
    case KEY_FALSE:
        return gguf_get_bool(gguf, key, &flag) && !flag;
    default:
        return true;
    }
}

static bool begins_with(struct byte_view text, const char *prefix)
{
    size_t n = strlen(prefix);
    return text.n >= n && memcmp(text.data, prefix, n) == 0;
}

static bool ends_with(struct byte_view text, const char *suffix)
{
    size_t n = strlen(suffix);
    return text.n >= n && memcmp(text.data + text.n - n, suffix, n) == 0;
}

static bool is_free(struct byte_view key)
{
    for (size_t i = 0; i < sizeof free_prefixes / sizeof *free_prefixes; i++)
        if (begins_with(key, free_prefixes[i]))
            return true;
    for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++)
        if (view_equals(key, free_keys[i]))
            return true;
    return begins_with(key, "tokenizer.ggml.") &&
           (ends_with(key, "_token_id") || ends_with(key, "_token_ids"));
}

static const struct known_key *find_known(struct byte_view key, const char *architecture)
{
    size_t n = strlen(architecture);
    if (!begins_with(key, architecture) || key.n <= n || key.data[n] != '.')
        return NULL;
    struct byte_view rest = {key.data + n + 1, key.n - n - 1};
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
        if (view_equals(rest, known_keys[i].name))
            return &known_keys[i];
    return NULL;
}

static enum tacit_status check_key(const struct gguf *gguf, struct byte_view key,
                                   const char *architecture, struct reason *reason)
{
    char name[128];
    if (is_free(key))
        return TACIT_OK;
    const struct known_key *known = find_known(key, architecture);
    snprintf(name, sizeof name, "%.*s", (int)(key.n < 100 ? key.n : 100), (const char *)key.data);
    if (!known)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                           "the key %s is not known for the architecture %s", name, architecture);
    if (is_allowed(gguf, name, known->rule))
        return TACIT_OK;
    return reason_give(reason, TACIT_ERR_UNSUPPORTED, "the key %s asks for %s, which is not there",
                       name, known->feature);
}

enum tacit_status gguf_keys_check(const struct gguf *gguf, const char *architecture,
                                  struct reason *reason)
{
    for (uint32_t i = 0; i < gguf_n_values(gguf); i++)
        TRY(check_key(gguf, gguf_key(gguf, i), architecture, reason));
    return TACIT_OK;
}
