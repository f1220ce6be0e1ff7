/* SPDX-License-Identifier: Apache-2.0
 *
 * Where rows and columns of a model without some heads or neurons come from.
 */
#include "workshop/shrink/prune_keep.h"

#include "check.h"

enum { HEAD = 64 };

/* Query heads 0 and 2 of 3 stay, with one head of keys and values; in layer 1 heads 1 and 2. */
static void test_queries(void)
{
    uint32_t heads[] = {0, 2, 1, 2};
    struct prune_keep keep = {.heads = heads, .n_heads_kept = 2};
    keep.from = (struct lm_shape){.n_heads = 3, .n_kv_heads = 1, .head_dim = HEAD};
    keep.to = (struct lm_shape){.n_heads = 2, .n_kv_heads = 1, .head_dim = HEAD};
    const size_t from[2][4] = {{0, 2, 3, 4}, {1, 2, 3, 4}};
    for (uint32_t layer = 0; layer < 2; layer++)
        for (size_t i = 0; i < 4; i++) {
            size_t old = from[layer][i] * HEAD + 5;
            CHECK(prune_keep_row(&keep, LM_QKV, layer, i * HEAD + 5) == old);
            CHECK(prune_keep_column(&keep, LM_QKV_B, layer, i * HEAD + 5) == old);
        }
    CHECK(prune_keep_column(&keep, LM_OUT, 1, HEAD) == 2 * HEAD);
    CHECK(prune_keep_column(&keep, LM_SINK_SCORE, 0, 1) == 2);
    CHECK(prune_keep_column(&keep, LM_Q_GAIN, 1, 0) == 1);
    CHECK(prune_keep_column(&keep, LM_Q_NORM, 0, 63) == 63);
    CHECK(prune_keep_row(&keep, LM_OUT, 0, HEAD) == HEAD &&
          prune_keep_row(&keep, LM_UP, 0, 7) == 7);
}

/* Of three heads of keys and values with two queries each the second goes. */
static void test_groups(void)
{
    uint32_t heads[] = {0, 2};
    struct prune_keep keep = {.heads = heads, .n_heads_kept = 2};
    keep.from = (struct lm_shape){
        .n_heads = 6, .n_kv_heads = 3, .head_dim = HEAD, .flags = LM_QK_NORM | LM_QK_NORM_ALL};
    keep.to = keep.from;
    keep.to.n_heads = 4;
    keep.to.n_kv_heads = 2;
    const size_t from[] = {0, 1, 4, 5, 6, 8, 9, 11};
    for (size_t i = 0; i < 8; i++)
        CHECK(prune_keep_row(&keep, LM_QKV, 0, i * HEAD) == from[i] * HEAD);
    CHECK(prune_keep_column(&keep, LM_OUT, 0, 2 * HEAD + 1) == 4 * HEAD + 1);
    CHECK(prune_keep_column(&keep, LM_Q_NORM, 0, 3 * HEAD) == 5 * HEAD);
    CHECK(prune_keep_column(&keep, LM_K_NORM, 0, HEAD + 3) == 2 * HEAD + 3);
}

/* Gate and up lie one behind the other. */
static void test_neurons(void)
{
    uint32_t neurons[] = {1, 3};
    struct prune_keep keep = {.neurons = neurons};
    keep.from.n_hidden = 4;
    keep.to.n_hidden = 2;
    CHECK(prune_keep_row(&keep, LM_UP, 0, 1) == 3 && prune_keep_row(&keep, LM_UP, 0, 2) == 5);
    CHECK(prune_keep_column(&keep, LM_DOWN, 0, 0) == 1);
    CHECK(prune_keep_column(&keep, LM_OUT, 0, 77) == 77 &&
          prune_keep_row(&keep, LM_QKV, 0, 9) == 9);
}

int main(void)
{
    test_queries();
    test_groups();
    test_neurons();
    return check_result();
}
