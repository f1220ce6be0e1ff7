/* SPDX-License-Identifier: Apache-2.0 */
#include "model/head_balance.h"

#include <stdlib.h>

#include "base/try.h"
#include "engine/lm_identity.h"

enum { LOG2_MOST = 24 }; /* of a factor */

/* The numbers of a layer's queries, keys and values. */
struct heads {
    const struct lm_shape *shape;
    const float *gain; /* of what the matrix multiplies */
    struct tensor *matrix, *bias;
    float *row; /* room for a row */
};

/* The square of a number's typical size, if inputs have the size 1 before the gain. */
static float square_of(const struct heads *h, size_t row)
{
    float sum = h->bias->values[row] * h->bias->values[row];
    tensor_row(h->matrix, row, h->row);
    for (size_t i = 0; i < h->matrix->n_columns; i++) {
        float x = h->row[i] * h->gain[i];
        sum += x * x;
    }
    return sum;
}

static void scale_row(const struct heads *h, size_t row, float factor)
{
    int8_t q[LM_GROUP];
    for (size_t g = 0; g < h->matrix->n_columns / LM_GROUP; g++) {
        float scale = tensor_get_group(h->matrix, row, g, q);
        tensor_set_group(h->matrix, row, g, q, scale * factor);
    }
    h->bias->values[row] *= factor;
}

/* The power of two nearest to the fourth root of x, in logarithm. */
static float fourth_root(float x)
{
    float root = 1.0f;
    for (int i = 0; i < LOG2_MOST && x > 4.0f; i++) {
        root *= 2.0f;
        x *= 0.0625f;
    }
    for (int i = 0; i < LOG2_MOST && x < 0.25f; i++) {
        root *= 0.5f;
        x *= 16.0f;
    }
    return root;
}

/* Numbers `at` and at + distance of a head of keys and of its queries; rotation turns them together. */
static void balance_pair(const struct heads *h, size_t kv_head, size_t at, size_t distance)
{
    const struct lm_shape *s = h->shape;
    size_t n = s->n_heads / s->n_kv_heads, query = kv_head * n * s->head_dim + at;
    size_t key = (s->n_heads + kv_head) * s->head_dim + at, n_numbers = distance ? 2 : 1;
    float of_key = 0.0f, of_queries = 0.0f;
    for (size_t j = 0; j < n_numbers; j++) {
        of_key += square_of(h, key + j * distance);
        for (size_t i = 0; i < n; i++)
            of_queries += square_of(h, query + i * s->head_dim + j * distance);
    }
    of_queries /= (float)n;
    if (!(of_key > 0.0f && of_queries > 0.0f))
        return;
    float factor = fourth_root(of_key / of_queries);
    for (size_t j = 0; j < n_numbers; j++) {
        scale_row(h, key + j * distance, 1.0f / factor);
        for (size_t i = 0; i < n; i++)
            scale_row(h, query + i * s->head_dim + j * distance, factor);
    }
}

static void balance_layer(const struct heads *h)
{
    const struct lm_shape *s = h->shape;
    size_t n_pairs = s->rope_dims / 2;
    for (size_t head = 0; head < s->n_kv_heads; head++) {
        for (size_t i = 0; i < n_pairs; i++)
            balance_pair(h, head, i, n_pairs);
        for (size_t i = 2 * n_pairs; i < s->head_dim; i++)
            balance_pair(h, head, i, 0);
    }
}

bool head_balance_applies(const struct lm_shape *shape)
{
    return (shape->flags & LM_QKV_BIAS) && !(shape->flags & (LM_QK_NORM | LM_NO_PRE_NORMS));
}

enum tacit_status head_balance(struct lm_model *model)
{
    if (!head_balance_applies(&model->shape))
        return TACIT_OK;
    float *row = malloc(model->shape.width * sizeof *row);
    if (!row)
        return TACIT_ERR_MEMORY;
    for (uint32_t layer = 0; layer < model->shape.n_layers; layer++) {
        struct tensor *t = model->layers[layer].tensors;
        struct heads heads = {&model->shape, t[LM_ATTN_NORM].values, &t[LM_QKV], &t[LM_QKV_B], row};
        balance_layer(&heads);
    }
    free(row);
    lm_identity(model, model->identity);
    return TACIT_OK;
}
