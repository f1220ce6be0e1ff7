/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a model as a GGUF file (tacit/shrink.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "model/gguf_names.h"
#include "workshop/export/gguf_blocks.h"
#include "workshop/export/gguf_describe.h"
#include "workshop/export/gguf_vocabulary.h"
#include "workshop/shrink/source_model.h"

struct exporter {
    const struct tacit_export *job;
    const struct model_file *file;
    const struct lm_model *model;
    const struct export_form *form;
    struct reason reason;
    struct gguf_draft draft;
    struct file_replace *out;
    float *values; /* [widest]: a row */
    uint8_t *row;  /* [4 widest]: in the file */
};

/* A tensor of the file: rows, or a vector's numbers, of one of the engine's. */
struct part {
    const struct tensor *tensor;
    enum lm_tensor_id id;
    char name[GGUF_NAME_CAP];
    size_t begin, n;
    bool is_rotated; /* queries and keys */
};

typedef enum tacit_status part_fn(struct exporter *e, const struct part *part);

/* How many rows or numbers of the engine's tensor part i of its source has. */
static size_t part_size(const struct lm_shape *s, enum lm_tensor_id id, int i, size_t n)
{
    if (id == LM_QKV || id == LM_QKV_B)
        return (size_t)(i == 0 ? s->n_heads : s->n_kv_heads) * s->head_dim;
    return id == LM_UP ? s->n_hidden : n;
}

static const struct gguf_source *source_of(enum lm_tensor_id id)
{
    for (size_t i = 0; i < gguf_n_sources; i++)
        if (gguf_sources[i].id == id)
            return &gguf_sources[i];
    return NULL;
}

/* Visits the parts of all tensors, in the order of the engine. */
static enum tacit_status visit_parts(struct exporter *e, part_fn *visit)
{
    const struct lm_shape *s = &e->model->shape;
    for (size_t index = 0; index < lm_n_tensors(s); index++) {
        const struct tensor *tensor = lm_tensor_at(e->model, index);
        uint32_t layer;
        enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
        const struct gguf_source *source = tensor->n_columns ? source_of(id) : NULL;
        struct part part = {.tensor = tensor, .id = id};
        size_t n = tensor->n_rows ? tensor->n_rows : tensor->n_columns;
        for (int i = 0; source && i < 3 && source->names[i]; i++) {
            gguf_full_name(part.name, source->names[i], id, layer);
            part.n = part_size(s, id, i, n);
            part.is_rotated = i < 2 && (id == LM_QKV || id == LM_QKV_B);
            TRY(visit(e, &part));
            part.begin += part.n;
        }
    }
    return TACIT_OK;
}

/* The engine's row, or number of a vector, that the file has at `at` of a part. */
static size_t place_of(const struct exporter *e, const struct part *part, size_t at)
{
    const struct lm_shape *s = &e->model->shape;
    size_t head = at / s->head_dim;
    if (part->is_rotated && e->form->interleaved)
        at = head * s->head_dim + gguf_place_in_engine(at % s->head_dim, s->rope_dims);
    return part->begin + at;
}

static const struct gguf_type *type_of(const struct exporter *e, const struct part *part)
{
    enum { CODE_F32 = 0 };
    bool keeps = e->job->keep_embeddings && (part->id == LM_EMBEDDING || part->id == LM_HEAD);
    if (part->tensor->n_rows == 0)
        return gguf_type_find(CODE_F32);
    return gguf_blocks_type(keeps ? TACIT_GGUF_AS_STORED : e->job->type, part->tensor->kind);
}

/* A part_fn. */
static enum tacit_status declare(struct exporter *e, const struct part *part)
{
    bool is_matrix = part->tensor->n_rows > 0;
    gguf_draft_tensor(&e->draft, part->name, type_of(e, part),
                      is_matrix ? part->tensor->n_columns : part->n, is_matrix ? part->n : 0);
    return TACIT_OK;
}

static enum tacit_status write_vector(struct exporter *e, const struct part *part)
{
    for (size_t i = 0; i < part->n; i++)
        store_le32(e->row + 4 * i, strict_to_bits(part->tensor->values[place_of(e, part, i)]));
    return file_replace_write(e->out, e->row, 4 * part->n);
}

static enum tacit_status write_rows(struct exporter *e, const struct part *part)
{
    const struct gguf_type *type = type_of(e, part);
    size_t n_bytes = part->tensor->n_columns / type->n_block * type->block_bytes;
    for (size_t i = 0; i < part->n; i++) {
        size_t row = place_of(e, part, i);
        if (gguf_blocks_row(e->row, type, part->tensor, row, e->values) != TACIT_OK)
            return reason_give(&e->reason, TACIT_ERR_UNSUPPORTED,
                               "a weight of %s is too large for numbers of 16 bits", part->name);
        TRY(file_replace_write(e->out, e->row, n_bytes));
    }
    return TACIT_OK;
}

/* A part_fn. */
static enum tacit_status write_part(struct exporter *e, const struct part *part)
{
    static const uint8_t zeros[GGUF_ALIGNMENT];
    const struct gguf_type *type = type_of(e, part);
    size_t n_columns = part->tensor->n_rows ? part->tensor->n_columns : 1;
    uint64_t n_bytes = (uint64_t)part->n * n_columns * type->block_bytes / type->n_block;
    TRY(part->tensor->n_rows ? write_rows(e, part) : write_vector(e, part));
    return file_replace_write(e->out, zeros, gguf_padding(n_bytes));
}

/* A gguf_data_fn. */
static enum tacit_status write_data(void *context, struct file_replace *out)
{
    struct exporter *e = context;
    e->out = out;
    return visit_parts(e, write_part);
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), n_suffix = strlen(suffix);
    return n > n_suffix && strcmp(path + n - n_suffix, suffix) == 0;
}

/* Opens the file to copy the tokenizer from; *like stays NULL where there is none. */
static enum tacit_status open_like(struct exporter *e, struct gguf **like)
{
    char path[TACIT_MODEL_PATH_MAX] = "";
    const char *model = e->job->model, *chosen = e->job->like;
    *like = NULL;
    if (!chosen && model && ends_in(model, ".gguf"))
        chosen = model;
    if (chosen) {
        TRY(gguf_open_file(like, chosen, &e->reason));
        return gguf_vocabulary_check(*like, model_file_tokenizer(e->file), &e->reason);
    }
    if (model && ends_in(model, ".tmodel") && strlen(model) < sizeof path)
        snprintf(path, sizeof path, "%.*s.gguf", (int)(strlen(model) - 7), model);
    bool fits = *path && gguf_open_file(like, path, NULL) == TACIT_OK &&
                gguf_vocabulary_check(*like, model_file_tokenizer(e->file), NULL) == TACIT_OK;
    if (!fits) { /* another file that has the name by chance, or none */
        gguf_close(*like);
        *like = NULL;
    }
    return TACIT_OK;
}

static enum tacit_status describe(struct exporter *e, size_t *n_unnamed)
{
    static const uint32_t file_types[] = {
        [TACIT_GGUF_F16] = 1, [TACIT_GGUF_Q4_0] = 2, [TACIT_GGUF_Q4_1] = 3, [TACIT_GGUF_Q8_0] = 7};
    struct gguf *like;
    enum tacit_gguf_type type = e->job->type;
    if (type == TACIT_GGUF_AS_STORED)
        type = e->model->kinds ? TACIT_GGUF_Q4_1 : TACIT_GGUF_Q8_0;
    gguf_draft_string(
        &e->draft, "general.architecture",
        (struct byte_view){(const uint8_t *)e->form->architecture, strlen(e->form->architecture)});
    gguf_draft_u32(&e->draft, "general.file_type", file_types[type]);
    gguf_draft_u32(&e->draft, "general.quantization_version", 2);
    gguf_describe_shape(&e->draft, e->form, &e->model->shape);
    enum tacit_status status = open_like(e, &like);
    if (status == TACIT_OK && like)
        gguf_vocabulary_copy(&e->draft, like);
    else if (status == TACIT_OK)
        status = gguf_vocabulary_make(&e->draft, e->file, n_unnamed, &e->reason);
    gguf_close(like);
    return status == TACIT_OK ? visit_parts(e, declare) : status;
}

static enum tacit_status export_all(struct exporter *e, size_t *n_unnamed)
{
    size_t widest = lm_shape_widest(&e->model->shape);
    TRY(gguf_describe_form(&e->form, &e->model->shape, &e->reason));
    TRY(describe(e, n_unnamed));
    e->values = malloc(widest * sizeof *e->values);
    e->row = malloc(4 * widest);
    return e->values && e->row ? gguf_draft_write(&e->draft, e->job->path, write_data, e)
                               : TACIT_ERR_MEMORY;
}

enum tacit_status tacit_shrink_export(const struct tacit_export *job,
                                      struct tacit_export_report *report)
{
    struct exporter e = {.job = job};
    struct model_file *file;
    *report = (struct tacit_export_report){.n_unnamed = 0};
    TRY(source_model_open(&file, job->model));
    e.file = file;
    e.model = model_file_lm(file);
    enum tacit_status status = export_all(&e, &report->n_unnamed);
    if (status != TACIT_OK)
        snprintf(report->why, sizeof report->why, "%s", e.reason.text);
    gguf_draft_free(&e.draft);
    free(e.values);
    free(e.row);
    model_file_close(file);
    return status;
}
