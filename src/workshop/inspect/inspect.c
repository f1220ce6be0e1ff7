/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at a model, part by part (tacit/inspect.h).
 */
#include "base/try.h"
#include "workshop/inspect/attention.h"
#include "workshop/inspect/matrix_inputs.h"
#include "workshop/inspect/silenced.h"
#include "workshop/inspect/tensor_facts.h"
#include "workshop/inspect/text_cost.h"
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

static enum tacit_status cost_without(const struct text_reader *r, uint32_t layer, unsigned parts,
                                      double *bits_per_byte)
{
    struct silenced silenced;
    double bits;
    if (r->job->stop && r->job->stop(r->job->context))
        return TACIT_ERR_CANCELLED;
    TRY(silenced_open(&silenced, r->model, layer, parts));
    enum tacit_status status = text_cost(&bits, &silenced.model, &r->text, r->job->n_threads);
    silenced_close(&silenced);
    *bits_per_byte = bits / (double)r->text.n_bytes;
    return status;
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

static enum tacit_status inspect_layers(const struct text_reader *r)
{
    struct tacit_inspect_text text = {r->text.n_bytes, r->text.n, 0};
    TRY(inspect_reading(r, &text.bits_per_byte));
    text.bits_per_byte /= (double)text.n_bytes;
    r->job->read(r->job->context, &text);
    for (uint32_t i = 0; i < r->model->shape.n_layers; i++) {
        struct tacit_inspect_layer layer = {.layer = i};
        TRY(cost_without(r, i, SILENCED_ATTENTION, &layer.without_attention));
        TRY(cost_without(r, i, SILENCED_HIDDEN, &layer.without_hidden));
        TRY(cost_without(r, i, SILENCED_ATTENTION | SILENCED_HIDDEN, &layer.without_both));
        r->job->layer(r->job->context, &layer);
    }
    return TACIT_OK;
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
    TRY(source_model_open(&file, job->model));
    enum tacit_status status = inspect(job, file);
    model_file_close(file);
    return status;
}
