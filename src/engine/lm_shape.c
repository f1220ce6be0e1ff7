/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_shape.h"

#include <assert.h>

#include "kernels/lm_kernels.h"

static_assert((int)LM_UNIT == (int)LM_GROUP, "a group is the unit of every width");

bool lm_shape_is_extended(const struct lm_shape *s)
{
#define IS_SET(name, smallest, largest) || s->name != 0
    return false LM_SHAPE_MORE_SIZES(IS_SET) LM_SHAPE_MORE_FLOATS(IS_SET);
#undef IS_SET
}

/* Checks that every field is in its range, and that later fields are 0 unless LM_EXTENDED is
 * set. */
static bool fields_are_in_range(const struct lm_shape *s)
{
#define IN_RANGE(name, smallest, largest) ok = ok && s->name - (smallest) <= (largest) - (smallest);
    bool ok = true;
    LM_SHAPE_SIZES(IN_RANGE)
    LM_SHAPE_MORE_SIZES(IN_RANGE)
#undef IN_RANGE
#define IN_RANGE(name, smallest, largest) ok = ok && s->name >= (smallest) && s->name <= (largest);
    LM_SHAPE_FLOATS(IN_RANGE)
    LM_SHAPE_MORE_FLOATS(IN_RANGE)
#undef IN_RANGE
    return ok && lm_shape_is_extended(s) == ((s->flags & LM_EXTENDED) != 0);
}

/* Checks the windows of all layers, or of some. */
static bool windows_fit(const struct lm_shape *s)
{
    if (s->period)
        return s->window > 0 && s->window_long == 0;
    return (s->window == 0) == (s->window_long == 0);
}

enum tacit_status lm_shape_check(const struct lm_shape *s)
{
    bool ok = fields_are_in_range(s);
    ok = ok && s->width % LM_GROUP == 0 && s->head_dim % LM_GROUP == 0 &&
         s->n_hidden % LM_GROUP == 0 && s->n_heads % s->n_kv_heads == 0 && s->rope_dims % 2 == 0 &&
         s->rope_dims <= s->head_dim && windows_fit(s) && s->hash_size % LM_GROUP == 0;
    if (s->local_rope_base != 0.0f)
        ok = ok && s->local_rope_base >= 2.0f && s->window > 0;
    if (s->flags & (LM_POST_NORMS | LM_NO_PRE_NORMS | LM_QK_NORM_ALL))
        ok = ok && s->norm == LM_NORM_RMS;
    if (s->flags & LM_QK_NORM_ALL)
        ok = ok && (s->flags & LM_QK_NORM);
    if (s->flags & LM_ROPE_SCALED)
        ok = ok && s->rope_dims > 0;
    if (s->flags & LM_WITH_HASHES)
        ok = ok && s->n_hash_rows > 0 && s->hash_size > 0 && s->norm == LM_NORM_RMS;
    return ok ? TACIT_OK : TACIT_ERR_UNSUPPORTED;
}

struct lm_tensor_size lm_tensor_size(const struct lm_shape *s, enum lm_tensor_id id)
{
    switch (id) {
#define LM_CASE(name, rows, columns, present)                                                      \
    case name:                                                                                     \
        return (present) ? (struct lm_tensor_size){rows, columns} : (struct lm_tensor_size){0, 0};
        LM_LAYER_TENSORS(LM_CASE)
        LM_GLOBAL_TENSORS(LM_CASE)
#undef LM_CASE
    default:
        return (struct lm_tensor_size){0, 0};
    }
}

size_t lm_shape_widest(const struct lm_shape *shape)
{
    size_t widest = 0;
    for (int id = 0; id < LM_N_TENSORS; id++) {
        size_t n = lm_tensor_size(shape, (enum lm_tensor_id)id).n_columns;
        widest = n > widest ? n : widest;
    }
    return widest;
}

uint64_t lm_shape_products(const struct lm_shape *s)
{
    uint64_t n = (uint64_t)s->n_vocab * s->width;
    for (int id = 0; id < LM_N_LAYER_TENSORS; id++) {
        struct lm_tensor_size size = lm_tensor_size(s, (enum lm_tensor_id)id);
        n += (uint64_t)s->n_layers * size.n_rows * size.n_columns;
    }
    return n;
}
