/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recovery trains: zeros of a pruned matrix stay, few bits stay on their grid, LoRA's gradient against
 * differences, its start is the model itself; and a state comes back whole or is refused.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "tiny_model.h"
#include "workshop/net/net_export.h"
#include "workshop/net/random.h"
#include "workshop/recover/recover_state.h"
#include "workshop/shrink/few_group.h"

enum { N = 48 };

static const struct lm_shape LLAMA = {
    300,           2, 64, 2, 1, 64, 64,   256,   64,   LM_NORM_RMS,
    LM_ACT_SWIGLU, 0, 0,  0, 0, 0,  1e4f, 1e-5f, 0.0f, TINY_NO_MORE};

/* tiny_row, but every other weight of the matrices `down` is zero. */
static enum tacit_status halved_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                    float *dst)
{
    const enum tacit_status status = tiny_row(context, id, layer, row, dst);
    for (size_t i = 0; id == LM_DOWN && i < LLAMA.n_hidden; i += 2)
        dst[i] = 0;
    return status;
}

/* An lm_fill_fn: any numbers, with step 1/128 and or, at 3 bits, 1/32; none is 0. */
static enum tacit_status any_few(void *context, size_t index, const struct tensor *from,
                                 struct tensor *to)
{
    struct random *random = context;
    const struct few_form form = few_form_of(to->kind);
    const float step = to->kind == TENSOR_INT4 ? 0x1p-7f : 0x1p-5f;
    (void)index;
    for (size_t row = 0; row < from->n_rows; row++)
        for (size_t g = 0; g < from->n_columns / form.n; g++) {
            struct few_group group = {.step = step, .minimum = -4.25f * step};
            for (size_t i = 0; i < form.n; i++)
                group.n[i] = (uint8_t)(random_next(random) % (1u << form.bits));
            few_store(to, row, g, form, &group);
        }
    return TACIT_OK;
}

struct tiny {
    struct lm_model *model;
    struct net net;
    struct net_work work;
    uint32_t ids[N + 1];
    float *grad;
};

static void open_tiny(struct tiny *t, bool with_few)
{
    struct tiny_random rows = {.shape = LLAMA};
    struct random random = {4};
    struct lm_model *model;
    CHECK(lm_model_build(&model, &LLAMA, halved_row, &rows) == TACIT_OK);
    uint8_t *kinds = calloc(lm_n_tensors(&LLAMA), 1);
    if (with_few) {
        kinds[lm_tensor_index(LM_UP, 1)] = TENSOR_INT4;
        kinds[lm_tensor_index(LM_QKV, 0)] = TENSOR_NARROW3;
    }
    CHECK(lm_model_convert(&t->model, model, kinds, any_few, &random) == TACIT_OK);
    free(kinds);
    lm_model_destroy(model);
    CHECK(net_open_model(&t->net, t->model, N) == TACIT_OK);
    CHECK(net_work_open(&t->work, &t->net, true) == TACIT_OK);
    for (size_t i = 0; i <= N; i++)
        t->ids[i] = (uint32_t)(random_next(&random) % LLAMA.n_vocab);
    t->grad = calloc(t->net.n_params, sizeof *t->grad);
}

static void close_tiny(struct tiny *t)
{
    free(t->grad);
    net_work_close(&t->work);
    net_close(&t->net);
    lm_model_destroy(t->model);
}

/* Nats a token. */
static double learn(struct tiny *t, struct adapter *a, uint64_t n_done)
{
    adapter_apply(a);
    memset(t->grad, 0, t->net.n_params * sizeof *t->grad);
    const double nats =
        net_run(&t->net, &t->work, a->weights, N, t->ids, t->ids + 1, 1.0f / N, t->grad);
    adapter_update(a, t->grad, 3e-3f, n_done);
    return nats / N;
}

static void test_what_stays(uint32_t rank)
{
    struct tiny t;
    struct adapter a;
    struct lm_model *made;
    open_tiny(&t, true);
    CHECK(adapter_open(&a, &t.net, t.model, rank, 0) == TACIT_OK);
    CHECK(a.n_masked == 2 && a.n_few == 5); /* q, k, v; gate and up */
    CHECK(a.n_zeros >= LLAMA.width * LLAMA.n_hidden && a.n_zeros < a.net->n_params / 2);
    float *before = malloc(t.net.n_params * sizeof *before);
    memcpy(before, a.weights, t.net.n_params * sizeof *before);
    adapter_apply(&a); /* without a step: the model itself */
    for (size_t i = 0; i < t.net.n_params; i++)
        CHECK(fabsf(a.weights[i] - before[i]) < 1e-6f);
    const double first = learn(&t, &a, 0);
    double last = first;
    for (uint64_t i = 1; i < 30; i++)
        last = learn(&t, &a, i);
    CHECK_MSG(last < first - 0.3, "rank %u: loss %g, then %g", (unsigned)rank, first, last);

    adapter_apply(&a);
    CHECK(adapter_export(&a, &made) == TACIT_OK);
    CHECK(memcmp(made->kinds, t.model->kinds, lm_n_tensors(&LLAMA)) == 0);
    float *after = calloc(t.net.n_params, sizeof *after);
    net_import(&t.net, made, after);
    size_t n_moved = 0;
    for (size_t p = 0; p < t.net.n_table; p++) {
        const struct net_param *param = &t.net.table[p];
        const bool is_few =
            lm_tensor_at(made, lm_tensor_index(param->id, param->layer))->kind != TENSOR_INT8;
        for (size_t i = param->offset; i < param->offset + param->n_rows * param->n_cols; i++) {
            CHECK(param->id != LM_DOWN || before[i] != 0 || after[i] == 0);
            CHECK(param->kind == NET_VECTOR || !is_few || after[i] == a.weights[i]);
            CHECK(fabsf(after[i] - a.weights[i]) < 0.01f);
            n_moved += after[i] != before[i];
        }
    }
    CHECK(n_moved > t.net.n_params / 20);
    free(before);
    free(after);
    lm_model_destroy(made);
    adapter_close(&a);
    close_tiny(&t);
}

/* The gradient of A and B, which adapter_update leaves in a.grad. */
static void test_lora_gradient(void)
{
    struct tiny t;
    struct adapter a;
    struct random random = {8};
    open_tiny(&t, false);
    CHECK(adapter_open(&a, &t.net, t.model, 3, 0) == TACIT_OK);
    matmul_close(&a.optim.mm);
    CHECK(matmul_open(&a.optim.mm, true) == TACIT_OK);
    for (size_t i = 0; i < a.n; i++)
        a.x[i] = 0.1f * random_normal(&random);
    float *x = malloc(a.n * sizeof *x);
    memcpy(x, a.x, a.n * sizeof *x);
    learn(&t, &a, 0);
    for (size_t i = 0; i < a.n; i += 1 + a.n / 60) {
        double sides[2];
        for (int side = 0; side < 2; side++) {
            memcpy(a.x, x, a.n * sizeof *x);
            a.x[i] += side ? -0.01f : 0.01f;
            adapter_apply(&a);
            sides[side] = net_run(&t.net, &t.work, a.weights, N, t.ids, t.ids + 1, 0, NULL) / N;
        }
        const double want = (sides[0] - sides[1]) / 0.02, got = (double)a.grad[i];
        CHECK_MSG(fabs(want - got) < 0.03 * fabs(want) + 1e-3, "%zu: %g, gradient %g", i, want,
                  got);
    }
    free(x);
    adapter_close(&a);
    close_tiny(&t);
}

static void test_state(void)
{
    char path[] = "/tmp/test_adapter_XXXXXX";
    struct tiny t;
    struct adapter a, b;
    struct recover_position at = {7, 700, 1.5}, back = {0};
    uint8_t arguments[SHA256_BYTES] = {1, 2, 3}, others[SHA256_BYTES] = {1, 2, 4};
    CHECK(close(mkstemp(path)) == 0);
    open_tiny(&t, true);
    CHECK(adapter_open(&a, &t.net, t.model, 0, 0) == TACIT_OK);
    CHECK(adapter_open(&b, &t.net, t.model, 0, 0) == TACIT_OK);
    learn(&t, &a, 0);
    CHECK(recover_state_write(path, arguments, &at, &a) == TACIT_OK);
    CHECK(recover_state_read(path, others, &back, &b) == TACIT_ERR_ARGUMENT && back.step == 0);
    CHECK(recover_state_read(path, arguments, &back, &b) == TACIT_OK);
    CHECK(back.step == 7 && back.n_tokens == 700 && back.seconds == 1.5);
    CHECK(memcmp(a.x, b.x, a.n * sizeof *a.x) == 0 && memcmp(a.v, b.v, a.n * sizeof *a.v) == 0);
    CHECK(learn(&t, &a, 1) == learn(&t, &b, 1)); /* and so on alike */
    CHECK(learn(&t, &a, 2) == learn(&t, &b, 2));
    FILE *file = fopen(path, "r+b");
    CHECK(fseek(file, 5000, SEEK_SET) == 0 && fputc(255, file) == 255 && fputc(255, file) == 255);
    CHECK(fclose(file) == 0);
    CHECK(recover_state_read(path, arguments, &back, &b) == TACIT_ERR_CORRUPT);
    CHECK(truncate(path, 100) == 0);
    CHECK(recover_state_read(path, arguments, &back, &b) == TACIT_ERR_CORRUPT);
    CHECK(truncate(path, 20) == 0);
    CHECK(recover_state_read(path, arguments, &back, &b) == TACIT_ERR_CORRUPT);
    CHECK(remove(path) == 0);
    CHECK(recover_state_read(path, arguments, &back, &b) == TACIT_ERR_IO && errno == ENOENT);
    adapter_close(&a);
    adapter_close(&b);
    close_tiny(&t);
}

int main(void)
{
    test_what_stays(0);
    test_what_stays(4);
    test_lora_gradient();
    test_state();
    return check_result();
}
