/* SPDX-License-Identifier: Apache-2.0
 *
 * Caches of every kind against attention in floats: scores, weighted means, sinks, slots that are
 * overwritten, keys that are replaced alone. The kinds round, so that the results agree to a few
 * per cent of the largest value only; that they are the same bits everywhere is test_lm.c's part. Rows that look together
 * get what each gets alone.
 */
#include "engine/kv_cache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "check.h"

enum { HEAD_DIM = 128, SLOTS = 128, QUERIES = 3 };

struct plain {
    float keys[SLOTS][HEAD_DIM], values[SLOTS][HEAD_DIM];
};

static uint32_t rng_state = 1;

static float random_value(void)
{
    rng_state = rng_state * 1664525u + 1013904223u;
    return (float)(int32_t)rng_state * (1.0f / 2147483648.0f);
}

static void store(const struct kv_use *use, struct plain *plain, size_t slot, bool with_value)
{
    _Alignas(64) float key[HEAD_DIM], value[HEAD_DIM];
    for (size_t i = 0; i < HEAD_DIM; i++) {
        key[i] = random_value();
        value[i] = random_value() * (slot % 2 ? 4.0f : 1.0f);
    }
    kv_cache_store(use, slot, key, with_value ? value : NULL);
    memcpy(plain->keys[slot], key, sizeof key);
    if (with_value)
        memcpy(plain->values[slot], value, sizeof value);
}

static double score(const float *query, const float *key)
{
    double sum = 0;
    for (size_t i = 0; i < HEAD_DIM; i++)
        sum += (double)query[i] * (double)key[i];
    return sum;
}

static void check(const struct kv_use *use, const struct plain *plain, size_t n_valid, float sink)
{
    _Alignas(64) float queries[QUERIES][HEAD_DIM], out[QUERIES][HEAD_DIM];
    float sinks[QUERIES] = {sink, sink, sink};
    for (size_t i = 0; i < QUERIES * HEAD_DIM; i++)
        queries[i / HEAD_DIM][i % HEAD_DIM] = random_value() * 0.5f;
    kv_cache_score(use, queries[0], 0, n_valid);
    kv_cache_weigh(use, out[0], sinks, n_valid);
    for (size_t m = 0; m < QUERIES; m++) {
        double mean[HEAD_DIM] = {0}, total = exp((double)sink), worst = 0;
        for (size_t slot = 0; slot < n_valid; slot++) {
            double want = score(queries[m], plain->keys[slot]);
            double got = (double)use->scratch->score[m * SLOTS + slot];
            CHECK_MSG(fabs(got - want) < 0.08, "slot %zu: %f, not %f", slot, got, want);
            total += exp(want);
            for (size_t i = 0; i < HEAD_DIM; i++)
                mean[i] += exp(want) * (double)plain->values[slot][i];
        }
        for (size_t i = 0; i < HEAD_DIM; i++)
            worst = fmax(worst, fabs(mean[i] / total - (double)out[m][i]));
        CHECK_MSG(worst < 0.1, "%zu slots, sink %f: off by %f", n_valid, (double)sink, worst);
    }
}

/* Rows that look together get, to the bit, what each gets alone. All of the slots are stored. */
static void check_rows(struct kv_use *use, size_t n_valid)
{
    enum { ROWS = KV_QUERIES / QUERIES, ROW = QUERIES * HEAD_DIM, STEP = ROW + 64 };
    static _Alignas(64) float queries[ROWS * STEP], together[ROWS * ROW], alone[ROW];
    float sinks[QUERIES] = {-LM_SCORE_MAX, 0.5f, 2.0f};
    for (size_t i = 0; i < ROWS * STEP; i++)
        queries[i] = random_value();
    use->position = n_valid - 1;
    use->n_rows = kv_cache_rows(use, SLOTS);
    CHECK_MSG(use->n_rows == (SLOTS + 1 - n_valid < ROWS ? SLOTS + 1 - n_valid : ROWS),
              "%zu slots, %zu rows", n_valid, use->n_rows);
    kv_cache_score(use, queries, STEP, n_valid);
    kv_cache_weigh(use, together, sinks, n_valid);
    for (size_t r = 0, n = use->n_rows; r < n; r++) {
        use->n_rows = 1;
        kv_cache_score(use, queries + r * STEP, STEP, n_valid + r);
        kv_cache_weigh(use, alone, sinks, n_valid + r);
        CHECK_MSG(memcmp(alone, together + r * ROW, sizeof alone) == 0, "%zu slots, row %zu",
                  n_valid, r);
    }
}

static void check_kind(enum kv_kind kind)
{
    static struct plain plain;
    struct kernels kernels;
    struct kv_scratch scratch;
    struct kv_use use = {
        .kernels = &kernels, .scratch = &scratch, .n_queries = QUERIES, .n_rows = 1};
    struct arena sizes = {0};
    kernels_select(&kernels, cpu_features());
    kv_cache_lay_out(&use.cache, kind, HEAD_DIM, SLOTS, &sizes);
    kv_scratch_lay_out(&scratch, kind, QUERIES, HEAD_DIM, SLOTS, &sizes);
    uint8_t *memory = aligned_alloc(ARENA_ALIGN, sizes.used);
    memset(memory, 0, sizes.used);
    struct arena arena = {memory, sizes.used, 0};
    kv_cache_lay_out(&use.cache, kind, HEAD_DIM, SLOTS, &arena);
    kv_scratch_lay_out(&scratch, kind, QUERIES, HEAD_DIM, SLOTS, &arena);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        store(&use, &plain, slot, true);
        if (slot % 9 == 0 || slot > 120)
            check(&use, &plain, slot + 1, -1e30f);
    }
    use.n_kept = SLOTS;
    for (size_t n_valid = 1; n_valid <= SLOTS; n_valid++)
        check_rows(&use, n_valid);
    store(&use, &plain, 5, true);
    store(&use, &plain, 0, false);
    check(&use, &plain, SLOTS, -1e30f);
    check(&use, &plain, SLOTS, 4.0f);
    free(memory);
}

int main(void)
{
    check_kind(KV_INT8);
    return check_result();
}
