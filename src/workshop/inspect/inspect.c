/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at a model, part by part (tacit/inspect.h).
 */
#include <stdlib.h>

#include "base/try.h"
#include "workshop/inspect/attention.h"
#include "workshop/inspect/matrix_inputs.h"
#include "workshop/inspect/silenced.h"
#include "workshop/inspect/tensor_facts.h"
#include "workshop/inspect/text_cost.h"
#include "workshop/shrink/prune_heads.h"
#include "workshop/shrink/source_model.h"

static enum tacit_status inspect_tensor(const struct tacit_inspection *job,
                                        const struct lm_model *model, size_t index,
                                        struct matmul *mm)
{
    const struct tensor *tensor = lm_tensor_at(model, index);
    uint32_t layer;
    enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    struct tacit_inspect_tensor facts = {.name = tensor_facts_name(id),
                                         .layer = id < LM_N_LAYER_TENSORS ? layer : TACIT_NO_LAYER};
    if (tensor->n_rows == 0 || tensor->n_columns == 0)
        return TACIT_OK;
    if (job->stop && job->stop(job->context))
        return TACIT_ERR_CANCELLED;
    TRY(tensor_facts(&facts, tensor, mm));
    job->tensor(job->context, &facts);
    return TACIT_OK;
}

static enum tacit_status inspect_tensors(const struct tacit_inspection *job,
                                         const struct lm_model *model)
{
    struct matmul mm;
    TRY(matmul_open(&mm, false));
    enum tacit_status status = TACIT_OK;
    for (size_t i = 0; i < lm_n_tensors(&model->shape) && status == TACIT_OK; i++)
        status = inspect_tensor(job, model, i, &mm);
    matmul_close(&mm);
    return status;
}

struct text_reader {
    const struct tacit_inspection *job;
    const struct lm_model *model;
    struct text_tokens text;
};

/* Closes the model. */
static enum tacit_status cost_of_silenced(const struct text_reader *r, struct silenced *silenced,
                                          double *bits_per_byte)
{
    double bits;
    enum tacit_status status = text_cost(&bits, &silenced->model, &r->text, r->job->n_threads);
    silenced_close(silenced);
    *bits_per_byte = bits / (double)r->text.n_bytes;
    return status;
}

static enum tacit_status cost_without(const struct text_reader *r, uint32_t layer, unsigned parts,
                                      double *bits_per_byte)
{
    struct silenced silenced;
    if (r->job->stop && r->job->stop(r->job->context))
        return TACIT_ERR_CANCELLED;
    TRY(silenced_open(&silenced, r->model, layer, parts));
    return cost_of_silenced(r, &silenced, bits_per_byte);
}

static enum tacit_status cost_rounded(const struct text_reader *r, uint32_t layer, unsigned parts,
                                      double *bits_per_byte)
{
    struct silenced silenced;
    if (r->job->stop && r->job->stop(r->job->context))
        return TACIT_ERR_CANCELLED;
    TRY(silenced_open_rounded(&silenced, r->model, layer, parts,
                              (enum tensor_kind)r->job->rounded_bits));
    return cost_of_silenced(r, &silenced, bits_per_byte);
}

/* Without each head, then with each rounded. */
static enum tacit_status cost_heads(const struct text_reader *r, uint32_t layer, double *without,
                                    double *rounded)
{
    uint32_t n = heads_that_go(&r->model->shape);
    for (uint32_t head = 0; head < n; head++) {
        struct silenced silenced;
        if (r->job->stop && r->job->stop(r->job->context))
            return TACIT_ERR_CANCELLED;
        TRY(silenced_open_heads(&silenced, r->model, layer, head, n));
        TRY(cost_of_silenced(r, &silenced, &without[head]));
        TRY(silenced_open_heads_rounded(&silenced, r->model, layer, head, n,
                                        (enum tensor_kind)r->job->rounded_bits));
        TRY(cost_of_silenced(r, &silenced, &rounded[head]));
    }
    return TACIT_OK;
}

/* Attention, keys and values, and the inputs of matrices, in one pass. */
static enum tacit_status inspect_reading(const struct text_reader *r, double *bits)
{
    struct matrix_inputs *inputs;
    TRY(matrix_inputs_open(&inputs, r->model));
    enum tacit_status status =
        attention_inspect(bits, r->job, r->model, &r->text, matrix_inputs_observe, inputs);
    if (status == TACIT_OK)
        status = matrix_inputs_tell(inputs, r->job);
    matrix_inputs_close(inputs);
    return status;
}

/* heads: room for two numbers for each that can go. */
static enum tacit_status silence_layers(const struct text_reader *r, double *heads)
{
    for (uint32_t i = 0; i < r->model->shape.n_layers; i++) {
        uint32_t n_heads = heads_that_go(&r->model->shape);
        struct tacit_inspect_layer layer = {
            .layer = i, .n_heads = n_heads, .without_head = heads, .rounded_head = heads + n_heads};
        TRY(cost_without(r, i, SILENCED_ATTENTION, &layer.without_attention));
        TRY(cost_without(r, i, SILENCED_HIDDEN, &layer.without_hidden));
        TRY(cost_without(r, i, SILENCED_ATTENTION | SILENCED_HIDDEN, &layer.without_both));
        TRY(cost_rounded(r, i, SILENCED_ATTENTION, &layer.rounded_attention));
        TRY(cost_rounded(r, i, SILENCED_HIDDEN, &layer.rounded_hidden));
        TRY(cost_rounded(r, i, SILENCED_ATTENTION | SILENCED_HIDDEN, &layer.rounded_both));
        TRY(cost_heads(r, i, heads, heads + n_heads));
        r->job->layer(r->job->context, &layer);
    }
    return TACIT_OK;
}

static enum tacit_status inspect_layers(const struct text_reader *r)
{
    struct tacit_inspect_text text = {r->text.n_bytes, r->text.n, 0};
    TRY(inspect_reading(r, &text.bits_per_byte));
    text.bits_per_byte /= (double)text.n_bytes;
    r->job->read(r->job->context, &text);
    double *heads = malloc(heads_that_go(&r->model->shape) * 2 * sizeof *heads);
    if (!heads)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = silence_layers(r, heads);
    free(heads);
    return status;
}

/* The text is read before the matrices are looked at: what is wrong with it is told first. */
static enum tacit_status inspect(const struct tacit_inspection *job, const struct model_file *file)
{
    struct text_reader r = {.job = job, .model = model_file_lm(file)};
    if (job->text)
        TRY(text_tokens_read(&r.text, r.model, model_file_tokenizer(file), job->text,
                             job->n_bytes_max));
    enum tacit_status status = inspect_tensors(job, r.model);
    if (status == TACIT_OK && job->text)
        status = inspect_layers(&r);
    text_tokens_close(&r.text);
    return status;
}

enum tacit_status tacit_inspect(const struct tacit_inspection *job)
{
    struct model_file *file;
    if (job->text &&
        (job->rounded_bits < LM_NARROW_BITS_MIN || job->rounded_bits > LM_NARROW_BITS_MAX))
        return TACIT_ERR_ARGUMENT;
    TRY(source_model_open(&file, job->model));
    enum tacit_status status = inspect(job, file);
    model_file_close(file);
    return status;
}
