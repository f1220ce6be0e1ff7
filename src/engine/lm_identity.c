/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lm_identity.h"

#include "base/bytes.h"
#include "base/sha256.h"
#include "base/strict_math.h"

static void hash_u32(struct sha256 *sha, uint32_t value)
{
    uint8_t bytes[4];
    store_le32(bytes, value);
    sha256_update(sha, bytes, sizeof bytes);
}

static void hash_tensor(struct sha256 *sha, const struct tensor *tensor, bool with_kind)
{
    if (with_kind)
        hash_u32(sha, (uint32_t)tensor->kind);
    for (size_t i = 0; tensor->n_rows == 0 && i < tensor->n_columns; i++)
        hash_u32(sha, strict_to_bits(tensor->values[i]));
    for (size_t row = 0; row < tensor->n_rows; row++)
        tensor_hash_row(tensor, row, sha);
}

void lm_identity(const struct lm_model *model, uint8_t identity[LM_IDENTITY_BYTES])
{
    static const char title[] = "tacit language model 1\n",
                      title_with_kinds[] = "tacit language model 2\n";
    struct sha256 sha;
    sha256_init(&sha);
    sha256_update(&sha, model->kinds ? title_with_kinds : title, sizeof title - 1);
#define HASH_SIZE(name, smallest, largest) hash_u32(&sha, model->shape.name);
    LM_SHAPE_SIZES(HASH_SIZE)
#define HASH_FLOAT(name, smallest, largest) hash_u32(&sha, strict_to_bits(model->shape.name));
    LM_SHAPE_FLOATS(HASH_FLOAT)
    if (model->shape.flags & LM_EXTENDED) {
        LM_SHAPE_MORE_SIZES(HASH_SIZE)
        LM_SHAPE_MORE_FLOATS(HASH_FLOAT)
    }
#undef HASH_SIZE
#undef HASH_FLOAT
    for (size_t i = 0; i < lm_n_tensors(&model->shape); i++)
        hash_tensor(&sha, lm_tensor_at(model, i), model->kinds != NULL);
    sha256_final(&sha, identity);
}
