/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/inspect/matrix_inputs.h"

#include <math.h>
#include <stdlib.h>

#include "base/try.h"
#include "workshop/inspect/sizes.h"
#include "workshop/inspect/spectrum.h"
#include "workshop/inspect/tensor_facts.h"

enum { RANKED_COLUMNS_MAX = 1024 };

/* Of one matrix. */
struct seen {
    uint64_t counts[256], n;
    double square;
    float peak;
    struct sizes sizes;
    float *products; /* [n_columns][n_columns]: X^T X; NULL: too wide, or nothing was seen */
};

struct matrix_inputs {
    const struct lm_model *model;
    struct matmul mm;
    float *rows;       /* [LM_BATCH][widest] */
    struct seen *seen; /* [n_tensors] */
    size_t n_tensors;
    enum tacit_status status;
};

enum tacit_status matrix_inputs_open(struct matrix_inputs **out, const struct lm_model *model)
{
    struct matrix_inputs *in = calloc(1, sizeof *in);
    *out = NULL;
    if (!in)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = matmul_open(&in->mm, false);
    if (status != TACIT_OK) {
        free(in);
        return status;
    }
    in->model = model;
    in->n_tensors = lm_n_tensors(&model->shape);
    in->seen = calloc(in->n_tensors, sizeof *in->seen);
    in->rows = malloc(LM_BATCH * lm_shape_widest(&model->shape) * sizeof *in->rows);
    if (!in->seen || !in->rows) {
        matrix_inputs_close(in);
        return TACIT_ERR_MEMORY;
    }
    *out = in;
    return TACIT_OK;
}

void matrix_inputs_close(struct matrix_inputs *in)
{
    if (!in)
        return;
    for (size_t i = 0; in->seen && i < in->n_tensors; i++)
        free(in->seen[i].products);
    matmul_close(&in->mm);
    free(in->seen);
    free(in->rows);
    free(in);
}

static void count(struct seen *seen, float *rows, const struct lm_rows *x, size_t n_rows,
                  size_t n_columns)
{
    for (size_t m = 0; m < n_rows; m++)
        for (size_t i = 0; i < n_columns; i++) {
            int8_t q = x->q[m * x->n_groups * LM_GROUP + i];
            float value = (float)q * x->scale[m * x->n_groups + i / LM_GROUP];
            seen->counts[(uint8_t)q]++;
            seen->square += (double)value * (double)value;
            seen->peak = fmaxf(seen->peak, fabsf(value));
            sizes_add(&seen->sizes, value);
            rows[m * n_columns + i] = value;
        }
    seen->n += (uint64_t)n_rows * n_columns;
}

void matrix_inputs_observe(void *context, const struct tensor *matrix_of, const struct lm_rows *x,
                           size_t n_rows)
{
    struct matrix_inputs *in = context;
    size_t index = 0, n = matrix_of->n_columns;
    while (index < in->n_tensors && lm_tensor_at(in->model, index) != matrix_of)
        index++;
    if (index == in->n_tensors || in->status != TACIT_OK)
        return;
    struct seen *seen = &in->seen[index];
    if (!seen->products && n <= RANKED_COLUMNS_MAX) {
        seen->products = calloc(n * n, sizeof *seen->products);
        in->status = seen->products ? TACIT_OK : TACIT_ERR_MEMORY;
    }
    if (in->status != TACIT_OK)
        return;
    count(seen, in->rows, x, n_rows, n);
    if (seen->products)
        matmul_run(&in->mm, matrix(seen->products, n, n, n), transposed(in->rows, n),
                   operand(in->rows, n), n_rows, true);
}

static enum tacit_status tell(const struct matrix_inputs *in, size_t index,
                              const struct tacit_inspection *job)
{
    const struct seen *seen = &in->seen[index];
    uint32_t layer;
    enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    struct tacit_inspect_input input = {.name = tensor_facts_name(id),
                                        .layer = layer,
                                        .n_columns = lm_tensor_at(in->model, index)->n_columns};
    if (id >= LM_N_LAYER_TENSORS || seen->n == 0)
        return TACIT_OK;
    if (job->stop && job->stop(job->context))
        return TACIT_ERR_CANCELLED;
    double rms = sqrt(seen->square / (double)seen->n);
    input.entropy = tensor_facts_entropy(seen->counts, (double)seen->n);
    input.peak = rms > 0 ? (double)seen->peak / rms : 0;
    input.beyond_6 = sizes_beyond(&seen->sizes, 6 * (float)rms);
    if (seen->products)
        TRY(spectrum_ranks(seen->products, (size_t)input.n_columns, &input.rank_90,
                           &input.rank_99));
    job->input(job->context, &input);
    return TACIT_OK;
}

enum tacit_status matrix_inputs_tell(struct matrix_inputs *in, const struct tacit_inspection *job)
{
    TRY(in->status);
    for (size_t i = 0; i < in->n_tensors; i++)
        TRY(tell(in, i, job));
    return TACIT_OK;
}
