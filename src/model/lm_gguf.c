/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lm_gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_build.h"
#include "model/gguf_keys.h"

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
    struct reason *reason;
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
static enum tacit_status need_u32(const struct importer *in, const char *key, uint32_t *value)
{
    if (get_u32(in, key, value))
        return TACIT_OK;
    return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "the key %s.%s is missing",
                       in->architecture->name, key);
}

static enum tacit_status read_sizes(struct importer *in)
{
    struct lm_shape *s = &in->shape;
    const struct gguf_tensor *embedding = gguf_find_tensor(in->gguf, "token_embd.weight");
    if (!embedding || embedding->n_rows > UINT32_MAX)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "there is no token_embd.weight");
    TRY(need_u32(in, "block_count", &s->n_layers));
    TRY(need_u32(in, "embedding_length", &s->width));
    TRY(need_u32(in, "feed_forward_length", &s->n_hidden));
    TRY(need_u32(in, "context_length", &s->n_context));
    TRY(need_u32(in, "attention.head_count", &s->n_heads));
    if (s->n_heads == 0)
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "there are no attention heads");
    s->n_vocab = (uint32_t)embedding->n_rows;
    if (!get_u32(in, "attention.head_count_kv", &s->n_kv_heads))
        s->n_kv_heads = s->n_heads;
    if (!get_u32(in, "attention.key_length", &s->head_dim))
        s->head_dim = s->width / s->n_heads;
    uint32_t value_length = s->head_dim;
    get_u32(in, "attention.value_length", &value_length);
    return value_length == s->head_dim
               ? TACIT_OK
               : reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                             "keys of %u and values of %u numbers; they have to be of one size",
                             (unsigned)s->head_dim, (unsigned)value_length);
}

/* What tensors tell that no key does. */
static uint32_t flags_of_tensors(const struct importer *in)
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

/* The source of the file's tensor: of a layer (is_layer) or of the whole model. */
static bool is_used(const struct importer *in, const char *name, bool is_layer)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if ((sources[i].id < LM_N_LAYER_TENSORS) != is_layer ||
            lm_tensor_size(&in->shape, sources[i].id).n_columns == 0)
            continue;
        for (int j = 0; j < 3; j++)
            if (sources[i].names[j] && strcmp(sources[i].names[j], name) == 0)
                return true;
    }
    return false;
}

/* The part of a name behind "blk.N.", and N; NULL where the name does not begin so. */
static const char *after_layer(const char *name, unsigned long *layer)
{
    char *end;
    if (strncmp(name, "blk.", 4) != 0 || name[4] < '0' || name[4] > '9')
        return NULL;
    *layer = strtoul(name + 4, &end, 10);
    return *end == '.' ? end + 1 : NULL;
}

/* A tensor that nobody reads is a part of the model that would be left out. */
static enum tacit_status check_tensors(const struct importer *in)
{
    for (uint32_t i = 0; i < gguf_n_tensors(in->gguf); i++) {
        struct byte_view view = gguf_tensor(in->gguf, i)->name;
        char name[128];
        unsigned long layer = 0;
        snprintf(name, sizeof name, "%.*s", (int)view.n, (const char *)view.data);
        const char *rest = after_layer(name, &layer);
        if (!is_used(in, rest ? rest : name, rest != NULL) || layer >= in->shape.n_layers)
            return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                               "the tensor %s has no place in the architecture %s", name,
                               in->architecture->name);
    }
    return TACIT_OK;
}

static enum tacit_status check_shape(const struct importer *in)
{
    const struct lm_shape *s = &in->shape;
    if (lm_shape_check(s) == TACIT_OK)
        return TACIT_OK;
    return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                       "the shape cannot be run: width %u, %u heads of %u, hidden %u (widths and "
                       "heads have to be multiples of 64)",
                       (unsigned)s->width, (unsigned)s->n_heads, (unsigned)s->head_dim,
                       (unsigned)s->n_hidden);
}

static enum tacit_status read_shape(struct importer *in)
{
    struct lm_shape *s = &in->shape;
    TRY(find_architecture(in));
    TRY(read_sizes(in));
    TRY(gguf_keys_check(in->gguf, in->architecture->name, s->n_context, in->reason));
    s->norm = in->architecture->norm;
    s->activation = in->architecture->activation;
    s->flags = flags_of_tensors(in);
    s->rope_base = 10000.0f;
    get_f32(in, "rope.freq_base", &s->rope_base);
    s->rope_dims = 0;
    if (!(s->flags & LM_LEARNED_POSITIONS) && !get_u32(in, "rope.dimension_count", &s->rope_dims))
        s->rope_dims = s->head_dim;
    const char *epsilon = s->norm == LM_NORM_RMS ? "attention.layer_norm_rms_epsilon"
                                                 : "attention.layer_norm_epsilon";
    if (!get_f32(in, epsilon, &s->norm_epsilon))
        return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED, "the key %s.%s is missing",
                           in->architecture->name, epsilon);
    TRY(check_shape(in));
    return check_tensors(in);
}

static enum tacit_status missing_tensor(const struct importer *in, enum lm_tensor_id id,
                                        uint32_t layer)
{
    const char *name = "";
    for (size_t i = 0; !*name && i < sizeof sources / sizeof sources[0]; i++)
        if (sources[i].id == id)
            name = sources[i].names[0];
    return reason_give(in->reason, TACIT_ERR_MODEL_DAMAGED,
                       "the tensor %s of layer %u is missing or has the wrong size", name,
                       (unsigned)layer);
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
        return missing_tensor(in, id, layer);
    for (int i = 0; i < 3; i++) {
        in->parts[i] = NULL;
        if (!in->source->names[i])
            continue;
        const struct gguf_tensor *part = find_tensor(in, in->source->names[i], layer, id);
        if (!part || part->shape[0] > SIZE_MAX / 4 ||
            (size.n_rows ? part->shape[0] != size.n_columns : part->n_rows != 1))
            return missing_tensor(in, id, layer);
        in->parts[i] = part;
        n_found += (size_t)(size.n_rows ? part->n_rows : part->shape[0]);
    }
    in->id = id;
    in->layer = layer;
    return n_found == n_wanted ? TACIT_OK : missing_tensor(in, id, layer);
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

enum tacit_status lm_model_from_gguf(struct lm_model **model, const struct gguf *gguf,
                                     struct reason *reason)
{
    struct importer in = {.gguf = gguf, .reason = reason};
    *model = NULL;
    TRY(read_shape(&in));
    enum tacit_status status = lm_model_build(model, &in.shape, read_row, &in);
    if (status == TACIT_ERR_MODEL_DAMAGED)
        reason_write(reason, "a weight is not a finite number");
    return status;
}
