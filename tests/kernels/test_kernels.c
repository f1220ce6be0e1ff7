/* SPDX-License-Identifier: Apache-2.0
 *
 * Every variant of every kernel that this machine can run against the plain-C definition, bit for
 * bit: random and extreme values, every length that the contract allows up to 704, buffers that end
 * at an unmapped page.
 *
 * check_NAME(reference, variant, label) for each row of MIX_KERNEL_TABLE; a row without one does
 * not compile.
 */
#define _DEFAULT_SOURCE /* for buffers.h */
#include "kernels/kernels.h"

#include <string.h>

#include "check.h"
#include "kernels/buffers.h"
#include "kernels/variants.h"

enum { N_MAX = 704, SETS_MAX = 9 };

struct mix_case {
    float *x, *weights[SETS_MAX], *expected[SETS_MAX], out[SETS_MAX], out_expected[SETS_MAX];
    float step[SETS_MAX];
};

static void make_mix_case(struct mix_case *c, size_t n, unsigned kind)
{
    c->x = (float *)flush_buffer(N_MAX * sizeof(float)) + (N_MAX - n);
    fill_floats(c->x, n, kind);
    fill_floats(c->step, SETS_MAX, kind & 1);
    for (unsigned k = 0; k < SETS_MAX; k++) {
        c->weights[k] = (float *)flush_buffer(N_MAX * sizeof(float)) + (N_MAX - n);
        c->expected[k] = (float *)flush_buffer(N_MAX * sizeof(float)) + (N_MAX - n);
        fill_floats(c->weights[k], n, kind == 2 ? 0 : kind);
        memcpy(c->expected[k], c->weights[k], n * sizeof(float));
    }
}

static void free_mix_case(struct mix_case *c, size_t n)
{
    free_flush(c->x - (N_MAX - n), N_MAX * sizeof(float));
    for (unsigned k = 0; k < SETS_MAX; k++) {
        free_flush(c->weights[k] - (N_MAX - n), N_MAX * sizeof(float));
        free_flush(c->expected[k] - (N_MAX - n), N_MAX * sizeof(float));
    }
}

static void check_mix_dots(const struct kernels *reference, const struct kernels *variant,
                           const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct mix_case c;
            make_mix_case(&c, n, kind);
            size_t n_sets = 1 + n / KERNEL_LANES % SETS_MAX;
            reference->mix_dots(c.out_expected, c.x, n, c.weights, n_sets);
            variant->mix_dots(c.out, c.x, n, c.weights, n_sets);
            CHECK_MSG(memcmp(c.out, c.out_expected, n_sets * sizeof(float)) == 0,
                      "%s: n %zu, kind %u", label, n, kind);
            free_mix_case(&c, n);
        }
}

static void check_mix_layer(const struct kernels *reference, const struct kernels *variant,
                            const char *label)
{
    enum { OUT = 2 * KERNEL_LANES };
    float *out = flush_buffer(4 * OUT * sizeof(float));
    _Alignas(64) float final[OUT];
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct mix_case c;
            make_mix_case(&c, n, kind);
            size_t n_sets = 1 + n / KERNEL_LANES % (SETS_MAX + 8);
            float *sets[SETS_MAX + 8];
            for (size_t k = 0; k < n_sets; k++)
                sets[k] = c.weights[k % SETS_MAX];
            memset(out, 0xff, 4 * OUT * sizeof(float));
            size_t n_out = (n_sets + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
            float *want = out + 2 * OUT, *at = out + 4 * OUT - 2 * n_out;
            fill_floats(final, n_out, kind);
            float mixed =
                reference->mix_layer(want - n_out, want, c.x, n, sets, n_sets, 15.0f, final);
            memcpy(out, want - n_out, n_out * sizeof(float));
            memcpy(out + n_out, want, n_out * sizeof(float));
            float same = variant->mix_layer(at, at + n_out, c.x, n, sets, n_sets, 15.0f, final);
            CHECK_MSG(memcmp(at, out, 2 * n_out * sizeof(float)) == 0 &&
                          memcmp(&same, &mixed, sizeof same) == 0,
                      "%s: n %zu, kind %u", label, n, kind);
            free_mix_case(&c, n);
        }
    free_flush(out, 4 * OUT * sizeof(float));
}

static void check_mix_sum(const struct kernels *reference, const struct kernels *variant,
                          const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct mix_case c;
            make_mix_case(&c, n, kind);
            size_t n_sets = 1 + n / KERNEL_LANES % SETS_MAX;
            float want = reference->mix_sum(c.x, n, c.weights, n_sets);
            float is = variant->mix_sum(c.x, n, c.weights, n_sets);
            CHECK_MSG(memcmp(&is, &want, sizeof is) == 0, "%s: n %zu, kind %u", label, n, kind);
            free_mix_case(&c, n);
        }
}

static void check_mix_train(const struct kernels *reference, const struct kernels *variant,
                            const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct mix_case c;
            make_mix_case(&c, n, kind);
            size_t n_sets = 1 + n / KERNEL_LANES % SETS_MAX;
            reference->mix_train(c.expected, n_sets, c.step, c.x, n);
            variant->mix_train(c.weights, n_sets, c.step, c.x, n);
            for (unsigned k = 0; k < SETS_MAX; k++)
                CHECK_MSG(memcmp(c.weights[k], c.expected[k], n * sizeof(float)) == 0,
                          "%s: n %zu, kind %u, set %u", label, n, kind, k);
            free_mix_case(&c, n);
        }
}

static void check_squash(const struct kernels *reference, const struct kernels *variant,
                         const char *label)
{
    float *x = flush_buffer(N_MAX * sizeof(float)), *p = flush_buffer(N_MAX * sizeof(float));
    float *expected = flush_buffer(N_MAX * sizeof(float));
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 4; kind++) {
            float *at = x + (N_MAX - n), *to = p + (N_MAX - n), *want = expected + (N_MAX - n);
            fill_floats(at, n, kind);
            reference->squash(want, at, n);
            variant->squash(to, at, n);
            CHECK_MSG(memcmp(to, want, n * sizeof(float)) == 0, "%s: n %zu, kind %u", label, n,
                      kind);
        }
    free_flush(x, N_MAX * sizeof(float));
    free_flush(p, N_MAX * sizeof(float));
    free_flush(expected, N_MAX * sizeof(float));
}

/* Every count with the least P(1), the largest and a random one, and both bits. */
static void check_adaptive_learn(const struct kernels *reference, const struct kernels *variant,
                                 const char *label)
{
    enum { N = ADAPTIVE_LIMIT_MAX + 1, N_BYTES = N * sizeof(uint32_t) };
    static const uint32_t limits[] = {0, 255, 1023};
    uint16_t reciprocal[N];
    uint32_t *words = flush_buffer(N_BYTES), *want = flush_buffer(N_BYTES);
    for (uint32_t i = 0; i < N; i++)
        reciprocal[i] = (uint16_t)(131072 / (2 * i + 3));
    for (unsigned round = 0; round < 100; round++) {
        uint32_t limit = limits[round / 2 % 3];
        size_t n = round < 6 ? N : round * KERNEL_LANES % N;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t p[] = {0, 0xfffffc00u, rng() & 0xfffffc00u};
            words[N - n + i] = want[N - n + i] = p[round % 7 % 3] | i % (limit + 1);
        }
        reference->adaptive_learn(want + (N - n), n, round & 1, limit, reciprocal);
        variant->adaptive_learn(words + (N - n), n, round & 1, limit, reciprocal);
        CHECK_MSG(memcmp(words, want, N_BYTES) == 0, "%s: n %zu, limit %u", label, n,
                  (unsigned)limit);
    }
    free_flush(words, N_BYTES);
    free_flush(want, N_BYTES);
}

static void check_all(const struct kernels *reference, const struct kernels *variant,
                      const char *label)
{
    MIX_KERNEL_TABLE(CHECK_ROW)
}

int main(void)
{
    check_variants(check_all);
    return check_result();
}
