/* SPDX-License-Identifier: Apache-2.0
 *
 * Balanced heads: each product of a query's number with a key's stays exactly what it was, keys and
 * queries come to be of like sizes, and models without biases stay as they are.
 */
#include "check.h"

#include "model/head_balance.h"
#include "tiny_model.h"

#include <string.h>

enum { LOUD = 5 }; /* the number of a head that the bias makes large */

static const struct lm_shape shapes[] = {
#define TINY_SHAPE(name, ...) {__VA_ARGS__},
    TINY_MODELS(TINY_SHAPE)};

static struct lm_shape biased_shape(void)
{
    struct lm_shape shape = shapes[0];
    shape.flags |= LM_QKV_BIAS;
    return shape;
}

static enum tacit_status loud_row(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                  float *dst)
{
    struct tiny_random *r = context;
    const struct lm_shape *s = &r->shape;
    enum tacit_status status = tiny_row(context, id, layer, row, dst);
    for (size_t i = 0; id == LM_QKV_B && i < lm_qkv_rows(s); i++) {
        bool is_key = i / s->head_dim >= s->n_heads && i / s->head_dim < s->n_heads + s->n_kv_heads;
        dst[i] = is_key && i % s->head_dim == LOUD ? 100.0f : 0.1f;
    }
    return status;
}

static struct lm_model *loud_model(const struct lm_shape *shape)
{
    struct tiny_random random = {.shape = *shape};
    struct lm_model *model;
    CHECK(lm_model_build(&model, shape, loud_row, &random) == TACIT_OK);
    return model;
}

static float bias_of(const struct lm_model *model, size_t layer, size_t row)
{
    return model->layers[layer].tensors[LM_QKV_B].values[row];
}

/* Scale of the row's first group. */
static float scale_of(const struct lm_model *model, size_t layer, size_t row)
{
    int8_t q[LM_GROUP];
    return tensor_get_group(&model->layers[layer].tensors[LM_QKV], row, 0, q);
}

static void check_products(const struct lm_model *before, const struct lm_model *after)
{
    const struct lm_shape *s = &before->shape;
    size_t n = s->n_heads / s->n_kv_heads;
    for (size_t layer = 0; layer < s->n_layers; layer++)
        for (size_t i = 0; i < (size_t)s->n_heads * s->head_dim; i++) {
            size_t key = (s->n_heads + i / s->head_dim / n) * s->head_dim + i % s->head_dim;
            CHECK(bias_of(after, layer, i) * bias_of(after, layer, key) ==
                  bias_of(before, layer, i) * bias_of(before, layer, key));
            CHECK(scale_of(after, layer, i) * scale_of(after, layer, key) ==
                  scale_of(before, layer, i) * scale_of(before, layer, key));
        }
}

static void test_balances(void)
{
    struct lm_shape shape = biased_shape();
    struct lm_model *before = loud_model(&shape), *after = loud_model(&shape);
    CHECK(head_balance(after) == TACIT_OK);
    check_products(before, after);
    size_t key = (size_t)shape.n_heads * shape.head_dim + LOUD;
    CHECK(bias_of(before, 0, key) == 100.0f);
    CHECK(bias_of(after, 0, key) < 25.0f);
    CHECK(bias_of(after, 0, key + 1) > 0.04f); /* the others keep their size */
    CHECK(memcmp(before->identity, after->identity, sizeof before->identity) != 0);
    lm_model_destroy(before);
    lm_model_destroy(after);
}

static void test_leaves(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (head_balance_applies(&shapes[i]))
            continue;
        struct lm_model *model, *same;
        CHECK(tiny_model(&model, &shapes[i]) == TACIT_OK);
        CHECK(tiny_model(&same, &shapes[i]) == TACIT_OK);
        CHECK(head_balance(model) == TACIT_OK);
        CHECK(memcmp(model->identity, same->identity, sizeof same->identity) == 0);
        lm_model_destroy(model);
        lm_model_destroy(same);
    }
    CHECK(!head_balance_applies(&shapes[3])); /* the norm would undo it */
    CHECK(head_balance_applies(&shapes[2]));
}

int main(void)
{
    test_balances();
    test_leaves();
    return check_result();
}
