/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a model of int8 into one of 4 bits, matrix by matrix (tacit/shrink.h).
 */
#include "tacit/shrink.h"

#include <stdlib.h>

#include "base/try.h"
#include "workshop/shrink/calibration.h"
#include "workshop/shrink/gptq.h"
#include "workshop/shrink/int4_group.h"
#include "workshop/shrink/source_model.h"
#include "workshop/train/say.h"

struct quantizer {
    const struct lm_model *model;
    const struct tacit_train_sink *sink;
    struct calibration calibration; /* products NULL: none */
    struct gptq gptq;               /* of the present matrix */
    bool has_gptq;
    float *row;                       /* [widest] */
    struct tensor_int4_group *groups; /* [widest / 32] */
    size_t n_done, n_all;
};

static bool is_embedding(size_t index)
{
    uint32_t layer;
    enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    return id == LM_EMBEDDING || id == LM_HEAD;
}

/* Chooses the kinds: int4 for each matrix that can have it. Returns how many are not int4
 * already. */
static size_t choose_kinds(const struct lm_model *model, bool keep_embeddings, uint8_t *kinds)
{
    size_t n = 0;
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        const struct tensor *t = lm_tensor_at(model, i);
        bool is_matrix = t->n_rows > 0 && t->n_columns > 0;
        bool keeps =
            (keep_embeddings && is_embedding(i)) || t->n_columns / LM_GROUP > LM_INT4_GROUPS_MAX;
        kinds[i] = is_matrix && (!keeps || t->kind == TENSOR_INT4) ? TENSOR_INT4 : TENSOR_INT8;
        n += kinds[i] == TENSOR_INT4 && t->kind != TENSOR_INT4;
    }
    return n;
}

static void round_row(struct quantizer *q, size_t n_columns)
{
    if (q->has_gptq) {
        gptq_round_row(&q->gptq, q->row, q->groups);
        return;
    }
    for (size_t g = 0; g < n_columns / LM_INT4_GROUP; g++)
        int4_group_fit(&q->groups[g], q->row + g * LM_INT4_GROUP, NULL);
}

static enum tacit_status round_rows(struct quantizer *q, const struct tensor *from,
                                    struct tensor *to)
{
    for (size_t row = 0; row < from->n_rows; row++) {
        if (row % 64 == 0 && q->sink->stop && q->sink->stop(q->sink->context))
            return TACIT_ERR_CANCELLED;
        tensor_row(from, row, q->row);
        round_row(q, from->n_columns);
        for (size_t g = 0; g < from->n_columns / LM_INT4_GROUP; g++)
            tensor_set_int4(to, row, g, &q->groups[g]);
    }
    return TACIT_OK;
}

/* An lm_fill_fn. */
static enum tacit_status fill(void *context, size_t index, const struct tensor *from,
                              struct tensor *to)
{
    struct quantizer *q = context;
    float *products = q->calibration.products ? q->calibration.products[index] : NULL;
    q->has_gptq = products != NULL;
    if (products)
        TRY(gptq_open(&q->gptq, products, from->n_columns));
    enum tacit_status status = round_rows(q, from, to);
    if (products)
        gptq_close(&q->gptq);
    q->n_done++;
    say(q->sink, "%zu of %zu matrices, %zu x %zu, %s", q->n_done, q->n_all, from->n_rows,
        from->n_columns, products ? "gptq" : "nearest");
    return status;
}

static enum tacit_status take_memory(struct quantizer *q)
{
    size_t widest = lm_shape_widest(&q->model->shape);
    q->row = malloc(widest * sizeof *q->row);
    q->groups = malloc(widest / LM_INT4_GROUP * sizeof *q->groups);
    return q->row && q->groups ? TACIT_OK : TACIT_ERR_MEMORY;
}

static enum tacit_status convert(struct quantizer *q, const struct tacit_quantize *job,
                                 const struct model_file *file, struct lm_model **made)
{
    uint8_t *kinds = malloc(lm_n_tensors(&q->model->shape));
    if (!kinds)
        return TACIT_ERR_MEMORY;
    q->n_all = choose_kinds(q->model, job->keep_embeddings != 0, kinds);
    enum tacit_status status = take_memory(q);
    if (status == TACIT_OK && job->rounding == TACIT_ROUND_GPTQ)
        status = calibration_run(&q->calibration, q->model, model_file_tokenizer(file), job->texts,
                                 job->n_texts);
    if (status == TACIT_OK && job->rounding == TACIT_ROUND_GPTQ)
        say(q->sink, "%zu tokens read", q->calibration.n_tokens);
    if (status == TACIT_OK)
        status = lm_model_convert(made, q->model, kinds, fill, q);
    calibration_close(&q->calibration);
    free(q->row);
    free(q->groups);
    free(kinds);
    return status;
}

static enum tacit_status quantize(const struct tacit_quantize *job, const struct model_file *file,
                                  const struct tacit_train_sink *sink)
{
    struct quantizer q = {.model = model_file_lm(file), .sink = sink};
    struct lm_model *made = NULL;
    TRY(convert(&q, job, file, &made));
    enum tacit_status status = model_file_export_as(file, made, job->path);
    lm_model_destroy(made);
    return status;
}

enum tacit_status tacit_shrink_quantize(const struct tacit_quantize *job,
                                        const struct tacit_train_sink *sink)
{
    struct model_file *file;
    TRY(source_model_open(&file, job->model));
    enum tacit_status status = quantize(job, file, sink);
    model_file_close(file);
    return status;
}
