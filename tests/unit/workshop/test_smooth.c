/* SPDX-License-Identifier: Apache-2.0
 *
 * Evening out inputs leaves what a model of any shape computes as it was, but for rounding; and a model with some loud inputs comes
 * nearer to the same model without them.
 */
#include "workshop/shrink/smooth.h"

#include <math.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/try.h"
#include "check.h"
#include "engine/lm.h"
#include "tiny_model.h"

enum { N_TOKENS = 48, LOUD_STEP = 13 };

#define LOUD 32.0f

#define SHAPE(name, ...) {__VA_ARGS__},
static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* [N_TOKENS][lm_logit_stride] */
static float *logits_of(const struct lm_model *model)
{
    struct lm_options options = {
        .n_streams = 1, .n_context = 64, .n_threads = 1, .cpu_features = cpu_features()};
    struct lm_state *state = NULL;
    uint32_t tokens[N_TOKENS];
    float *logits = aligned_alloc(64, N_TOKENS * lm_logit_stride(model) * sizeof *logits);
    for (uint32_t i = 0; i < N_TOKENS; i++)
        tokens[i] = (i * i * 7 + i * 13) % model->shape.n_vocab;
    CHECK(logits && lm_state_create(&state, model, &options) == TACIT_OK);
    CHECK(lm_prefill(state, 0, tokens, N_TOKENS, logits) == TACIT_OK);
    lm_state_destroy(state);
    return logits;
}

/* The root mean square of the difference of logits, against that of the logits of a. */
static double difference(const struct lm_model *a, const struct lm_model *b)
{
    float *x = logits_of(a), *y = logits_of(b);
    double sum = 0, all = 0;
    for (size_t t = 0; t < N_TOKENS; t++)
        for (size_t i = 0; i < a->shape.n_vocab; i++) {
            double l = x[t * lm_logit_stride(a) + i], d = y[t * lm_logit_stride(a) + i] - l;
            bool counts = fabs(l) < 1e6; /* not a token that is never predicted */
            sum += counts ? d * d : 0;
            all += counts ? l * l : 0;
        }
    free(x);
    free(y);
    return sqrt(sum / all);
}

/* The square of an input: so that factors differ from each other by up to 8, or is 1 but for loud inputs of norms. */
static float square_of(bool loud, enum lm_tensor_id id, size_t i)
{
    if (loud)
        return (id == LM_QKV || id == LM_UP) && i % LOUD_STEP == 0 ? LOUD * LOUD : 1;
    return exp2f((float)((i * 7 + (size_t)id) % 13) - 6);
}

static void make_calibration(struct calibration *c, const struct lm_model *model, bool loud)
{
    *c = (struct calibration){.n_tensors = lm_n_tensors(&model->shape), .n_tokens = 1};
    c->products = calloc(c->n_tensors, sizeof *c->products);
    for (size_t index = 0; index < c->n_tensors; index++) {
        uint32_t layer;
        enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
        size_t n = lm_tensor_at(model, index)->n_columns;
        if (id >= LM_N_LAYER_TENSORS || lm_tensor_at(model, index)->n_rows == 0)
            continue;
        c->products[index] = calloc(n * n, sizeof(float));
        for (size_t i = 0; i < n; i++)
            c->products[index][i * n + i] = square_of(loud, id, i);
    }
}

static void test_same_function(const struct lm_shape *shape)
{
    struct lm_model *model, *smoothed;
    struct calibration calibration;
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    make_calibration(&calibration, model, false);
    CHECK(smooth_model(&smoothed, model, &calibration) == TACIT_OK);
    double d = difference(model, smoothed);
    CHECK_MSG(d < 0.15, "%g", d); /* a factor that is missing somewhere makes 0.2 and more */
    calibration_close(&calibration);
    lm_model_destroy(model);
    lm_model_destroy(smoothed);
}

/* As tiny_row, with norms whose gains are loud in some places and matrices that make up for it. */
static enum tacit_status loud_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    const struct tiny_random *r = context;
    TRY(tiny_row(context, id, layer, row, dst));
    for (size_t i = 0; i < lm_tensor_size(&r->shape, id).n_columns; i += LOUD_STEP)
        if (id == LM_ATTN_NORM || id == LM_FFN_NORM)
            dst[i] *= LOUD;
        else if (id == LM_QKV || id == LM_UP)
            dst[i] /= LOUD;
    return TACIT_OK;
}

static void test_loud(const struct lm_shape *shape)
{
    struct lm_model *even, *loud, *smoothed;
    struct calibration calibration;
    struct tiny_random random = {.shape = *shape};
    CHECK(tiny_model(&even, shape) == TACIT_OK);
    CHECK(lm_model_build(&loud, shape, loud_row, &random) == TACIT_OK);
    make_calibration(&calibration, loud, true);
    CHECK(smooth_model(&smoothed, loud, &calibration) == TACIT_OK);
    double before = difference(even, loud), after = difference(even, smoothed);
    CHECK_MSG(after < 0.5 * before, "%g, %g before", after, before);
    calibration_close(&calibration);
    lm_model_destroy(even);
    lm_model_destroy(loud);
    lm_model_destroy(smoothed);
}

/* Matrices that are not of int8 would be rounded twice. */
static void test_refused(void)
{
    struct lm_model *model, *smoothed;
    struct calibration calibration = {.products = NULL};
    CHECK(tiny_model(&model, &shapes[0]) == TACIT_OK);
    lm_tensor_at(model, lm_tensor_index(LM_OUT, 1))->kind = TENSOR_NARROW4;
    CHECK(smooth_model(&smoothed, model, &calibration) == TACIT_ERR_ARGUMENT && !smoothed);
    lm_model_destroy(model);
}

int main(void)
{
    for (size_t i = 0; i < N_SHAPES; i++)
        test_same_function(&shapes[i]);
    test_loud(&shapes[0]);
    test_loud(&shapes[4]);
    test_refused();
    return check_result();
}
