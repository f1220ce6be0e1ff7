/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/export/gguf_describe.h"

#include <stdio.h>

/* The most special first. */
static const struct export_form forms[] = {
    {"qwen3", false, LM_QK_NORM, LM_SEPARATE_HEAD},
    {"qwen2", false, LM_QKV_BIAS, LM_SEPARATE_HEAD},
    {"llama", true, 0, LM_SEPARATE_HEAD | LM_QKV_BIAS | LM_OUT_BIAS | LM_ROPE_SCALED},
};

/* What a flag is, for people, where no form has it. */
static const struct {
    uint32_t flag;
    const char *what;
} features[] = {
    {LM_WITH_HASHES, "tables of pairs and triples of tokens"},
    {LM_WITH_SMEAR | LM_WITH_MIX | LM_WITH_EMBED_NORM, "inputs mixed into the layers"},
    {LM_WITH_Q_GAIN | LM_WITH_SINK, "gains and sinks of attention heads"},
    {LM_ROOT_CAP | LM_BOS_LAST, "its form of the logits"},
    {LM_LEARNED_POSITIONS | LM_BIASES, "learned positions and biases"},
    {LM_POST_NORMS | LM_NO_PRE_NORMS | LM_QK_NORM_ALL, "its places of norms"},
    {LM_EXTENDED, "padded heads, caps or stretched positions"},
};

static const char *strange_part(const struct lm_shape *s)
{
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (s->flags & features[i].flag)
            return features[i].what;
    if (s->activation != LM_ACT_SWIGLU || s->norm != LM_NORM_RMS)
        return "its activation or norm";
    if (s->window || s->window_long)
        return "attention within windows";
    return s->logit_cap != 0.0f ? "a cap on logits" : NULL;
}

enum tacit_status gguf_describe_form(const struct export_form **form, const struct lm_shape *shape,
                                     struct reason *reason)
{
    const uint32_t ours = LM_WIDE_HEAD | LM_WIDE_LAYERS; /* how tacit computes, not what */
    const char *strange = strange_part(shape);
    for (size_t i = 0; !strange && i < sizeof forms / sizeof *forms; i++) {
        uint32_t needs = forms[i].needs, known = needs | forms[i].allows | ours;
        if ((shape->flags & needs) == needs && (shape->flags & ~known) == 0) {
            *form = &forms[i];
            return TACIT_OK;
        }
    }
    return reason_give(reason, TACIT_ERR_UNSUPPORTED,
                       "the architectures that are written (llama, qwen2, qwen3) do not have %s",
                       strange ? strange : "this combination of norms and biases");
}

static const char *key_of(const struct export_form *form, const char *name, char key[96])
{
    snprintf(key, 96, "%s.%s", form->architecture, name);
    return key;
}

void gguf_describe_shape(struct gguf_draft *draft, const struct export_form *form,
                         const struct lm_shape *s)
{
    const struct {
        const char *name;
        uint32_t value;
    } numbers[] = {
        {"block_count", s->n_layers},           {"context_length", s->n_context},
        {"embedding_length", s->width},         {"feed_forward_length", s->n_hidden},
        {"attention.head_count", s->n_heads},   {"attention.head_count_kv", s->n_kv_heads},
        {"attention.key_length", s->head_dim},  {"attention.value_length", s->head_dim},
        {"rope.dimension_count", s->rope_dims}, {"vocab_size", s->n_vocab},
    };
    char key[96];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        gguf_draft_u32(draft, key_of(form, numbers[i].name, key), numbers[i].value);
    gguf_draft_f32(draft, key_of(form, "rope.freq_base", key), s->rope_base);
    gguf_draft_f32(draft, key_of(form, "attention.layer_norm_rms_epsilon", key), s->norm_epsilon);
}
