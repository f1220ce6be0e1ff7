/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lm_gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_build.h"

/* What the file does not say of an architecture. */
struct architecture {
    const char *name;
    enum lm_norm norm;
    enum lm_activation activation;
    uint32_t flags;
    bool interleaved; /* rotated pairs lie side by side in the file: (0, 1), (2, 3), ... */
};

static const struct architecture architectures[] = {
    {"llama", LM_NORM_RMS, LM_ACT_SWIGLU, 0, true},
    {"qwen2", LM_NORM_RMS, LM_ACT_SWIGLU, LM_QKV_BIAS, false},
    {"qwen3", LM_NORM_RMS, LM_ACT_SWIGLU, LM_QK_NORM, false},
    {"gpt2", LM_NORM_LAYER, LM_ACT_GELU, LM_QKV_BIAS | LM_BIASES | LM_LEARNED_POSITIONS, false},
};

/* The file's tensors that, stacked, are one of ours. What a file may call by either of two names
 * has two entries: the first that exists counts. `rotated`: rows that follow the file's order of
 * pairs. */
struct source {
    enum lm_tensor_id id;
    const char *names[3];
    bool rotated[3];
};

static const struct source sources[] = {
    {LM_ATTN_NORM, {"attn_norm.weight"}, {0}},
    {LM_ATTN_NORM_BIAS, {"attn_norm.bias"}, {0}},
    {LM_QKV, {"attn_q.weight", "attn_k.weight", "attn_v.weight"}, {true, true, false}},
    {LM_QKV, {"attn_qkv.weight"}, {0}},
    {LM_QKV_B, {"attn_q.bias", "attn_k.bias", "attn_v.bias"}, {true, true, false}},
    {LM_QKV_B, {"attn_qkv.bias"}, {0}},
    {LM_Q_NORM, {"attn_q_norm.weight"}, {true}},
    {LM_K_NORM, {"attn_k_norm.weight"}, {true}},
    {LM_OUT, {"attn_output.weight"}, {0}},
    {LM_OUT_B, {"attn_output.bias"}, {0}},
    {LM_FFN_NORM, {"ffn_norm.weight"}, {0}},
    {LM_FFN_NORM_BIAS, {"ffn_norm.bias"}, {0}},
    {LM_UP, {"ffn_gate.weight", "ffn_up.weight"}, {0}},
    {LM_UP, {"ffn_up.weight"}, {0}},
    {LM_UP_B, {"ffn_up.bias"}, {0}},
    {LM_DOWN, {"ffn_down.weight"}, {0}},
    {LM_DOWN_B, {"ffn_down.bias"}, {0}},
    {LM_EMBEDDING, {"token_embd.weight"}, {0}},
    {LM_POSITION, {"position_embd.weight"}, {0}},
    {LM_FINAL_NORM, {"output_norm.weight"}, {0}},
    {LM_FINAL_NORM_BIAS, {"output_norm.bias"}, {0}},
    {LM_HEAD, {"output.weight"}, {0}},
};

struct importer {
    const struct gguf *gguf;
    const struct architecture *architecture;
    struct lm_shape shape;
    /* the tensor being read */
    enum lm_tensor_id id;
    uint32_t layer;
    const struct source *source;
    const struct gguf_tensor *parts[3];
};

static bool get_u32(const struct importer *in, const char *key, uint32_t *value)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", in->architecture->name, key);
    return gguf_get_u32(in->gguf, full, value);
}

static bool get_f32(const struct importer *in, const char *key, float *value)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", in->architecture->name, key);
    return gguf_get_f32(in->gguf, full, value);
}

static const struct gguf_tensor *find_tensor(const struct importer *in, const char *name,
                                             uint32_t layer, enum lm_tensor_id id)
{
    char full[96];
    if (id >= LM_N_LAYER_TENSORS)
        return gguf_find_tensor(in->gguf, name);
    snprintf(full, sizeof full, "blk.%u.%s", (unsigned)layer, name);
    return gguf_find_tensor(in->gguf, full);
}

static enum tacit_status find_architecture(struct importer *in)
{
    struct byte_view name, scaling;
    char key[96];
    if (!gguf_get_string(in->gguf, "general.architecture", &name))
        return TACIT_ERR_MODEL_DAMAGED;
    for (size_t i = 0; i < sizeof architectures / sizeof architectures[0]; i++)
        if (view_equals(name, architectures[i].name))
            in->architecture = &architectures[i];
    if (!in->architecture)
        return TACIT_ERR_UNSUPPORTED;
    snprintf(key, sizeof key, "%s.rope.scaling.type", in->architecture->name);
    bool scaled = gguf_get_string(in->gguf, key, &scaling) && !view_equals(scaling, "none");
    return scaled || gguf_find_tensor(in->gguf, "rope_freqs.weight") ? TACIT_ERR_UNSUPPORTED
                                                                     : TACIT_OK;
}

static enum tacit_status read_sizes(struct importer *in)
{
    struct lm_shape *s = &in->shape;
    const struct gguf_tensor *embedding = gguf_find_tensor(in->gguf, "token_embd.weight");
    if (!embedding || embedding->n_rows > UINT32_MAX || !get_u32(in, "block_count", &s->n_layers) ||
        !get_u32(in, "embedding_length", &s->width) ||
        !get_u32(in, "feed_forward_length", &s->n_hidden) ||
        !get_u32(in, "context_length", &s->n_context) ||
        !get_u32(in, "attention.head_count", &s->n_heads) || s->n_heads == 0)
        return TACIT_ERR_MODEL_DAMAGED;
    s->n_vocab = (uint32_t)embedding->n_rows;
    if (!get_u32(in, "attention.head_count_kv", &s->n_kv_heads))
        s->n_kv_heads = s->n_heads;
    if (!get_u32(in, "attention.key_length", &s->head_dim))
        s->head_dim = s->width / s->n_heads;
    uint32_t value_length = s->head_dim;
    get_u32(in, "attention.value_length", &value_length);
    return value_length == s->head_dim ? TACIT_OK : TACIT_ERR_UNSUPPORTED;
}

static enum tacit_status read_shape(struct importer *in)
{
    struct lm_shape *s = &in->shape;
    TRY(find_architecture(in));
    TRY(read_sizes(in));
    s->norm = in->architecture->norm;
    s->activation = in->architecture->activation;
    s->flags = in->architecture->flags;
    if (gguf_find_tensor(in->gguf, "output.weight"))
        s->flags |= LM_SEPARATE_HEAD;
    s->rope_base = 10000.0f;
    get_f32(in, "rope.freq_base", &s->rope_base);
    s->rope_dims = 0;
    if (!(s->flags & LM_LEARNED_POSITIONS) && !get_u32(in, "rope.dimension_count", &s->rope_dims))
        s->rope_dims = s->head_dim;
    if (!get_f32(in,
                 s->norm == LM_NORM_RMS ? "attention.layer_norm_rms_epsilon"
                                        : "attention.layer_norm_epsilon",
                 &s->norm_epsilon))
        return TACIT_ERR_MODEL_DAMAGED;
    return lm_shape_check(s);
}

/* Finds the parts of a tensor; together they must have its size. */
static enum tacit_status open_tensor(struct importer *in, enum lm_tensor_id id, uint32_t layer)
{
    struct lm_tensor_size size = lm_tensor_size(&in->shape, id);
    size_t n_wanted = size.n_rows ? size.n_rows : size.n_columns, n_found = 0;
    in->source = NULL;
    for (size_t i = 0; !in->source && i < sizeof sources / sizeof sources[0]; i++)
        if (sources[i].id == id && find_tensor(in, sources[i].names[0], layer, id))
            in->source = &sources[i];
    if (!in->source)
        return TACIT_ERR_MODEL_DAMAGED;
    for (int i = 0; i < 3; i++) {
        in->parts[i] = NULL;
        if (!in->source->names[i])
            continue;
        const struct gguf_tensor *part = find_tensor(in, in->source->names[i], layer, id);
        if (!part || part->shape[0] > SIZE_MAX / 4 ||
            (size.n_rows ? part->shape[0] != size.n_columns : part->n_rows != 1))
            return TACIT_ERR_MODEL_DAMAGED;
        in->parts[i] = part;
        n_found += (size_t)(size.n_rows ? part->n_rows : part->shape[0]);
    }
    in->id = id;
    in->layer = layer;
    return n_found == n_wanted ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

/* Where row `row` of q or k, of which each head's rotated rows are to be halves, lies in the file.
 */
static size_t file_row(const struct importer *in, size_t row)
{
    size_t head_dim = in->shape.head_dim, half = in->shape.rope_dims / 2, r = row % head_dim;
    if (!in->architecture->interleaved || r >= 2 * half)
        return row;
    return row - r + (r < half ? 2 * r : 2 * (r - half) + 1);
}

static enum tacit_status read_vector(const struct importer *in, float *dst)
{
    for (int i = 0; i < 3 && in->parts[i]; i++) {
        size_t n = (size_t)in->parts[i]->shape[0];
        float *values = malloc(n * sizeof *values);
        if (!values)
            return TACIT_ERR_MEMORY;
        enum tacit_status status = gguf_tensor_row(in->parts[i], 0, values);
        for (size_t j = 0; j < n; j++)
            *dst++ = values[in->source->rotated[i] ? file_row(in, j) : j];
        free(values);
        TRY(status);
    }
    return TACIT_OK;
}

static enum tacit_status read_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    struct importer *in = context;
    if (!in->source || in->id != id || in->layer != layer)
        TRY(open_tensor(in, id, layer));
    if (lm_tensor_size(&in->shape, id).n_rows == 0)
        return read_vector(in, dst);
    int i = 0;
    for (; row >= in->parts[i]->n_rows; i++)
        row -= (size_t)in->parts[i]->n_rows;
    return gguf_tensor_row(in->parts[i], in->source->rotated[i] ? file_row(in, row) : row, dst);
}

enum tacit_status lm_shape_from_gguf(struct lm_shape *shape, const struct gguf *gguf)
{
    struct importer in = {.gguf = gguf};
    TRY(read_shape(&in));
    *shape = in.shape;
    return TACIT_OK;
}

enum tacit_status lm_model_from_gguf(struct lm_model **model, const struct gguf *gguf)
{
    struct importer in = {.gguf = gguf};
    *model = NULL;
    TRY(read_shape(&in));
    return lm_model_build(model, &in.shape, read_row, &in);
}
