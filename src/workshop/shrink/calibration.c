/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/calibration.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "engine/lm.h"
#include "workshop/net/matmul.h"
#include "workshop/net/memory.h"
#include "workshop/train/files.h"

enum { WINDOW = 512 };

struct reader {
    struct calibration *calibration;
    const struct lm_model *model;
    const struct tokenizer *tokenizer;
    struct lm_state *lm;
    struct matmul mm;
    float *rows; /* [LM_BATCH][widest]: inputs as floats */
    enum tacit_status status;
};

static void take_rows(float *rows, const struct lm_rows *x, size_t n_rows, size_t n_columns)
{
    for (size_t m = 0; m < n_rows; m++)
        for (size_t i = 0; i < n_columns; i++)
            rows[m * n_columns + i] = (float)x->q[m * x->n_groups * LM_GROUP + i] *
                                      x->scale[m * x->n_groups + i / LM_GROUP];
}

/* An lm_observe_fn. */
static void observe(void *context, const struct tensor *tensor, const struct lm_rows *x,
                    size_t n_rows)
{
    struct reader *r = context;
    struct calibration *c = r->calibration;
    size_t index = 0, n = tensor->n_columns;
    while (index < c->n_tensors && lm_tensor_at(r->model, index) != tensor)
        index++;
    if (index == c->n_tensors || r->status != TACIT_OK)
        return;
    if (!c->products[index])
        c->products[index] = memory_zeroed(n * n * sizeof(float));
    if (!c->products[index]) {
        r->status = TACIT_ERR_MEMORY;
        return;
    }
    take_rows(r->rows, x, n_rows, n);
    matmul_run(&r->mm, matrix(c->products[index], n, n, n), transposed(r->rows, n),
               operand(r->rows, n), n_rows, true);
}

static enum tacit_status read_items(struct reader *r, uint32_t *items, size_t n)
{
    uint32_t start = tokenizer_start(r->tokenizer), n_vocab = r->model->shape.n_vocab;
    size_t n_tokens = 0;
    for (size_t i = 0; i < n; i++)
        if (items[i] < n_vocab)
            items[n_tokens++] = items[i];
    for (size_t at = 0; at < n_tokens; at += WINDOW) {
        uint32_t first = start == VOCABULARY_NONE ? 0 : start;
        size_t n_window = n_tokens - at < WINDOW ? n_tokens - at : WINDOW;
        lm_reset_stream(r->lm, 0);
        TRY(lm_prefill(r->lm, 0, &first, 1, NULL));
        TRY(lm_prefill(r->lm, 0, items + at, n_window, NULL));
        TRY(r->status);
    }
    r->calibration->n_tokens += n_tokens;
    return TACIT_OK;
}

static enum tacit_status read_file(struct reader *r, const char *path)
{
    uint8_t *data;
    size_t n_bytes, n;
    TRY(file_read(path, &data, &n_bytes));
    uint32_t *items = malloc((n_bytes + 1) * sizeof *items);
    enum tacit_status status = items ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = tokenizer_encode(r->tokenizer, data, n_bytes, items, &n);
    if (status == TACIT_OK)
        status = read_items(r, items, n);
    free(items);
    free(data);
    return status;
}

static enum tacit_status read_files(struct reader *r, const char *const *paths, size_t n_paths)
{
    unsigned n_threads = threads_available();
    struct lm_options options = {.n_streams = 1,
                                 .n_context = 2 * WINDOW,
                                 .n_threads =
                                     n_threads < LM_THREADS_MAX ? n_threads : LM_THREADS_MAX,
                                 .cpu_features = cpu_features()};
    r->rows = malloc(LM_BATCH * lm_shape_widest(&r->model->shape) * sizeof *r->rows);
    r->calibration->products = calloc(r->calibration->n_tensors, sizeof(float *));
    if (!r->rows || !r->calibration->products)
        return TACIT_ERR_MEMORY;
    TRY(lm_state_create(&r->lm, r->model, &options));
    lm_state_observe(r->lm, observe, r);
    for (size_t i = 0; i < n_paths; i++)
        TRY(read_file(r, paths[i]));
    return r->calibration->n_tokens < WINDOW ? TACIT_ERR_CONTENT_LIMIT : TACIT_OK;
}

enum tacit_status calibration_run(struct calibration *calibration, const struct lm_model *model,
                                  const struct tokenizer *tokenizer, const char *const *paths,
                                  size_t n_paths)
{
    *calibration = (struct calibration){.n_tensors = lm_n_tensors(&model->shape)};
    struct reader reader = {.calibration = calibration, .model = model, .tokenizer = tokenizer};
    TRY(matmul_open(&reader.mm, false));
    enum tacit_status status = read_files(&reader, paths, n_paths);
    matmul_close(&reader.mm);
    lm_state_destroy(reader.lm);
    free(reader.rows);
    if (status != TACIT_OK)
        calibration_close(calibration);
    return status;
}

void calibration_close(struct calibration *calibration)
{
    for (size_t i = 0; calibration->products && i < calibration->n_tensors; i++)
        free(calibration->products[i]);
    free(calibration->products);
    calibration->products = NULL;
}
