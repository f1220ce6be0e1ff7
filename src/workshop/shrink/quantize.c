/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a model into one of fewer bits, matrix by matrix (tacit/shrink.h).
 */
#include "tacit/shrink.h"

#include <stdlib.h>

#include "base/try.h"
#include "workshop/shrink/allocate.h"
#include "workshop/shrink/calibration.h"
#include "workshop/shrink/few_group.h"
#include "workshop/shrink/gptq.h"
#include "workshop/shrink/smooth.h"
#include "workshop/shrink/source_model.h"
#include "workshop/train/say.h"

struct quantizer {
    const struct lm_model *model;
    struct lm_model wide;      /* the file's model, but for flags: it has the tensors of that */
    struct lm_model *smoothed; /* `model` itself, or NULL */
    const struct tacit_train_sink *sink;
    struct calibration calibration; /* products NULL: none */
    struct gptq gptq;               /* of the present matrix */
    bool by_gptq, has_gptq;
    float *row;               /* [widest] */
    struct few_group *groups; /* [widest / 32] */
    size_t n_done, n_all;
};

static bool is_embedding(size_t index)
{
    uint32_t layer;
    enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    return id == LM_EMBEDDING || id == LM_HEAD;
}

/* 8: matrices keep their kinds. */
static void uniform_kinds(const struct lm_model *model, bool keep_embeddings, unsigned bits,
                          uint8_t *kinds)
{
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++) {
        const struct tensor *t = lm_tensor_at(model, i);
        bool changes = bits < 8 && !(keep_embeddings && is_embedding(i)) &&
                       allocate_may_be(t, (enum tensor_kind)bits);
        kinds[i] = changes ? (uint8_t)bits : (uint8_t)t->kind;
    }
}

/* The most bits of which the file has at most `size` bytes. */
static enum tacit_status widest_kinds(const struct tacit_quantize *job,
                                      const struct model_file *file, uint8_t *kinds)
{
    uint64_t n_bytes;
    for (unsigned bits = 8; bits >= LM_NARROW_BITS_MIN; bits--) {
        uniform_kinds(model_file_lm(file), job->keep_embeddings != 0, bits, kinds);
        TRY(model_file_size_as(&n_bytes, file, kinds));
        if (n_bytes <= job->size)
            return TACIT_OK;
    }
    return TACIT_ERR_RANGE;
}

static enum tacit_status allocate(struct quantizer *q, const struct tacit_quantize *job,
                                  const struct model_file *file, uint8_t *kinds)
{
    uint64_t file_bytes, n_bytes = lm_model_memory_needed(&q->model->shape, kinds);
    if (job->size > 0) {
        TRY(model_file_size_as(&file_bytes, file, kinds));
        if (job->size < file_bytes - n_bytes)
            return TACIT_ERR_RANGE;
        n_bytes = job->size - (file_bytes - n_bytes);
    }
    const struct allocation allocation = {.model = q->model,
                                          .tokenizer = model_file_tokenizer(file),
                                          .calibration = &q->calibration,
                                          .texts = job->texts,
                                          .n_texts = job->n_texts,
                                          .keep_embeddings = job->keep_embeddings != 0,
                                          .n_bytes = n_bytes,
                                          .sink = q->sink};
    return allocate_bits(kinds, &allocation);
}

static enum tacit_status choose_kinds(struct quantizer *q, const struct tacit_quantize *job,
                                      const struct model_file *file, uint8_t *kinds)
{
    bool by_bits = job->allocation == TACIT_ALLOCATE_BITS;
    if (job->size > 0 && job->bits == 0 && !by_bits)
        return widest_kinds(job, file, kinds);
    uniform_kinds(q->model, job->keep_embeddings != 0, job->bits ? job->bits : 4, kinds);
    return by_bits ? allocate(q, job, file, kinds) : TACIT_OK;
}

static void round_row(struct quantizer *q, size_t n_columns, struct few_form form)
{
    if (q->has_gptq) {
        gptq_round_row(&q->gptq, q->row, form, q->groups);
        return;
    }
    for (size_t g = 0; g < n_columns / form.n; g++)
        few_fit(&q->groups[g], form, q->row + g * form.n, NULL);
}

static enum tacit_status round_rows(struct quantizer *q, const struct tensor *from,
                                    struct tensor *to)
{
    struct few_form form = few_form_of(to->kind);
    for (size_t row = 0; row < from->n_rows; row++) {
        if (row % 64 == 0 && q->sink->stop && q->sink->stop(q->sink->context))
            return TACIT_ERR_CANCELLED;
        tensor_row(from, row, q->row);
        round_row(q, from->n_columns, form);
        for (size_t g = 0; g < from->n_columns / form.n; g++)
            few_store(to, row, g, form, &q->groups[g]);
    }
    return TACIT_OK;
}

/* An lm_fill_fn. */
static enum tacit_status fill(void *context, size_t index, const struct tensor *from,
                              struct tensor *to)
{
    struct quantizer *q = context;
    float *products = q->by_gptq && q->calibration.products ? q->calibration.products[index] : NULL;
    q->has_gptq = products != NULL;
    if (products)
        TRY(gptq_open(&q->gptq, products, from->n_columns));
    enum tacit_status status = round_rows(q, from, to);
    if (products)
        gptq_close(&q->gptq);
    q->n_done++;
    say(q->sink, "%zu of %zu matrices, %zu x %zu, %u bits, %s", q->n_done, q->n_all, from->n_rows,
        from->n_columns, few_form_of(to->kind).bits, products ? "gptq" : "nearest");
    return status;
}

static enum tacit_status take_memory(struct quantizer *q)
{
    size_t widest = lm_shape_widest(&q->model->shape);
    q->row = malloc(widest * sizeof *q->row);
    q->groups = malloc(widest / LM_INT4_GROUP * sizeof *q->groups);
    return q->row && q->groups ? TACIT_OK : TACIT_ERR_MEMORY;
}

static enum tacit_status read_texts(struct quantizer *q, const struct tacit_quantize *job,
                                    const struct model_file *file)
{
    TRY(calibration_run(&q->calibration, q->model, model_file_tokenizer(file), job->texts,
                        job->n_texts));
    say(q->sink, "%zu tokens read", q->calibration.n_tokens);
    return TACIT_OK;
}

/* From now on another model is rounded, which has the inputs of its own. */
static enum tacit_status smooth(struct quantizer *q, const struct tacit_quantize *job,
                                const struct model_file *file)
{
    TRY(read_texts(q, job, file));
    enum tacit_status status = smooth_model(&q->smoothed, q->model, &q->calibration);
    calibration_close(&q->calibration);
    TRY(status);
    q->model = q->smoothed;
    say(q->sink, "inputs evened out");
    return TACIT_OK;
}

static enum tacit_status calibrate(struct quantizer *q, const struct tacit_quantize *job,
                                   const struct model_file *file)
{
    if (job->smooth)
        TRY(smooth(q, job, file));
    if (job->rounding != TACIT_ROUND_GPTQ && job->allocation != TACIT_ALLOCATE_BITS)
        return TACIT_OK;
    return read_texts(q, job, file);
}

static enum tacit_status convert(struct quantizer *q, const struct tacit_quantize *job,
                                 const struct model_file *file, struct lm_model **made)
{
    size_t n = lm_n_tensors(&q->model->shape);
    uint8_t *kinds = calloc(n, 1);
    if (!kinds)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = take_memory(q);
    if (status == TACIT_OK)
        status = calibrate(q, job, file);
    if (status == TACIT_OK)
        status = choose_kinds(q, job, file, kinds);
    for (size_t i = 0; status == TACIT_OK && i < n; i++)
        q->n_all += kinds[i] != lm_tensor_at(q->model, i)->kind;
    if (status == TACIT_OK)
        status = lm_model_convert(made, q->model, kinds, fill, q);
    calibration_close(&q->calibration);
    lm_model_destroy(q->smoothed);
    free(q->row);
    free(q->groups);
    free(kinds);
    return status;
}

/* The model that is rounded has the flags of the one to be made, so that what is measured is what will be. */
static void widen(struct quantizer *q, enum tacit_wide_inputs inputs)
{
    q->wide = *q->model;
    if (inputs != TACIT_WIDE_AS_BEFORE)
        q->wide.shape.flags |= LM_WIDE_HEAD;
    if (inputs == TACIT_WIDE_ALL)
        q->wide.shape.flags |= LM_WIDE_LAYERS;
    q->model = &q->wide;
}

static enum tacit_status quantize(const struct tacit_quantize *job, const struct model_file *file,
                                  const struct tacit_train_sink *sink)
{
    struct quantizer q = {
        .model = model_file_lm(file), .sink = sink, .by_gptq = job->rounding == TACIT_ROUND_GPTQ};
    struct lm_model *made = NULL;
    widen(&q, job->wide_inputs);
    TRY(convert(&q, job, file, &made));
    enum tacit_status status = model_file_export_as(file, made, job->path);
    lm_model_destroy(made);
    return status;
}

enum tacit_status tacit_shrink_quantize(const struct tacit_quantize *job,
                                        const struct tacit_train_sink *sink)
{
    struct model_file *file;
    if (job->bits == 1 || job->bits > 8)
        return TACIT_ERR_ARGUMENT;
    TRY(source_model_open(&file, job->model));
    enum tacit_status status = quantize(job, file, sink);
    model_file_close(file);
    return status;
}
