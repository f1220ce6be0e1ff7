/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/folder/config_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/try.h"

static const struct {
    const char *model_type, *architecture;
    bool interleaved;
} kinds[] = {
    {"llama", "llama", true},
    {"mistral", "llama", true},
    {"qwen2", "qwen2", false},
    {"qwen3", "qwen3", false},
};

/* Keys that are used, or that change nothing in what is computed here. */
static const char *const known_keys[] = {
    "_name_or_path",
    "architectures",
    "attention_bias",
    "attention_dropout",
    "auto_map",
    "bos_token_id",
    "chunk_size_feed_forward",
    "dtype",
    "eos_token_id",
    "head_dim",
    "hidden_act",
    "hidden_size",
    "id2label",
    "initializer_range",
    "intermediate_size",
    "label2id",
    "layer_types",
    "max_position_embeddings",
    "max_window_layers",
    "model_type",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "pad_token_id",
    "pretraining_tp",
    "problem_type",
    "return_dict",
    "rms_norm_eps",
    "rope_parameters",
    "rope_scaling",
    "rope_theta",
    "sliding_window",
    "tie_word_embeddings",
    "torch_dtype",
    "transformers_version",
    "transformers.js_config",
    "unk_token_id",
    "use_cache",
    "use_sliding_window",
    "vocab_size",
    "is_llama_config",
    "rope_interleaved",
};

/* Keys that have to be absent, null, false or 0 (mlp_bias), or 1 (partial_rotary_factor). */
static bool changes_nothing(const char *key, const json_t *value)
{
    if (json_is_null(value) || json_is_false(value))
        return true;
    if (strcmp(key, "partial_rotary_factor") == 0)
        return json_is_number(value) && json_number_value(value) == 1;
    return false;
}

static bool is_known(const char *key)
{
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
        if (strcmp(known_keys[i], key) == 0)
            return true;
    return false;
}

static enum tacit_status check_keys(json_t *root, struct reason *reason)
{
    const char *key;
    json_t *value;
    json_object_foreach(
        root, key,
        value) if (!is_known(key) &&
                   !changes_nothing(key, value)) return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                                                                    "config.json has '%s', whose "
                                                                    "meaning is not known",
                                                                    key);
    const char *act = json_string_value(json_object_get(root, "hidden_act"));
    if (act && strcmp(act, "silu") != 0)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "the activation '%s'", act);
    if (json_is_true(json_object_get(root, "rope_interleaved")))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "rope_interleaved");
    size_t i;
    const json_t *layer;
    json_array_foreach(json_object_get(root, "layer_types"), i, layer)
    {
        const char *type = json_string_value(layer);
        if (!type || strcmp(type, "full_attention") != 0)
            return reason_give(reason, TACIT_ERR_UNSUPPORTED, "layers of the type '%s'",
                               type ? type : "");
    }
    return TACIT_OK;
}

/* fallback 0: there has to be one. */
static enum tacit_status take_u32(json_t *root, const char *key, uint32_t fallback, uint32_t *out,
                                  struct reason *reason)
{
    const json_t *value = json_object_get(root, key);
    bool absent = !value || json_is_null(value);
    *out = fallback;
    if (absent && fallback > 0)
        return TACIT_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > (1 << 24))
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "config.json has no number '%s' in range", key);
    *out = (uint32_t)json_integer_value(value);
    return TACIT_OK;
}

static float real(json_t *root, const char *key, float fallback)
{
    const json_t *value = json_object_get(root, key);
    return json_is_number(value) ? (float)json_number_value(value) : fallback;
}

static enum tacit_status find_kind(struct config_json *out, json_t *root, struct reason *reason)
{
    const char *type = json_string_value(json_object_get(root, "model_type"));
    for (size_t i = 0; type && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(type, kinds[i].model_type) == 0) {
            out->architecture = kinds[i].architecture;
            out->interleaved = kinds[i].interleaved;
            return TACIT_OK;
        }
    return reason_give(
        reason, TACIT_ERR_UNSUPPORTED,
        "config.json has the model_type '%s'; llama, mistral, qwen2 and qwen3 can be read",
        type ? type : "");
}

static enum tacit_status take_sizes(struct config_json *c, json_t *root, struct reason *reason)
{
    TRY(take_u32(root, "num_hidden_layers", 0, &c->n_layers, reason));
    TRY(take_u32(root, "hidden_size", 0, &c->width, reason));
    TRY(take_u32(root, "intermediate_size", 0, &c->n_hidden, reason));
    TRY(take_u32(root, "num_attention_heads", 0, &c->n_heads, reason));
    TRY(take_u32(root, "num_key_value_heads", c->n_heads, &c->n_kv_heads, reason));
    TRY(take_u32(root, "head_dim", c->width / c->n_heads, &c->head_dim, reason));
    TRY(take_u32(root, "max_position_embeddings", 2048, &c->n_context, reason));
    if (c->head_dim % 2 || c->head_dim / 2 > CONFIG_DIVISORS_MAX)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "attention heads of %u numbers",
                           (unsigned)c->head_dim);
    c->tied = json_is_true(json_object_get(root, "tie_word_embeddings"));
    return TACIT_OK;
}

static const char *key_of(const struct config_json *c, const char *name, char key[96])
{
    snprintf(key, 96, "%s.%s", c->architecture, name);
    return key;
}

static void draft_sizes(struct gguf_draft *draft, const struct config_json *c, json_t *root)
{
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {
        {"block_count", c->n_layers},          {"context_length", c->n_context},
        {"embedding_length", c->width},        {"feed_forward_length", c->n_hidden},
        {"attention.head_count", c->n_heads},  {"attention.head_count_kv", c->n_kv_heads},
        {"attention.key_length", c->head_dim}, {"attention.value_length", c->head_dim},
        {"rope.dimension_count", c->head_dim},
    };
    char key[96];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        gguf_draft_u32(draft, key_of(c, numbers[i].name, key), numbers[i].value);
    gguf_draft_f32(draft, key_of(c, "attention.layer_norm_rms_epsilon", key),
                   real(root, "rms_norm_eps", 1e-6f));
}

/* Windows of all layers alike; Qwen2's files name a window that they do not use. */
static enum tacit_status draft_window(struct gguf_draft *draft, const struct config_json *c,
                                      json_t *root, struct reason *reason)
{
    const json_t *window = json_object_get(root, "sliding_window");
    const json_t *use = json_object_get(root, "use_sliding_window");
    char key[96];
    bool is_qwen = strncmp(c->architecture, "qwen", 4) == 0;
    if (!json_is_integer(window) || json_is_false(use) || (is_qwen && !use))
        return TACIT_OK;
    if (is_qwen || json_integer_value(window) < 1 || json_integer_value(window) > (1 << 24))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "a sliding window of some layers");
    gguf_draft_u32(draft, key_of(c, "attention.sliding_window", key),
                   (uint32_t)json_integer_value(window));
    return TACIT_OK;
}

/* Llama 3: long waves are slowed by the factor, short ones are not, those between in part
 * (transformers, modeling_rope_utils, "llama3"). */
static void set_divisors(struct config_json *c, json_t *scaling, double base)
{
    double factor = (double)real(scaling, "factor", 1),
           n_old = (double)real(scaling, "original_max_position_embeddings", 8192);
    double low = (double)real(scaling, "low_freq_factor", 1),
           high = (double)real(scaling, "high_freq_factor", 4);
    c->n_divisors = c->head_dim / 2;
    for (uint32_t i = 0; i < c->n_divisors; i++) {
        double wave = 2 * 3.14159265358979323846 * pow(base, 2.0 * i / c->head_dim);
        double smooth = (n_old / wave - low) / (high - low);
        smooth = smooth < 0 ? 0 : smooth > 1 ? 1 : smooth;
        c->divisors[i] = (float)(1 / ((1 - smooth) / factor + smooth));
    }
}

static enum tacit_status check_scaling(json_t *scaling, struct reason *reason)
{
    static const char *const keys[] = {"rope_type",
                                       "type",
                                       "factor",
                                       "rope_theta",
                                       "original_max_position_embeddings",
                                       "low_freq_factor",
                                       "high_freq_factor",
                                       "beta_fast",
                                       "beta_slow",
                                       "finetuned"};
    const char *key;
    json_t *value;
    json_object_foreach(scaling, key, value)
    {
        bool known = changes_nothing(key, value);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            known = known || strcmp(key, keys[i]) == 0;
        if (!known)
            return reason_give(reason, TACIT_ERR_UNSUPPORTED, "RoPE scaling with '%s'", key);
    }
    return TACIT_OK;
}

static enum tacit_status draft_scaling(struct gguf_draft *draft, struct config_json *c,
                                       json_t *scaling, double base, struct reason *reason)
{
    const char *type = json_string_value(json_object_get(scaling, "rope_type"));
    char key[96];
    TRY(check_scaling(scaling, reason));
    if (!type)
        type = json_string_value(json_object_get(scaling, "type"));
    if (!type || strcmp(type, "default") == 0)
        return TACIT_OK;
    bool is_yarn = strcmp(type, "yarn") == 0;
    if (strcmp(type, "llama3") == 0) {
        set_divisors(c, scaling, base);
        return TACIT_OK;
    }
    if (!is_yarn && strcmp(type, "linear") != 0)
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "RoPE scaling of the type '%s'", type);
    gguf_draft_string(draft, key_of(c, "rope.scaling.type", key),
                      (struct byte_view){(const uint8_t *)type, strlen(type)});
    gguf_draft_f32(draft, key_of(c, "rope.scaling.factor", key), real(scaling, "factor", 1));
    if (is_yarn) {
        float n_old = real(scaling, "original_max_position_embeddings", (float)c->n_context);
        gguf_draft_u32(draft, key_of(c, "rope.scaling.original_context_length", key),
                       (uint32_t)n_old);
        gguf_draft_f32(draft, key_of(c, "rope.scaling.yarn_beta_fast", key),
                       real(scaling, "beta_fast", 32));
        gguf_draft_f32(draft, key_of(c, "rope.scaling.yarn_beta_slow", key),
                       real(scaling, "beta_slow", 1));
    }
    return TACIT_OK;
}

/* In one object of its own since transformers 5, before in two keys. */
static enum tacit_status draft_rope(struct gguf_draft *draft, struct config_json *c, json_t *root,
                                    struct reason *reason)
{
    json_t *parameters = json_object_get(root, "rope_parameters");
    json_t *scaling = parameters ? parameters : json_object_get(root, "rope_scaling");
    float base = real(parameters ? parameters : root, "rope_theta", 10000);
    char key[96];
    gguf_draft_f32(draft, key_of(c, "rope.freq_base", key), base);
    return draft_scaling(draft, c, scaling, (double)base, reason);
}

/* The first, where there are several. */
static void draft_token(struct gguf_draft *draft, json_t *root, const char *name, const char *key)
{
    const json_t *id = json_object_get(root, name);
    if (json_is_array(id))
        id = json_array_get(id, 0);
    if (json_is_integer(id) && json_integer_value(id) >= 0 && json_integer_value(id) < UINT32_MAX)
        gguf_draft_u32(draft, key, (uint32_t)json_integer_value(id));
}

enum tacit_status config_json_read(struct config_json *out, struct gguf_draft *draft, json_t *root,
                                   struct reason *reason)
{
    *out = (struct config_json){.architecture = NULL};
    TRY(find_kind(out, root, reason));
    TRY(check_keys(root, reason));
    TRY(take_sizes(out, root, reason));
    gguf_draft_string(
        draft, "general.architecture",
        (struct byte_view){(const uint8_t *)out->architecture, strlen(out->architecture)});
    draft_sizes(draft, out, root);
    TRY(draft_window(draft, out, root, reason));
    draft_token(draft, root, "bos_token_id", "tokenizer.ggml.bos_token_id");
    draft_token(draft, root, "eos_token_id", "tokenizer.ggml.eos_token_id");
    return draft_rope(draft, out, root, reason);
}
