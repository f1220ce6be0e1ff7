/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_keep.h"

/* Gate and up, which are stacked, keep the same neurons. */
static size_t old_neuron(const struct prune_keep *k, uint32_t layer, size_t index)
{
    size_t n = k->to.n_hidden;
    if (!k->neurons)
        return index;
    return index / n * k->from.n_hidden + k->neurons[layer * n + index % n];
}

/* Heads in the order of LM_QKV: those of queries, of keys, of values. */
static size_t old_head(const struct prune_keep *k, uint32_t layer, size_t head)
{
    const uint32_t *kept = k->heads + (size_t)layer * k->n_heads_kept;
    size_t n_together = k->to.n_heads / k->n_heads_kept;
    if (head < k->to.n_heads)
        return kept[head / n_together] * n_together + head % n_together;
    size_t of_kind = (head - k->to.n_heads) % k->to.n_kv_heads;
    size_t kind = (head - k->to.n_heads) / k->to.n_kv_heads;
    size_t old = k->from.n_kv_heads > 1 ? kept[of_kind] : of_kind;
    return k->from.n_heads + kind * k->from.n_kv_heads + old;
}

/* size: of a head. */
static size_t old_part(const struct prune_keep *k, uint32_t layer, size_t index, size_t size)
{
    return k->heads ? old_head(k, layer, index / size) * size + index % size : index;
}

size_t prune_keep_row(const struct prune_keep *keep, enum lm_tensor_id id, uint32_t layer,
                      size_t index)
{
    if (id == LM_UP)
        return old_neuron(keep, layer, index);
    return id == LM_QKV ? old_part(keep, layer, index, keep->from.head_dim) : index;
}

size_t prune_keep_column(const struct prune_keep *keep, enum lm_tensor_id id, uint32_t layer,
                         size_t index)
{
    size_t n_head = keep->from.head_dim;
    if (id == LM_DOWN || id == LM_UP_B)
        return old_neuron(keep, layer, index);
    if (id == LM_OUT || id == LM_QKV_B)
        return old_part(keep, layer, index, n_head);
    if (id == LM_Q_GAIN || id == LM_SINK_SCORE)
        return old_part(keep, layer, index, 1);
    if (!(keep->from.flags & LM_QK_NORM_ALL) || !keep->heads)
        return index;
    if (id == LM_Q_NORM)
        return old_part(keep, layer, index, n_head);
    if (id != LM_K_NORM)
        return index;
    return old_part(keep, layer, index + keep->to.n_heads * n_head, n_head) -
           keep->from.n_heads * n_head;
}
