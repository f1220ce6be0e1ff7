/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gguf_rope.h"

#include <stdio.h>

#include "base/strict_math.h"
#include "base/try.h"

#define TWO_PI 6.2831853f

struct scaling {
    float factor;        /* of the context */
    float gain;          /* of sines and cosines */
    uint32_t n_original; /* positions before the scaling */
    float fast, slow;    /* YaRN: pairs with more turns within n_original keep their frequency, with
                         fewer are slowed */
    bool is_yarn, is_long;
};

struct rope_reader {
    const struct gguf *gguf;
    const struct gguf_rope_file *file;
    struct reason *reason;
    struct lm_shape *shape;
    float *divisors;
    struct scaling scaling;
};

static const char *full_key(const struct rope_reader *in, const char *key, char full[96])
{
    snprintf(full, 96, "%s.rope.%s", in->file->architecture, key);
    return full;
}

static bool get_f32(const struct rope_reader *in, const char *key, float *value)
{
    char full[96];
    return gguf_get_f32(in->gguf, full_key(in, key, full), value);
}

/* A factor without a type, as older files have it, means linear. */
static enum tacit_status read_scaling(struct rope_reader *in)
{
    struct scaling *s = &in->scaling;
    struct byte_view type = {(const uint8_t *)"linear", 6};
    char key[96];
    *s = (struct scaling){.factor = 1.0f, .gain = 1.0f, .fast = 32.0f, .slow = 1.0f};
    s->n_original = in->shape->n_context;
    gguf_get_string(in->gguf, full_key(in, "scaling.type", key), &type);
    gguf_get_u32(in->gguf, full_key(in, "scaling.original_context_length", key), &s->n_original);
    if (!get_f32(in, "scaling.factor", &s->factor))
        get_f32(in, "scale_linear", &s->factor);
    get_f32(in, "scaling.attn_factor", &s->gain);
    get_f32(in, "scaling.yarn_beta_fast", &s->fast);
    get_f32(in, "scaling.yarn_beta_slow", &s->slow);
    s->is_yarn = view_equals(type, "yarn");
    s->is_long = view_equals(type, "longrope") ||
                 gguf_find_tensor(in->gguf, "rope_factors_short.weight") != NULL;
    if (view_equals(type, "none"))
        s->factor = 1.0f;
    else if (!s->is_yarn && !s->is_long && !view_equals(type, "linear"))
        return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                           "RoPE scaling of the type '%.*s' is not known", (int)type.n,
                           (const char *)type.data);
    bool in_range = s->factor >= 1.0f && s->factor <= 65536.0f && s->gain > 0.0f &&
                    s->gain < 8.0f && s->n_original > 0 && s->fast > 0.0f && s->slow > 0.0f &&
                    s->fast < 1e6f && s->slow <= s->fast;
    return in_range ? TACIT_OK
                    : reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                                  "RoPE scaling with numbers out of range");
}

/* The pair, as a fraction, that makes so many turns within the original context. */
static float pair_of_turns(const struct rope_reader *in, float n_turns)
{
    const struct lm_shape *s = in->shape;
    float positions = (float)in->scaling.n_original / (n_turns * TWO_PI);
    return (float)s->rope_dims * strict_log(positions) / (2.0f * strict_log(s->rope_base));
}

static float round_down(float x)
{
    float whole = (float)(int32_t)x;
    return whole > x ? whole - 1.0f : whole;
}

/* Pairs before `low` keep their frequency; pairs from `high` on are slowed by the factor. */
static void set_yarn_divisors(struct rope_reader *in)
{
    const struct scaling *s = &in->scaling;
    size_t n_pairs = in->shape->rope_dims / 2;
    float low = round_down(pair_of_turns(in, s->fast));
    float high = -round_down(-pair_of_turns(in, s->slow));
    float last = (float)in->shape->rope_dims - 1.0f;
    low = low > 0.0f ? low : 0.0f;
    high = high < last ? high : last;
    float width = high - low > 0.001f ? high - low : 0.001f;
    for (size_t i = 0; i < n_pairs; i++) {
        float slowed = ((float)i - low) / width;
        slowed = slowed < 0.0f ? 0.0f : slowed > 1.0f ? 1.0f : slowed;
        in->divisors[i] = 1.0f / (slowed / s->factor + (1.0f - slowed));
    }
    in->scaling.gain *= 1.0f + 0.1f * strict_log(s->factor);
}

/* Multiplies the divisors by those of a tensor, if there is one of that name. */
static enum tacit_status apply_tensor(struct rope_reader *in, const char *name)
{
    const struct gguf_tensor *tensor = gguf_find_tensor(in->gguf, name);
    float values[ROPE_PAIRS_MAX];
    size_t n_pairs = in->shape->rope_dims / 2;
    if (!tensor)
        return TACIT_OK;
    if (tensor->n_rows != 1 || tensor->shape[0] != n_pairs)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "the tensor %s has the wrong size",
                           name);
    TRY(gguf_tensor_row(tensor, 0, values));
    for (size_t i = 0; i < n_pairs; i++) {
        float divisor = in->divisors[i] * values[i];
        if (!(divisor >= ROPE_DIVISOR_MIN && divisor <= ROPE_DIVISOR_MAX))
            return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                               "a number of the tensor %s is out of range", name);
        in->divisors[i] = divisor;
    }
    return TACIT_OK;
}

static enum tacit_status set_divisors(struct rope_reader *in)
{
    struct lm_shape *s = in->shape;
    bool is_scaled = in->scaling.is_long || gguf_find_tensor(in->gguf, "rope_freqs.weight");
    for (size_t i = 0; i < s->rope_dims / 2; i++)
        in->divisors[i] = in->scaling.is_long ? 1.0f : in->scaling.factor;
    if (in->scaling.is_yarn)
        set_yarn_divisors(in);
    TRY(apply_tensor(in, "rope_freqs.weight"));
    if (in->scaling.is_long) {
        TRY(apply_tensor(in, "rope_factors_short.weight"));
        s->n_context =
            s->n_context < in->scaling.n_original ? s->n_context : in->scaling.n_original;
    }
    for (size_t i = 0; i < s->rope_dims / 2; i++)
        is_scaled = is_scaled || in->divisors[i] != 1.0f;
    if (is_scaled)
        s->flags |= LM_ROPE_SCALED;
    if (in->scaling.gain != 1.0f)
        s->rope_gain = in->scaling.gain;
    return TACIT_OK;
}

enum tacit_status gguf_rope_read(struct lm_shape *s, float *divisors,
                                 const struct gguf_rope_file *file, struct reason *reason)
{
    struct rope_reader in = {
        .gguf = file->gguf, .file = file, .reason = reason, .shape = s, .divisors = divisors};
    char key[96];
    s->rope_base = 10000.0f;
    get_f32(&in, "freq_base", &s->rope_base);
    s->rope_dims = 0;
    if (s->flags & LM_LEARNED_POSITIONS)
        return TACIT_OK;
    if (!gguf_get_u32(in.gguf, full_key(&in, "dimension_count", key), &s->rope_dims))
        s->rope_dims = file->head_size;
    if (s->rope_dims > file->head_size || !(s->rope_base >= 2.0f))
        return reason_give(reason, TACIT_ERR_UNSUPPORTED, "%u rotated numbers in heads of %u",
                           (unsigned)s->rope_dims, (unsigned)file->head_size);
    TRY(read_scaling(&in));
    return set_divisors(&in);
}
