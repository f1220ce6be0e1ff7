/* SPDX-License-Identifier: Apache-2.0
 *
 * Logits in the order of places give the same predictions of every decision, bit for bit, as those in the order of tokens,
 * also while biases are learnt; and the rows of a matrix that is put into that order are those of the items.
 */
#include "engine/token_distribution.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"

enum { N_TOKENS = 300, N_ROUNDS = 400, N_COLUMNS = 128, UNPLACED = 17 };

static uint32_t next_random(uint32_t *state)
{
    return *state = *state * 1664525u + 1013904223u;
}

/* Items of one to three bytes that differ; each UNPLACED-th and the last have none. */
static struct byte_trie *make_trie(uint32_t n_beyond)
{
    static uint8_t bytes[N_TOKENS + 1][3];
    struct byte_view views[N_TOKENS + 1];
    struct byte_trie *trie;
    for (uint32_t i = 0; i < N_TOKENS + n_beyond; i++) {
        uint8_t at[3] = {(uint8_t)(i * 7), (uint8_t)(i >> 3), (uint8_t)(i % 5)};
        bool placed = i % UNPLACED != 0 && i != N_TOKENS - 1;
        memcpy(bytes[i], at, sizeof at);
        views[i] = (struct byte_view){bytes[i], placed ? 1 + (i >= 256 ? 2 : i % 3) : 0};
    }
    CHECK(byte_trie_create(&trie, views, N_TOKENS + n_beyond) == TACIT_OK);
    return trie;
}

static struct token_distribution make_distribution(const struct byte_trie *trie)
{
    struct token_distribution d;
    struct arena arena = {0};
    token_distribution_lay_out(&d, &arena, trie, N_TOKENS, true);
    arena = (struct arena){aligned_alloc(ARENA_ALIGN, arena.used), arena.used, 0};
    token_distribution_lay_out(&d, &arena, trie, N_TOKENS, true);
    return d;
}

/* Tokens by place, then those without one. */
static void list_order(const struct byte_trie *trie, uint32_t *order)
{
    size_t n = trie->n_places;
    memcpy(order, trie->items, n * sizeof *order);
    for (uint32_t i = 0; i < N_TOKENS; i++)
        if (trie->places[i] == BYTE_TRIE_NONE)
            order[n++] = i;
    CHECK(n == N_TOKENS && order[N_TOKENS - 1] == N_TOKENS - 1);
}

static void compare_walk(const struct token_distribution *a, const struct token_distribution *b,
                         uint32_t place)
{
    const struct byte_trie *trie = a->trie;
    struct byte_trie_walk walk = byte_trie_start(trie);
    unsigned bit;
    do {
        bit = byte_trie_forced(trie, &walk);
        if (byte_trie_is_open(trie, &walk)) {
            float x = token_distribution_stretch(a, &walk);
            float y = token_distribution_stretch(b, &walk);
            CHECK(memcmp(&x, &y, sizeof x) == 0);
            bit = place >= walk.split;
        }
    } while (byte_trie_take(trie, &walk, bit));
    CHECK(walk.low == place);
}

static void test_predictions(const struct byte_trie *trie, const struct kernels *kernels)
{
    static _Alignas(64) float logits[N_TOKENS + 20], by_place[N_TOKENS + 20];
    struct token_distribution a = make_distribution(trie), b = make_distribution(trie);
    uint32_t order[N_TOKENS], state = 1;
    list_order(trie, order);
    token_distribution_go_by_place(&b);
    for (int round = 0; round < N_ROUNDS; round++) {
        for (uint32_t i = 0; i < N_TOKENS; i++)
            logits[i] = (float)(next_random(&state) >> 16) * 0.0004f;
        for (uint32_t i = 0; i < N_TOKENS; i++)
            by_place[i] = logits[order[i]];
        token_distribution_set(&a, kernels, logits);
        token_distribution_set(&b, kernels, by_place);
        CHECK(a.sum[trie->n_places] == b.sum[trie->n_places]);
        uint32_t place = next_random(&state) % trie->n_places;
        CHECK(a.mass[a.at[place]] == b.mass[b.at[place]]);
        compare_walk(&a, &b, place);
        token_distribution_learn(&a, kernels, place);
        token_distribution_learn(&b, kernels, place);
    }
    free(a.at); /* the first of its arena */
    free(b.at);
}

static struct tensor make_matrix(void)
{
    struct tensor tensor;
    struct arena arena = {0};
    tensor_lay_out(&tensor, TENSOR_INT8, N_TOKENS, N_COLUMNS, &arena);
    arena = (struct arena){aligned_alloc(ARENA_ALIGN, arena.used), arena.used, 0};
    memset(arena.memory, 0, arena.cap);
    tensor_lay_out(&tensor, TENSOR_INT8, N_TOKENS, N_COLUMNS, &arena);
    return tensor;
}

static void test_rows(const struct byte_trie *trie)
{
    struct tensor from = make_matrix(), to = make_matrix();
    uint32_t order[N_TOKENS];
    int8_t q[LM_GROUP], other[LM_GROUP];
    list_order(trie, order);
    for (size_t row = 0; row < N_TOKENS; row++)
        for (size_t g = 0; g < N_COLUMNS / LM_GROUP; g++) {
            for (size_t i = 0; i < LM_GROUP; i++)
                q[i] = (int8_t)((row * 31 + g * 7 + i * i) % 255 - 127);
            tensor_set_group(&from, row, g, q, (float)(row + g + 1));
        }
    token_distribution_order_rows(&to, &from, trie);
    for (size_t row = 0; row < N_TOKENS; row++)
        for (size_t g = 0; g < N_COLUMNS / LM_GROUP; g++) {
            CHECK(tensor_get_group(&to, row, g, q) ==
                  tensor_get_group(&from, order[row], g, other));
            CHECK(memcmp(q, other, sizeof q) == 0);
        }
    free(from.weights);
    free(to.weights);
}

int main(void)
{
    struct byte_trie *trie = make_trie(0), *beyond = make_trie(1);
    struct kernels kernels;
    kernels_select(&kernels, cpu_features());
    CHECK(token_distribution_may_be_by_place(trie, N_TOKENS));
    CHECK(!token_distribution_may_be_by_place(trie, N_TOKENS - 1)); /* the last has a place */
    CHECK(!token_distribution_may_be_by_place(beyond, N_TOKENS));
    test_predictions(trie, &kernels);
    test_rows(trie);
    byte_trie_destroy(trie);
    byte_trie_destroy(beyond);
    return check_result();
}
