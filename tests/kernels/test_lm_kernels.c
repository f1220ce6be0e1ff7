/* SPDX-License-Identifier: Apache-2.0
 *
 * Every variant of the language model's kernels against the plain-C definition, bit for bit, as
 * test_kernels.c does for the others: check_NAME for each row of LM_KERNEL_TABLE.
 */
#define _DEFAULT_SOURCE /* for buffers.h */
#include "kernels/kernels.h"

#include <string.h>

#include "check.h"
#include "kernels/buffers.h"
#include "kernels/variants.h"

enum { GROUPS_MAX = 11, N_MAX = GROUPS_MAX * LM_GROUP, ROWS_MAX = 128, BLOCKS_MAX = 5 };

/* Floats as fill_floats, kind 4 with infinities and NaNs here and there. */
static void fill_any(float *x, size_t n, unsigned kind)
{
    fill_floats(x, n, kind % 4);
    for (size_t i = 0; kind == 4 && i < n; i++)
        if (rng() % 50 == 0)
            x[i] = rng() & 1 ? (float)(0.0 / 0.0) : (float)(1.0 / 0.0);
}

struct quantized {
    int8_t *q;
    float scale[GROUPS_MAX];
    int32_t sum[GROUPS_MAX];
};

static bool same_quantized(const struct quantized *a, const struct quantized *b, size_t n_groups)
{
    return memcmp(a->q, b->q, n_groups * LM_GROUP) == 0 &&
           memcmp(a->scale, b->scale, n_groups * sizeof(float)) == 0 &&
           memcmp(a->sum, b->sum, n_groups * sizeof(int32_t)) == 0;
}

static void check_lm_quantize(const struct kernels *reference, const struct kernels *variant,
                              const char *label)
{
    for (size_t n = 0; n <= GROUPS_MAX; n++)
        for (unsigned kind = 0; kind < 5; kind++) {
            float *x = flush_buffer(n * LM_GROUP * sizeof(float));
            struct quantized got = {.q = flush_buffer(n * LM_GROUP)},
                             want = {.q = flush_buffer(n * LM_GROUP)};
            fill_any(x, n * LM_GROUP, kind);
            reference->lm_quantize(want.q, want.scale, want.sum, x, n);
            variant->lm_quantize(got.q, got.scale, got.sum, x, n);
            CHECK_MSG(same_quantized(&got, &want, n), "%s: groups %zu, kind %u", label, n, kind);
            free_flush(x, n * LM_GROUP * sizeof(float));
            free_flush(got.q, n * LM_GROUP);
            free_flush(want.q, n * LM_GROUP);
        }
}

/* kind 0: any values; 1: +127 and -127 only, all of one sign against all of one sign at times. */
static void fill_int8(int8_t *q, size_t n, unsigned kind)
{
    unsigned sign = rng() % 3;
    for (size_t i = 0; i < n; i++) {
        int extreme = sign == 0 ? 127 : sign == 1 ? -127 : (rng() & 1 ? 127 : -127);
        q[i] = (int8_t)(kind == 1 ? extreme : (int)(rng() % 255) - 127);
    }
}

struct product_case {
    struct lm_tile *tiles;
    struct lm_matrix w;
    struct lm_rows x;
    float *got, *want;
    size_t n_rows, y_stride, n_tiles;
};

static void make_product_case(struct product_case *c, size_t n_rows, size_t n_blocks,
                              size_t n_groups, unsigned kind)
{
    size_t stride = n_groups + rng() % 2, x_groups = n_groups + rng() % 2;
    c->n_rows = n_rows;
    c->n_tiles = n_blocks ? (n_blocks - 1) * stride + n_groups : 0;
    c->tiles = flush_buffer(c->n_tiles * sizeof *c->tiles);
    for (size_t i = 0; i < c->n_tiles; i++) {
        fill_int8(c->tiles[i].q[0][0], sizeof c->tiles[i].q, kind);
        fill_floats(c->tiles[i].scale, LM_TILE_ROWS, rng() % 3);
    }
    c->w = (struct lm_matrix){c->tiles, n_blocks, n_groups, stride};
    size_t n = n_rows * x_groups;
    c->x = (struct lm_rows){flush_buffer(n * LM_GROUP), malloc(n * sizeof(float) + 1),
                            malloc(n * sizeof(int32_t) + 1), x_groups};
    fill_int8(c->x.q, n * LM_GROUP, kind);
    fill_floats(c->x.scale, n, 0);
    for (size_t i = 0; i < n; i++) {
        c->x.sum[i] = 0;
        for (size_t k = 0; k < LM_GROUP; k++)
            c->x.sum[i] += c->x.q[i * LM_GROUP + k];
    }
    c->y_stride = (n_blocks + rng() % 2) * LM_TILE_ROWS;
    c->got = flush_buffer(n_rows * c->y_stride * sizeof(float));
    c->want = flush_buffer(n_rows * c->y_stride * sizeof(float));
    fill_floats(c->got, n_rows * c->y_stride, 0);
    memcpy(c->want, c->got, n_rows * c->y_stride * sizeof(float));
}

static void free_product_case(struct product_case *c)
{
    free_flush(c->tiles, c->n_tiles * sizeof *c->tiles);
    free_flush(c->x.q, c->n_rows * c->x.n_groups * LM_GROUP);
    free_flush(c->got, c->n_rows * c->y_stride * sizeof(float));
    free_flush(c->want, c->n_rows * c->y_stride * sizeof(float));
    free(c->x.scale);
    free(c->x.sum);
}

static void check_product(const struct kernels *reference, const struct kernels *variant,
                          const char *label, size_t n_rows, size_t n_blocks, size_t n_groups)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct product_case c;
        make_product_case(&c, n_rows, n_blocks, n_groups, kind % 2);
        reference->lm_product(c.want, c.y_stride, &c.w, &c.x, n_rows, kind >= 2);
        variant->lm_product(c.got, c.y_stride, &c.w, &c.x, n_rows, kind >= 2);
        CHECK_MSG(memcmp(c.got, c.want, n_rows * c.y_stride * sizeof(float)) == 0,
                  "%s: rows %zu, blocks %zu, groups %zu, kind %u", label, n_rows, n_blocks,
                  n_groups, kind);
        free_product_case(&c);
    }
}

static void check_lm_product(const struct kernels *reference, const struct kernels *variant,
                             const char *label)
{
    for (size_t n_rows = 0; n_rows <= ROWS_MAX; n_rows += n_rows < 36 ? 1 : 23)
        for (size_t n_blocks = 0; n_blocks <= BLOCKS_MAX; n_blocks++)
            check_product(reference, variant, label, n_rows, n_blocks, 1 + rng() % 3);
    for (size_t n_groups = 1; n_groups <= GROUPS_MAX; n_groups++)
        for (size_t n_rows = 1; n_rows <= 18; n_rows++)
            check_product(reference, variant, label, n_rows, 1 + rng() % BLOCKS_MAX, n_groups);
    static const size_t many[] = {15, 16, 17, 31, 32, 33, 65};
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        for (size_t n_rows = 1; n_rows <= 6; n_rows++) {
            check_product(reference, variant, label, n_rows, 1 + rng() % BLOCKS_MAX, many[i]);
            check_product(reference, variant, label, n_rows, many[i], 1 + rng() % 20);
        }
}

/* Finite numbers of binary16, denormals too. */
static void fill_halves(uint16_t *half, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        do
            half[i] = (uint16_t)rng();
        while ((half[i] & 0x7c00) == 0x7c00);
        if (rng() % 3 == 0)
            half[i] &= 0x83ff;
    }
}

/* As check_product; the activations and outputs are those of an int8 case. kind 1: all 15 against +-127. */
static void check_product_int4(const struct kernels *reference, const struct kernels *variant,
                               const char *label, size_t n_rows, size_t n_blocks, size_t n_groups)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct product_case c;
        make_product_case(&c, n_rows, n_blocks, n_groups, kind % 2);
        size_t n_bytes = c.n_tiles * sizeof(struct lm_tile_int4);
        struct lm_tile_int4 *tiles = flush_buffer(n_bytes);
        for (size_t i = 0; i < c.n_tiles; i++) {
            uint8_t *bytes = (uint8_t *)&tiles[i].q;
            for (size_t k = 0; k < sizeof tiles[i].q; k++)
                bytes[k] = kind % 2 ? 255 : (uint8_t)rng();
            for (size_t half = 0; half < 2; half++) {
                fill_halves(tiles[i].scale[half], LM_TILE_ROWS);
                fill_halves(tiles[i].minimum[half], LM_TILE_ROWS);
            }
        }
        struct lm_matrix_int4 w = {tiles, n_blocks, n_groups, c.w.stride};
        reference->lm_product_int4(c.want, c.y_stride, &w, &c.x, n_rows, kind >= 2);
        variant->lm_product_int4(c.got, c.y_stride, &w, &c.x, n_rows, kind >= 2);
        CHECK_MSG(memcmp(c.got, c.want, n_rows * c.y_stride * sizeof(float)) == 0,
                  "%s: rows %zu, blocks %zu, groups %zu, kind %u", label, n_rows, n_blocks,
                  n_groups, kind);
        free_flush(tiles, n_bytes);
        free_product_case(&c);
    }
}

static void check_lm_product_int4(const struct kernels *reference, const struct kernels *variant,
                                  const char *label)
{
    for (size_t n_rows = 0; n_rows <= 36; n_rows++)
        for (size_t n_blocks = 0; n_blocks <= BLOCKS_MAX; n_blocks++)
            check_product_int4(reference, variant, label, n_rows, n_blocks, 1 + rng() % 3);
    for (size_t n_groups = 1; n_groups <= GROUPS_MAX; n_groups++)
        check_product_int4(reference, variant, label, 1 + rng() % 10, 7 + rng() % 12, n_groups);
    check_product_int4(reference, variant, label, 1, 1, LM_INT4_GROUPS_MAX);
}

/* As check_product. kind 1: all numbers are the largest, and minima 0 or 127. */
static void check_product_narrow(const struct kernels *reference, const struct kernels *variant,
                                 const char *label, size_t n_rows, size_t n_blocks, size_t n_groups,
                                 unsigned bits)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct product_case c;
        make_product_case(&c, n_rows, n_blocks, n_groups, kind % 2);
        size_t n_bytes = c.n_tiles * lm_narrow_tile_bytes(bits),
               n_planes = lm_narrow_plane_bytes(bits);
        uint8_t *tiles = flush_buffer(n_bytes), *tile = tiles;
        for (size_t i = 0; i < c.n_tiles; i++, tile += lm_narrow_tile_bytes(bits)) {
            for (size_t k = 0; k < n_planes; k++)
                tile[k] = kind % 2 ? 255 : (uint8_t)rng();
            for (size_t r = 0; r < LM_TILE_ROWS; r++) {
                uint16_t upper = (uint16_t)(0x3000 + rng() % 0x1000);
                tile[n_planes + r] = (uint8_t)(kind % 2 ? rng() % 2 * 127 : rng() % 128);
                memcpy(tile + n_planes + LM_TILE_ROWS + 2 * r, &upper, sizeof upper);
            }
        }
        struct lm_matrix_narrow w = {tiles, bits, n_blocks, n_groups, c.w.stride};
        reference->lm_product_narrow(c.want, c.y_stride, &w, &c.x, n_rows, kind >= 2);
        variant->lm_product_narrow(c.got, c.y_stride, &w, &c.x, n_rows, kind >= 2);
        CHECK_MSG(memcmp(c.got, c.want, n_rows * c.y_stride * sizeof(float)) == 0,
                  "%s: bits %u, rows %zu, blocks %zu, groups %zu, kind %u", label, bits, n_rows,
                  n_blocks, n_groups, kind);
        free_flush(tiles, n_bytes);
        free_product_case(&c);
    }
}

static void check_lm_product_narrow(const struct kernels *reference, const struct kernels *variant,
                                    const char *label)
{
    for (unsigned bits = LM_NARROW_BITS_MIN; bits <= LM_NARROW_BITS_MAX; bits++) {
        for (size_t n_rows = 0; n_rows <= 12; n_rows++)
            check_product_narrow(reference, variant, label, n_rows, n_rows % 4, 1 + rng() % 3,
                                 bits);
        for (size_t n_rows = 31; n_rows <= 70; n_rows += 13)
            check_product_narrow(reference, variant, label, n_rows, 2, 3, bits);
        check_product_narrow(reference, variant, label, 1, 3, GROUPS_MAX, bits);
    }
}

static void check_lm_unpack(const struct kernels *reference, const struct kernels *variant,
                            const char *label)
{
    for (unsigned bits = 2; bits <= 4; bits++)
        for (size_t n = 0; n <= 9; n++) {
            size_t n_packed = n * lm_packed_tile_bytes(bits), n_bytes = n * sizeof(struct lm_tile);
            uint8_t *packed = flush_buffer(n_packed);
            struct lm_tile *got = flush_buffer(n_bytes), *want = flush_buffer(n_bytes);
            for (size_t i = 0; i < n_packed; i++)
                packed[i] = (uint8_t)rng();
            for (size_t i = 0; i < n_bytes; i++)
                ((uint8_t *)got)[i] = ((uint8_t *)want)[i] = (uint8_t)rng();
            reference->lm_unpack(want, packed, n, bits);
            variant->lm_unpack(got, packed, n, bits);
            CHECK_MSG(memcmp(got, want, n_bytes) == 0, "%s: bits %u, tiles %zu", label, bits, n);
            free_flush(packed, n_packed);
            free_flush(got, n_bytes);
            free_flush(want, n_bytes);
        }
}

/* Infinities, and NaNs of any sign, count as equal to their like: NaNs' bits may differ. */
static bool same_floats(const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0 && !(a[i] != a[i] && b[i] != b[i]))
            return false;
    return true;
}

static void check_lm_rotate(const struct kernels *reference, const struct kernels *variant,
                            const char *label)
{
    for (size_t n = 0; n <= GROUPS_MAX; n++)
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n_floats = n * LM_GROUP, n_bytes = n_floats * sizeof(float);
            float *x = flush_buffer(n_bytes);
            float *got = flush_buffer(n_bytes), *want = flush_buffer(n_bytes);
            fill_any(x, n_floats, kind);
            reference->lm_rotate(want, x, n);
            variant->lm_rotate(got, x, n);
            CHECK_MSG(same_floats(got, want, n_floats), "%s: groups %zu, kind %u", label, n, kind);
            variant->lm_rotate(x, x, n);
            CHECK_MSG(same_floats(x, want, n_floats), "%s in place: groups %zu, kind %u", label, n,
                      kind);
            free_flush(x, n_bytes);
            free_flush(got, n_bytes);
            free_flush(want, n_bytes);
        }
}

static void check_lm_rms_norm(const struct kernels *reference, const struct kernels *variant,
                              const char *label)
{
    for (size_t n = KERNEL_LANES; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n_bytes = n * sizeof(float);
            float *x = flush_buffer(n_bytes), *gain = flush_buffer(n_bytes);
            float *got = flush_buffer(n_bytes), *want = flush_buffer(n_bytes);
            fill_any(x, n, kind);
            fill_floats(gain, n, 0);
            reference->lm_rms_norm(want, x, gain, n, 1e-5f);
            variant->lm_rms_norm(got, x, gain, n, 1e-5f);
            CHECK_MSG(same_floats(got, want, n), "%s: n %zu, kind %u", label, n, kind);
            variant->lm_rms_norm(x, x, gain, n, 1e-5f);
            CHECK_MSG(same_floats(x, want, n), "%s in place: n %zu, kind %u", label, n, kind);
            free_flush(x, n_bytes);
            free_flush(gain, n_bytes);
            free_flush(got, n_bytes);
            free_flush(want, n_bytes);
        }
}

static void check_lm_attention_weights(const struct kernels *reference,
                                       const struct kernels *variant, const char *label)
{
    for (size_t n_valid = 1; n_valid <= N_MAX; n_valid++)
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n_groups = (n_valid + LM_GROUP - 1) / LM_GROUP, n = n_groups * LM_GROUP;
            size_t n_bytes = n * sizeof(float);
            float *score = flush_buffer(n_bytes), *value_scale = flush_buffer(n_bytes);
            float sink = n_valid % 3 ? -LM_SCORE_MAX : (float)(n_valid % 17) - 4.0f;
            struct quantized got = {.q = flush_buffer(n)}, want = {.q = flush_buffer(n)};
            fill_any(score, n, kind);
            for (size_t i = 0; i < n; i++)
                value_scale[i] = (float)(rng() % 1000) * (i % 64 < 32 ? 1e-3f : 1e-9f);
            float total_want = reference->lm_attention_weights(want.q, want.scale, want.sum, score,
                                                               value_scale, n_valid, sink);
            float total = variant->lm_attention_weights(got.q, got.scale, got.sum, score,
                                                        value_scale, n_valid, sink);
            CHECK_MSG(same_quantized(&got, &want, n_groups) &&
                          memcmp(&total, &total_want, sizeof total) == 0,
                      "%s: valid %zu, kind %u", label, n_valid, kind);
            free_flush(score, n_bytes);
            free_flush(value_scale, n_bytes);
            free_flush(got.q, n);
            free_flush(want.q, n);
        }
}

static void check_lm_swiglu(const struct kernels *reference, const struct kernels *variant,
                            const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n_bytes = n * sizeof(float);
            float *g = flush_buffer(n_bytes), *u = flush_buffer(n_bytes);
            float *got = flush_buffer(n_bytes), *want = flush_buffer(n_bytes);
            fill_any(g, n, kind);
            fill_any(u, n, kind);
            reference->lm_swiglu(want, g, u, n);
            variant->lm_swiglu(got, g, u, n);
            CHECK_MSG(same_floats(got, want, n), "%s: n %zu, kind %u", label, n, kind);
            free_flush(g, n_bytes);
            free_flush(u, n_bytes);
            free_flush(got, n_bytes);
            free_flush(want, n_bytes);
        }
}

static void check_lm_relu2(const struct kernels *reference, const struct kernels *variant,
                           const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n_bytes = n * sizeof(float);
            float *g = flush_buffer(n_bytes), *want = flush_buffer(n_bytes);
            fill_any(g, n, kind);
            reference->lm_relu2(want, g, n);
            variant->lm_relu2(g, g, n);
            CHECK_MSG(same_floats(g, want, n), "%s: n %zu, kind %u", label, n, kind);
            free_flush(g, n_bytes);
            free_flush(want, n_bytes);
        }
}

static void check_lm_root_cap(const struct kernels *reference, const struct kernels *variant,
                              const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n_bytes = n * sizeof(float);
            float *got = flush_buffer(n_bytes), *want = flush_buffer(n_bytes);
            fill_any(want, n, kind);
            memcpy(got, want, n_bytes);
            reference->lm_root_cap(want, 20.0f, n);
            variant->lm_root_cap(got, 20.0f, n);
            CHECK_MSG(memcmp(got, want, n_bytes) == 0, "%s: n %zu, kind %u", label, n, kind);
            free_flush(got, n_bytes);
            free_flush(want, n_bytes);
        }
}

static void check_lm_token_masses(const struct kernels *reference, const struct kernels *variant,
                                  const char *label)
{
    for (size_t n = 1; n <= N_MAX; n++)
        for (unsigned kind = 0; kind < 4; kind++) {
            size_t padded = (n + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
            float *x = flush_buffer(padded * sizeof *x), *y = flush_buffer(padded * sizeof *y);
            uint32_t *got = flush_buffer(n * sizeof *got), *want = flush_buffer(n * sizeof *want);
            fill_floats(x, padded, kind);
            fill_floats(y, padded, kind);
            for (unsigned i = 0; i < 2; i++) {
                const float *bias = i ? y : NULL;
                reference->lm_token_masses(want, x, bias, n);
                variant->lm_token_masses(got, x, bias, n);
                CHECK_MSG(memcmp(got, want, n * sizeof *got) == 0, "%s: n %zu, kind %u, bias %u",
                          label, n, kind, i);
            }
            free_flush(y, padded * sizeof *y);
            free_flush(x, padded * sizeof *x);
            free_flush(got, n * sizeof *got);
            free_flush(want, n * sizeof *want);
        }
}

static void check_lm_token_learn(const struct kernels *reference, const struct kernels *variant,
                                 const char *label)
{
    for (size_t n = 0; n <= N_MAX; n += KERNEL_LANES)
        for (unsigned kind = 0; kind < 4; kind++) {
            float *got = flush_buffer(n * sizeof *got), *want = flush_buffer(n * sizeof *want);
            uint32_t *mass = flush_buffer(n * sizeof *mass);
            fill_floats(want, n, kind);
            memcpy(got, want, n * sizeof *got);
            for (size_t i = 0; i < n; i++)
                mass[i] = (uint32_t)rng() >> rng() % 32;
            reference->lm_token_learn(want, mass, 0x1.9p-30f, n);
            variant->lm_token_learn(got, mass, 0x1.9p-30f, n);
            CHECK_MSG(memcmp(got, want, n * sizeof *got) == 0, "%s: n %zu, kind %u", label, n,
                      kind);
            free_flush(got, n * sizeof *got);
            free_flush(want, n * sizeof *want);
            free_flush(mass, n * sizeof *mass);
        }
}

static void check_all(const struct kernels *reference, const struct kernels *variant,
                      const char *label)
{
    LM_KERNEL_TABLE(CHECK_ROW)
}

int main(void)
{
    check_variants(check_all);
    return check_result();
}
