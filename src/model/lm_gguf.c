/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lm_gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_build.h"
#include "model/gguf_names.h"
#include "model/gguf_shape.h"
#include "model/head_balance.h"

struct importer {
    const struct gguf *gguf;
    struct reason *reason;
    struct gguf_shape of;
    /* the tensor being read */
    enum lm_tensor_id id;
    uint32_t layer;
    const struct gguf_source *source;
    const struct gguf_tensor *parts[3];
};

static const struct gguf_tensor *find_tensor(const struct importer *in, const char *name,
                                             uint32_t layer, enum lm_tensor_id id)
{
    char full[GGUF_NAME_CAP];
    gguf_full_name(full, name, id, layer);
    return gguf_find_tensor(in->gguf, full);
}

/* The row of `gguf_sources` for a tensor of the file: of a layer (is_layer) or of the whole model. */
static bool is_used(const struct importer *in, const char *name, bool is_layer)
{
    for (size_t i = 0; i < gguf_n_sources; i++) {
        if ((gguf_sources[i].id < LM_N_LAYER_TENSORS) != is_layer ||
            lm_tensor_size(&in->of.shape, gguf_sources[i].id).n_columns == 0)
            continue;
        for (int j = 0; j < 3; j++)
            if (gguf_sources[i].names[j] && strcmp(gguf_sources[i].names[j], name) == 0)
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
    for (size_t i = 0; !*name && i < gguf_n_sources; i++)
        if (gguf_sources[i].id == id)
            name = gguf_sources[i].names[0];
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
    for (size_t i = 0; !in->source && i < gguf_n_sources; i++)
        if (gguf_sources[i].id == id && find_tensor(in, gguf_sources[i].names[0], layer, id))
            in->source = &gguf_sources[i];
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

/* The index in the file's head of the number that the engine has at `at`. SIZE_MAX: padding, not in
 * the file. */
static size_t place_in_head(const struct importer *in, size_t at, bool is_rotated)
{
    if (at >= in->of.head_size)
        return SIZE_MAX;
    if (!is_rotated || !in->of.architecture->interleaved)
        return at;
    return gguf_place_in_head(at, in->of.shape.rope_dims);
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
    TRY(status);
    status = head_balance(*model);
    if (status != TACIT_OK) {
        lm_model_destroy(*model);
        *model = NULL;
    }
    return status;
}

/* Whether the matrix can keep the numbers of 4 bits that the file has for it. A padded head would
 * begin within a group. head_balance has changed queries and keys that have biases. */
static enum tacit_status keeps_stored(struct importer *in, size_t index, bool *keeps)
{
    uint32_t layer;
    enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    struct lm_tensor_size size = lm_tensor_size(&in->of.shape, id);
    bool is_padded = id == LM_OUT && in->of.head_size != in->of.shape.head_dim;
    bool is_balanced = id == LM_QKV && head_balance_applies(&in->of.shape);
    *keeps = size.n_rows > 0 && !is_padded && !is_balanced &&
             tensor_kind_fits(TENSOR_INT4, size.n_columns);
    if (!*keeps)
        return TACIT_OK;
    TRY(open_tensor(in, id, layer));
    for (int i = 0; i < 3 && in->parts[i]; i++)
        *keeps = *keeps && gguf_is_int4(in->parts[i]->type);
    return TACIT_OK;
}

static void set_group(struct tensor *to, size_t row, size_t g, const struct gguf_int4 *block)
{
    struct tensor_int4_group group = {.scale = block->scale, .minimum = block->minimum};
    memcpy(group.n, block->n, sizeof group.n);
    tensor_set_int4(to, row, g, &group);
}

/* An lm_fill_fn. Rows of padding stay 0. */
static enum tacit_status fill_stored(void *context, size_t index, const struct tensor *from,
                                     struct tensor *to)
{
    struct importer *in = context;
    uint32_t layer;
    enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    TRY(open_tensor(in, id, layer));
    for (size_t row = 0; row < from->n_rows; row++) {
        size_t at = is_by_heads(id) ? place_in_heads(in, row) : row;
        int i = 0;
        if (at == SIZE_MAX)
            continue;
        for (; at >= in->parts[i]->n_rows; i++)
            at -= (size_t)in->parts[i]->n_rows;
        const struct gguf_tensor *part = in->parts[i];
        for (size_t g = 0; g < from->n_columns / LM_INT4_GROUP; g++) {
            struct gguf_int4 block;
            const uint8_t *row_data = part->data + at * part->row_bytes;
            TRY(gguf_read_int4(&block, part->type, row_data + g * part->type->block_bytes));
            set_group(to, row, g, &block);
        }
    }
    return TACIT_OK;
}

enum tacit_status lm_model_as_stored(struct lm_model **model, const struct lm_model *from,
                                     const struct gguf *gguf, struct reason *reason)
{
    struct importer in = {.gguf = gguf, .reason = reason};
    size_t n_kept = 0, n = lm_n_tensors(&from->shape);
    *model = NULL;
    TRY(read_shape(&in));
    uint8_t *kinds = calloc(n, 1);
    enum tacit_status status = kinds ? TACIT_OK : TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n && status == TACIT_OK; i++) {
        bool keeps = false;
        status = keeps_stored(&in, i, &keeps);
        kinds[i] = keeps ? TENSOR_INT4 : TENSOR_INT8;
        n_kept += keeps;
    }
    if (status == TACIT_OK && n_kept == 0)
        status = reason_give(reason, TACIT_ERR_UNSUPPORTED, "it has no matrix of Q4_0 or Q4_1");
    if (status == TACIT_OK)
        status = lm_model_convert(model, from, kinds, fill_stored, &in);
    free(kinds);
    return status;
}
