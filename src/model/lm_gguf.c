/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lm_gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_build.h"
#include "model/gguf_shape.h"

/* The file's tensors that, stacked, are one tensor of the engine. A tensor that files call by one
 * of two names has two entries: the first name that exists counts. */
struct source {
    enum lm_tensor_id id;
    const char *names[3];
};

static const struct source sources[] = {
    {LM_ATTN_NORM, {"attn_norm.weight"}},
    {LM_ATTN_NORM_BIAS, {"attn_norm.bias"}},
    {LM_QKV, {"attn_q.weight", "attn_k.weight", "attn_v.weight"}},
    {LM_QKV, {"attn_qkv.weight"}},
    {LM_QKV_B, {"attn_q.bias", "attn_k.bias", "attn_v.bias"}},
    {LM_QKV_B, {"attn_qkv.bias"}},
    {LM_Q_NORM, {"attn_q_norm.weight"}},
    {LM_K_NORM, {"attn_k_norm.weight"}},
    {LM_OUT, {"attn_output.weight"}},
    {LM_OUT_B, {"attn_output.bias"}},
    {LM_POST_ATTN_NORM, {"post_attention_norm.weight"}},
    {LM_FFN_NORM, {"ffn_norm.weight"}},
    {LM_FFN_NORM_BIAS, {"ffn_norm.bias"}},
    {LM_UP, {"ffn_gate.weight", "ffn_up.weight"}},
    {LM_UP, {"ffn_up.weight"}},
    {LM_UP_B, {"ffn_up.bias"}},
    {LM_DOWN, {"ffn_down.weight"}},
    {LM_DOWN_B, {"ffn_down.bias"}},
    {LM_POST_FFN_NORM, {"post_ffw_norm.weight"}},
    {LM_EMBEDDING, {"token_embd.weight"}},
    {LM_POSITION, {"position_embd.weight"}},
    {LM_FINAL_NORM, {"output_norm.weight"}},
    {LM_FINAL_NORM_BIAS, {"output_norm.bias"}},
    {LM_HEAD, {"output.weight"}},
    {LM_ROPE_DIVISORS, {"rope_freqs.weight"}},
    {LM_ROPE_DIVISORS, {"rope_factors_short.weight"}},
    {LM_ROPE_DIVISORS, {"rope_factors_long.weight"}},
};

struct importer {
    const struct gguf *gguf;
    struct reason *reason;
    struct gguf_shape of;
    /* the tensor being read */
    enum lm_tensor_id id;
    uint32_t layer;
    const struct source *source;
    const struct gguf_tensor *parts[3];
};

static const struct gguf_tensor *find_tensor(const struct importer *in, const char *name,
                                             uint32_t layer, enum lm_tensor_id id)
{
    char full[96];
    if (id >= LM_N_LAYER_TENSORS)
        return gguf_find_tensor(in->gguf, name);
    snprintf(full, sizeof full, "blk.%u.%s", (unsigned)layer, name);
    return gguf_find_tensor(in->gguf, full);
}

/* The row of `sources` for a tensor of the file: of a layer (is_layer) or of the whole model. */
static bool is_used(const struct importer *in, const char *name, bool is_layer)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if ((sources[i].id < LM_N_LAYER_TENSORS) != is_layer ||
            lm_tensor_size(&in->of.shape, sources[i].id).n_columns == 0)
            continue;
        for (int j = 0; j < 3; j++)
            if (sources[i].names[j] && strcmp(sources[i].names[j], name) == 0)
                return true;
    }
    return false;
}

/* The part of a name behind "blk.N.", and N; NULL if the name does not begin so. */
static const char *after_layer(const char *name, unsigned long *layer)
{
    char *end;
    if (strncmp(name, "blk.", 4) != 0 || name[4] < '0' || name[4] > '9')
        return NULL;
    *layer = strtoul(name + 4, &end, 10);
    return *end == '.' ? end + 1 : NULL;
}

/* Refuses a tensor that nothing reads: the model would lack that part. */
static enum tacit_status check_tensors(const struct importer *in)
{
    for (uint32_t i = 0; i < gguf_n_tensors(in->gguf); i++) {
        struct byte_view view = gguf_tensor(in->gguf, i)->name;
        char name[128];
        unsigned long layer = 0;
        snprintf(name, sizeof name, "%.*s", (int)view.n, (const char *)view.data);
        const char *rest = after_layer(name, &layer);
        if (!is_used(in, rest ? rest : name, rest != NULL) || layer >= in->of.shape.n_layers)
            return reason_give(in->reason, TACIT_ERR_UNSUPPORTED,
                               "the tensor %s has no place in the architecture %s", name,
                               in->of.architecture->name);
    }
    return TACIT_OK;
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

/* The tensor's size in the file, where heads are not padded. */
static struct lm_tensor_size size_in_file(const struct importer *in, enum lm_tensor_id id)
{
    struct lm_shape shape = in->of.shape;
    shape.head_dim = in->of.head_size;
    return lm_tensor_size(&shape, id);
}

/* Finds the parts of a tensor; together they must have its size. */
static enum tacit_status open_tensor(struct importer *in, enum lm_tensor_id id, uint32_t layer)
{
    struct lm_tensor_size size = size_in_file(in, id);
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

/* The index in the file's head of the number that the engine has at `at`. The file may interleave
 * rotated pairs; the engine keeps the pairs' halves apart. SIZE_MAX: padding, not in the file. */
static size_t place_in_head(const struct importer *in, size_t at, bool is_rotated)
{
    size_t half = in->of.shape.rope_dims / 2;
    if (at >= in->of.head_size)
        return SIZE_MAX;
    if (!is_rotated || !in->of.architecture->interleaved || at >= 2 * half)
        return at;
    return at < half ? 2 * at : 2 * (at - half) + 1;
}

/* The same for a row of all heads' queries, keys and values, or for the norms of queries and keys. */
static size_t place_in_heads(const struct importer *in, size_t row)
{
    const struct lm_shape *s = &in->of.shape;
    size_t head = row / s->head_dim;
    size_t at = place_in_head(in, row % s->head_dim, head < s->n_heads + s->n_kv_heads);
    return at == SIZE_MAX ? at : head * in->of.head_size + at;
}

static bool is_by_heads(enum lm_tensor_id id)
{
    return id == LM_QKV || id == LM_QKV_B || id == LM_Q_NORM || id == LM_K_NORM;
}

static enum tacit_status read_vector(const struct importer *in, float *dst)
{
    size_t n_in_file = size_in_file(in, in->id).n_columns, n = 0;
    float *values = calloc(n_in_file + 1, sizeof *values);
    enum tacit_status status = values ? TACIT_OK : TACIT_ERR_MEMORY;
    for (int i = 0; i < 3 && in->parts[i] && status == TACIT_OK; i++) {
        status = gguf_tensor_row(in->parts[i], 0, values + n);
        n += (size_t)in->parts[i]->shape[0];
    }
    size_t n_columns = lm_tensor_size(&in->of.shape, in->id).n_columns;
    for (size_t i = 0; i < n_columns && status == TACIT_OK; i++) {
        size_t at = is_by_heads(in->id) ? place_in_heads(in, i) : i;
        dst[i] = at == SIZE_MAX ? 0.0f : values[at];
    }
    free(values);
    return status;
}

/* Pads the heads of a row that has one number for each number of the heads. */
static void spread_heads(const struct importer *in, float *row)
{
    size_t head_dim = in->of.shape.head_dim, size = in->of.head_size;
    for (size_t head = in->of.shape.n_heads; size < head_dim && head-- > 0;) {
        memmove(row + head * head_dim, row + head * size, size * sizeof *row);
        memset(row + head * head_dim + size, 0, (head_dim - size) * sizeof *row);
    }
}

static enum tacit_status read_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    struct importer *in = context;
    if (id == LM_ROPE_DIVISORS) {
        memcpy(dst, in->of.rope_divisors, in->of.shape.rope_dims / 2 * sizeof *dst);
        return TACIT_OK;
    }
    if (!in->source || in->id != id || in->layer != layer)
        TRY(open_tensor(in, id, layer));
    struct lm_tensor_size size = lm_tensor_size(&in->of.shape, id);
    if (size.n_rows == 0)
        return read_vector(in, dst);
    size_t at = is_by_heads(id) ? place_in_heads(in, row) : row;
    if (at == SIZE_MAX) {
        memset(dst, 0, size.n_columns * sizeof *dst);
        return TACIT_OK;
    }
    int i = 0;
    for (; at >= in->parts[i]->n_rows; i++)
        at -= (size_t)in->parts[i]->n_rows;
    TRY(gguf_tensor_row(in->parts[i], at, dst));
    if (id == LM_OUT)
        spread_heads(in, dst);
    return TACIT_OK;
}

static enum tacit_status read_shape(struct importer *in)
{
    TRY(gguf_shape_read(&in->of, in->gguf, in->reason));
    return check_tensors(in);
}

enum tacit_status lm_shape_from_gguf(struct lm_shape *shape, const struct gguf *gguf)
{
    struct importer in = {.gguf = gguf};
    TRY(read_shape(&in));
    *shape = in.of.shape;
    return TACIT_OK;
}

enum tacit_status lm_model_from_gguf(struct lm_model **model, const struct gguf *gguf,
                                     struct reason *reason)
{
    struct importer in = {.gguf = gguf, .reason = reason};
    *model = NULL;
    TRY(read_shape(&in));
    enum tacit_status status = lm_model_build(model, &in.of.shape, read_row, &in);
    if (status == TACIT_ERR_MODEL_DAMAGED)
        reason_write(reason, "a weight is not a finite number");
    return status;
}
