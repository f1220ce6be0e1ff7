/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/adapter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/net/net_export.h"
#include "workshop/net/ops.h"
#include "workshop/net/random.h"
#include "workshop/shrink/few_group.h"

static const float LORA_GAIN = 2, CLIP = 1;

enum { SEED = 1, PRUNED_SHARE = 10 }; /* of a matrix: one weight in so many is zero */

static const struct tensor *tensor_of(const struct adapter *a, const struct net_param *p)
{
    return lm_tensor_at(a->model, lm_tensor_index(p->id, p->layer));
}

/* The row of the tensor at which the parameter begins. */
static size_t first_row(const struct adapter *a, const struct net_param *p)
{
    return (p->offset - net_at(a->net, p->id, p->layer)) / p->n_cols;
}

/* Whether the weights keep to the steps and minima that the model has for them. */
static bool has_few(const struct adapter *a, const struct net_param *p)
{
    return p->kind != NET_VECTOR && tensor_of(a, p)->kind != TENSOR_INT8;
}

static size_t size_of(const struct net_param *p)
{
    return p->n_rows * p->n_cols;
}

static bool has_lora(const struct adapter *a, const struct net_param *p)
{
    return a->rank > 0 && p->kind == NET_MATRIX;
}

/* Floats of x that belong to the parameter: with LoRA, A [rank][n_cols] and then B [n_rows][rank]. */
static size_t n_trained(const struct adapter *a, const struct net_param *p)
{
    if (a->rank == 0)
        return size_of(p);
    return has_lora(a, p) ? a->rank * (p->n_rows + p->n_cols) : 0;
}

static void count(struct adapter *a)
{
    a->n = a->n_more;
    for (size_t i = 0; i < a->net->n_table; i++) {
        a->n += n_trained(a, &a->net->table[i]);
        a->n_few += has_few(a, &a->net->table[i]);
    }
}

static enum tacit_status find_zeros(struct adapter *a)
{
    for (size_t i = 0; i < a->net->n_table; i++) {
        const struct net_param *p = &a->net->table[i];
        const size_t n = size_of(p);
        const float *w = a->weights + p->offset;
        size_t n_zeros = 0;
        for (size_t j = 0; j < n; j++)
            n_zeros += w[j] == 0;
        if (p->kind != NET_MATRIX || n_zeros * PRUNED_SHARE < n)
            continue;
        if (!a->keeps) {
            a->keeps = malloc(a->net->n_params);
            if (!a->keeps)
                return TACIT_ERR_MEMORY;
            memset(a->keeps, 1, a->net->n_params);
        }
        for (size_t j = 0; j < n; j++)
            a->keeps[p->offset + j] = w[j] != 0;
        a->n_masked++;
        a->n_zeros += n_zeros;
    }
    return TACIT_OK;
}

static void start(struct adapter *a)
{
    struct random random = {SEED};
    if (a->rank == 0 && a->x != a->weights)
        memcpy(a->x, a->weights, a->net->n_params * sizeof(float));
    for (size_t i = 0, at = 0; i < a->net->n_table; i++) {
        const struct net_param *p = &a->net->table[i];
        for (size_t j = 0; has_lora(a, p) && j < a->rank * p->n_cols; j++)
            a->x[at + j] = random_normal(&random) / sqrtf((float)p->n_cols);
        at += n_trained(a, p);
    }
}

static enum tacit_status take_memory(struct adapter *a)
{
    const bool is_apart = a->rank > 0 || a->n_few > 0;
    a->weights = memory_zeroed((a->net->n_params + a->n_more) * sizeof(float));
    a->x = is_apart ? memory_zeroed(a->n * sizeof(float)) : a->weights;
    a->grad = a->rank > 0 ? memory_zeroed(a->n * sizeof(float)) : NULL;
    a->m = memory_zeroed(a->n * sizeof(float));
    a->v = memory_zeroed(a->n * sizeof(float));
    if (!a->weights || !a->x || !a->m || !a->v || (a->rank > 0 && !a->grad))
        return TACIT_ERR_MEMORY;
    return optim_work_open(&a->optim, a->net, false);
}

enum tacit_status adapter_open(struct adapter *a, const struct net *net,
                               const struct lm_model *model, uint32_t rank, size_t n_more)
{
    *a = (struct adapter){.model = model, .net = net, .rank = rank, .n_more = n_more};
    count(a);
    enum tacit_status status = take_memory(a);
    if (status == TACIT_OK) {
        net_import(net, model, a->weights);
        status = find_zeros(a);
    }
    if (status != TACIT_OK) {
        adapter_close(a);
        return status;
    }
    start(a);
    return TACIT_OK;
}

void adapter_close(struct adapter *a)
{
    if (a->x != a->weights)
        free(a->x);
    free(a->weights);
    free(a->grad);
    free(a->m);
    free(a->v);
    free(a->keeps);
    optim_work_close(&a->optim);
    memset(a, 0, sizeof *a);
}

void adapter_start_anew(struct adapter *a, uint64_t seed)
{
    free(a->keeps);
    a->keeps = NULL;
    a->n_masked = a->n_zeros = 0;
    net_init_params(a->net, seed, a->x);
}

/* Rounds a row to the numbers of its groups. */
static void round_row(const struct tensor *tensor, size_t row, float *values)
{
    const struct few_form form = few_form_of(tensor->kind);
    for (size_t g = 0; g < tensor->n_columns / form.n; g++) {
        struct few_group group;
        few_load(tensor, row, g, form, &group);
        for (size_t i = 0; i < form.n; i++, values++)
            few_nearest(&group, form, *values, values);
    }
}

/* weights = the model's + LORA_GAIN B A; x: A, then B. */
static void add_lora(struct adapter *a, const struct net_param *p, const float *x)
{
    const size_t r = a->rank;
    float *w = a->weights + p->offset, *scaled = a->optim.u;
    for (size_t row = 0; row < p->n_rows; row++)
        tensor_row(tensor_of(a, p), first_row(a, p) + row, w + row * p->n_cols);
    for (size_t i = 0; i < p->n_rows * r; i++)
        scaled[i] = LORA_GAIN * x[r * p->n_cols + i];
    matmul_run(&a->optim.mm, matrix(w, p->n_rows, p->n_cols, p->n_cols), operand(scaled, r),
               operand(x, p->n_cols), r, true);
}

void adapter_apply(struct adapter *a)
{
    for (size_t i = 0, at = 0; i < a->net->n_table; i++) {
        const struct net_param *p = &a->net->table[i];
        float *w = a->weights + p->offset;
        const size_t n = n_trained(a, p);
        if (n == 0)
            continue;
        if (a->rank > 0)
            add_lora(a, p, a->x + at);
        else if (a->x != a->weights)
            memcpy(w, a->x + at, n * sizeof *w);
        for (size_t j = 0; a->keeps && j < size_of(p); j++)
            w[j] = a->keeps[p->offset + j] ? w[j] : 0;
        for (size_t row = 0; has_few(a, p) && row < p->n_rows; row++)
            round_row(tensor_of(a, p), first_row(a, p) + row, w + row * p->n_cols);
        at += n;
    }
    if (a->x != a->weights)
        memcpy(a->weights + a->net->n_params, adapter_more(a), a->n_more * sizeof(float));
}

/* From the gradient of the weights to that of A and B. */
static void lora_back(struct adapter *a, const struct net_param *p, size_t at, const float *dw)
{
    const size_t r = a->rank, n_cols = p->n_cols, n_rows = p->n_rows;
    const float *x = a->x + at, *b = x + r * n_cols;
    float *da = a->grad + at, *db = da + r * n_cols;
    matmul_run(&a->optim.mm, matrix(da, r, n_cols, n_cols), transposed(b, r), operand(dw, n_cols),
               n_rows, false);
    matmul_run(&a->optim.mm, matrix(db, n_rows, r, r), operand(dw, n_cols), transposed(x, n_cols),
               n_cols, false);
    for (size_t i = 0; i < r * (n_rows + n_cols); i++)
        da[i] *= LORA_GAIN;
}

double adapter_update(struct adapter *a, float *weight_grad, float learning_rate, uint64_t n_done)
{
    float *grad = a->rank > 0 ? a->grad : weight_grad;
    for (size_t i = 0; a->keeps && i < a->net->n_params; i++)
        weight_grad[i] = a->keeps[i] ? weight_grad[i] : 0;
    for (size_t i = 0, at = 0; i < a->net->n_table; i++) {
        const struct net_param *p = &a->net->table[i];
        if (has_lora(a, p))
            lora_back(a, p, at, weight_grad + p->offset);
        at += n_trained(a, p);
    }
    if (a->rank > 0)
        memcpy(grad + (a->n - a->n_more), weight_grad + a->net->n_params, a->n_more * sizeof *grad);
    double norm2 = 0;
    for (size_t i = 0; i < a->n; i++)
        norm2 += (double)grad[i] * (double)grad[i];
    const float norm = (float)sqrt(norm2);
    const struct net_param all = {.kind = NET_TABLE, .n_rows = 1, .n_cols = a->n};
    const struct optim_step step = {
        .lr_table = learning_rate, .clip_scale = norm > CLIP ? CLIP / norm : 1, .n_done = n_done};
    optim_update(&a->optim, &all, &step, a->x, grad, a->m, a->v);
    return (double)norm;
}

/* An lm_fill_fn: from `weights` to the numbers of a kind of few bits. */
static enum tacit_status fill_few(void *context, size_t index, const struct tensor *from,
                                  struct tensor *to)
{
    const struct adapter *a = context;
    const struct tensor *model = lm_tensor_at(a->model, index);
    const struct few_form form = few_form_of(to->kind);
    uint32_t layer;
    const enum lm_tensor_id id = lm_tensor_id_at(index, &layer);
    const float *w = a->weights + net_at(a->net, id, layer);
    (void)from;
    for (size_t row = 0; row < to->n_rows; row++)
        for (size_t g = 0; g < to->n_columns / form.n; g++) {
            struct few_group group;
            few_load(model, row, g, form, &group);
            for (size_t i = 0; i < form.n; i++, w++) {
                float value;
                group.n[i] = (uint8_t)few_nearest(&group, form, *w, &value);
            }
            few_store(to, row, g, form, &group);
        }
    return TACIT_OK;
}

enum tacit_status adapter_export(const struct adapter *a, struct lm_model **made)
{
    struct lm_model *plain;
    const size_t n = lm_n_tensors(&a->net->shape);
    *made = NULL;
    TRY(net_export(&plain, a->net, a->weights, a->model->tensors[LM_ROPE_DIVISORS].values));
    uint8_t *kinds = malloc(n);
    enum tacit_status status = kinds ? TACIT_OK : TACIT_ERR_MEMORY;
    for (size_t i = 0; kinds && i < n; i++)
        kinds[i] = (uint8_t)lm_tensor_at(a->model, i)->kind;
    if (status == TACIT_OK)
        status = lm_model_convert(made, plain, kinds, fill_few, (void *)(uintptr_t)a);
    free(kinds);
    lm_model_destroy(plain);
    return status;
}
