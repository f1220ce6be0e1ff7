/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gguf_shape.h"

#include <stdio.h>

#include "base/strict_math.h"
#include "base/try.h"
#include "model/gguf_keys.h"
#include "model/gguf_rope.h"

static const struct architecture architectures[] = {
    {.name = "llama", .interleaved = true},
    {.name = "qwen2", .flags = LM_QKV_BIAS},
    {.name = "qwen3", .flags = LM_QK_NORM},
    {.name = "gpt2",
     .norm = LM_NORM_LAYER,
     .activation = LM_ACT_GELU,
     .flags = LM_QKV_BIAS | LM_BIASES | LM_LEARNED_POSITIONS},
    {.name = "phi3"},
    {.name = "olmo2", .flags = LM_QK_NORM | LM_QK_NORM_ALL | LM_POST_NORMS | LM_NO_PRE_NORMS},
    {.name = "gemma", .activation = LM_ACT_GEGLU, .embed_by_root = true},
    {.name = "gemma2",
     .activation = LM_ACT_GEGLU,
     .flags = LM_POST_NORMS,
     .period = 2,
     .score_cap = 50.0f,
     .logit_cap = 30.0f,
     .embed_by_root = true,
     .n_layers_heads = 46},
    {.name = "gemma3",
     .activation = LM_ACT_GEGLU,
     .flags = LM_POST_NORMS | LM_QK_NORM,
     .period = 6,
     .local_rope_base = 10000.0f,
     .embed_by_root = true,
     .n_layers_heads = 62},
};

struct reader {
    const struct gguf *gguf;
    struct reason *reason;
    const struct architecture *architecture;
};

static bool get_u32(const struct reader *in, const char *key, uint32_t *value)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", in->architecture->name, key);
    return gguf_get_u32(in->gguf, full, value);
}

static bool get_f32(const struct reader *in, const char *key, float *value)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", in->architecture->name, key);
    return gguf_get_f32(in->gguf, full, value);
}

static enum tacit_status find_architecture(struct reader *in)
{
    struct byte_view name = {0};
    if (!gguf_get_string(in->gguf, "general.architecture", &name))
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "general.architecture is missing");
    for (size_t i = 0; i < sizeof architectures / sizeof architectures[0]; i++)
        if (view_equals(name, architectures[i].name))
            in->architecture = &architectures[i];
    return in->architecture ? TACIT_OK
                            : reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                                          "the architecture '%.*s' is not known", (int)name.n,
                                          (const char *)name.data);
}

/* A number that every model of the architecture has. */
static enum tacit_status need_u32(const struct reader *in, const char *key, uint32_t *value)
{
    if (get_u32(in, key, value))
        return TACIT_OK;
    return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "the key %s.%s is missing",
                       in->architecture->name, key);
}

/* The size of heads in the file, and the one that the engine runs. */
static enum tacit_status read_heads(const struct reader *in, struct gguf_shape *out)
{
    struct lm_shape *s = &out->shape;
    TRY(need_u32(in, "attention.head_count", &s->n_heads));
    if (s->n_heads == 0)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "there are no attention heads");
    if (!get_u32(in, "attention.head_count_kv", &s->n_kv_heads))
        s->n_kv_heads = s->n_heads;
    if (!get_u32(in, "attention.key_length", &out->head_size))
        out->head_size = s->width / s->n_heads;
    uint32_t value_length = out->head_size;
    get_u32(in, "attention.value_length", &value_length);
    if (value_length != out->head_size)
        return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                           "keys of %u and values of %u numbers; they have to be of one size",
                           (unsigned)out->head_size, (unsigned)value_length);
    if (out->head_size == 0 || out->head_size > 512)
        return reason_give(in->reason, TACIT_ERR_UNSUPPORTED, "attention heads of %u numbers",
                           (unsigned)out->head_size);
    s->head_dim = (out->head_size + LM_UNIT - 1) / LM_UNIT * LM_UNIT;
    return TACIT_OK;
}

static enum tacit_status read_sizes(const struct reader *in, struct gguf_shape *out)
{
    struct lm_shape *s = &out->shape;
    const struct gguf_tensor *embedding = gguf_find_tensor(in->gguf, "token_embd.weight");
    if (!embedding || embedding->n_rows > UINT32_MAX)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "there is no token_embd.weight");
    s->n_vocab = (uint32_t)embedding->n_rows;
    TRY(need_u32(in, "block_count", &s->n_layers));
    TRY(need_u32(in, "embedding_length", &s->width));
    TRY(need_u32(in, "feed_forward_length", &s->n_hidden));
    TRY(need_u32(in, "context_length", &s->n_context));
    return read_heads(in, out);
}

/* Flags that follow from the tensors that there are, not from a key. */
static uint32_t flags_of_tensors(const struct reader *in)
{
    uint32_t flags = in->architecture->flags;
    if (gguf_find_tensor(in->gguf, "output.weight"))
        flags |= LM_SEPARATE_HEAD;
    if (gguf_find_tensor(in->gguf, "blk.0.attn_q.bias"))
        flags |= LM_QKV_BIAS;
    if (gguf_find_tensor(in->gguf, "blk.0.attn_output.bias") && !(flags & LM_BIASES))
        flags |= LM_OUT_BIAS;
    return flags;
}

/* A window has an effect if it is shorter than the context that the model was trained on. */
static void read_windows(const struct reader *in, struct lm_shape *s)
{
    uint32_t window = 0;
    if (!get_u32(in, "attention.sliding_window", &window) || window == 0 || window >= s->n_context)
        return;
    s->window = window;
    s->period = in->architecture->period;
    s->window_long = s->period ? 0 : window;
    s->local_rope_base = in->architecture->local_rope_base;
    get_f32(in, "rope.freq_base_swa", &s->local_rope_base);
}

static void read_factors(const struct reader *in, struct gguf_shape *out)
{
    struct lm_shape *s = &out->shape;
    uint32_t n = out->head_size;
    if (in->architecture->n_layers_heads && s->n_layers == in->architecture->n_layers_heads)
        n = s->width / s->n_heads;
    if (n != s->head_dim)
        s->score_scale = 1.0f / strict_sqrt((float)n);
    s->score_cap = in->architecture->score_cap;
    get_f32(in, "attn_logit_softcapping", &s->score_cap);
    s->logit_cap = in->architecture->logit_cap;
    get_f32(in, "final_logit_softcapping", &s->logit_cap);
    if (in->architecture->embed_by_root)
        s->embed_gain = strict_sqrt((float)s->width);
}

static enum tacit_status read_epsilon(const struct reader *in, struct lm_shape *s)
{
    const char *key = s->norm == LM_NORM_RMS ? "attention.layer_norm_rms_epsilon"
                                             : "attention.layer_norm_epsilon";
    if (get_f32(in, key, &s->norm_epsilon))
        return TACIT_OK;
    return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "the key %s.%s is missing",
                       in->architecture->name, key);
}

static enum tacit_status check_shape(const struct reader *in, const struct gguf_shape *out)
{
    const struct lm_shape *s = &out->shape;
    bool norm_fits = !(s->flags & LM_QK_NORM) || out->head_size == s->head_dim;
    if (norm_fits && lm_shape_check(s) == TACIT_OK)
        return TACIT_OK;
    return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                       "the shape cannot be run: width %u, %u heads of %u, hidden %u (widths, and "
                       "heads that are normed, have to be multiples of 64)",
                       (unsigned)s->width, (unsigned)s->n_heads, (unsigned)out->head_size,
                       (unsigned)s->n_hidden);
}

enum tacit_status gguf_shape_read(struct gguf_shape *out, const struct gguf *gguf,
                                  struct reason *reason)
{
    struct reader in = {gguf, reason, NULL};
    struct lm_shape *s = &out->shape;
    TRY(find_architecture(&in));
    *out = (struct gguf_shape){.architecture = in.architecture};
    TRY(read_sizes(&in, out));
    TRY(gguf_keys_check(gguf, in.architecture->name, reason));
    s->norm = in.architecture->norm;
    s->activation = in.architecture->activation;
    s->flags = flags_of_tensors(&in);
    TRY(read_epsilon(&in, s));
    struct gguf_rope_file file = {gguf, in.architecture->name, out->head_size};
    TRY(gguf_rope_read(s, out->rope_divisors, &file, reason));
    read_windows(&in, s);
    read_factors(&in, out);
    if (lm_shape_is_extended(s))
        s->flags |= LM_EXTENDED;
    return check_shape(&in, out);
}
