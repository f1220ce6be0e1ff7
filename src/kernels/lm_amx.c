/* SPDX-License-Identifier: Apache-2.0
 *
 * lm_product by AMX: a tile instruction multiplies 16 rows of activations by a tile of weights,
 * 16,384 products. Scaling and adding its 256 dots takes longer than the instruction. So a producer
 * runs a few tiles ahead, through a ring of buffers, and the two steps overlap. With few rows most
 * of a tile would be empty, so VNNI computes these products.
 */
#if defined(__x86_64__)

#include "kernels/kernels.h"
#include "kernels/lm_avx512.h"
#include "kernels/lm_isa.h"

enum {
    ROWS = 16,    /* of activations in a tile */
    MIN_ROWS = 4, /* with fewer, VNNI */
    AHEAD = 3,    /* tiles that the producer runs ahead */
    RING = 4,
    /* tiles ahead, divided among the rows: the processor's own prefetching starts too late */
    PREFETCH = 24,
};

/* Tile registers are macros, since intrinsics need constants. REST: a tile as high as the last rows
 * are many. */
#define T_DOTS      0
#define T_X         1
#define T_W         2
#define T_DOTS_REST 3
#define T_X_REST    4

struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t n_rows[16];
};

static void configure(size_t n_rest)
{
    struct tile_config config = {.palette = 1};
    for (int i = 0; i <= T_X_REST; i++) {
        config.row_bytes[i] = 64;
        config.n_rows[i] = ROWS;
    }
    if (n_rest > 0)
        config.n_rows[T_DOTS_REST] = config.n_rows[T_X_REST] = (uint8_t)n_rest;
    __asm__ volatile(""
                     :
                     : "r"(&config)
                     : "memory"); /* the compiler does not know that the intrinsic reads all of
                                     it */
    _tile_loadconfig(&config);
}

/* Walks the blocks of weights; in each block, 16 rows of activations at a time; for these, group by
 * group. */
struct producer {
    const struct lm_matrix *w;
    const struct lm_rows *x;
    size_t n_rows, b, m, g;
    unsigned slot;
    _Alignas(64) int32_t dots[RING][ROWS][LM_TILE_ROWS];
};

static inline void produce(struct producer *p)
{
    if (p->b == p->w->n_blocks)
        return;
    const struct lm_tile *tile = p->w->tiles + p->b * p->w->stride + p->g;
    size_t row_bytes = p->x->n_groups * LM_GROUP;
    const int8_t *q = p->x->q + p->m * row_bytes + p->g * LM_GROUP;
    int32_t *dots = p->dots[p->slot++ % RING][0];
    _tile_loadd(T_W, tile->q, 64);
    if (p->n_rows - p->m >= ROWS) {
        _tile_zero(T_DOTS);
        _tile_loadd(T_X, q, row_bytes);
        _tile_dpbssd(T_DOTS, T_X, T_W);
        _tile_stored(T_DOTS, dots, 64);
    } else {
        _tile_zero(T_DOTS_REST);
        _tile_loadd(T_X_REST, q, row_bytes);
        _tile_dpbssd(T_DOTS_REST, T_X_REST, T_W);
        _tile_stored(T_DOTS_REST, dots, 64);
    }
    if (++p->g < p->w->n_groups)
        return;
    p->g = 0;
    p->m += ROWS;
    if (p->m < p->n_rows)
        return;
    p->m = 0;
    p->b++;
}

/* What the consumer needs of one corner: a block of weights by up to 16 rows. */
struct consumer {
    const struct lm_tile *tiles;
    const float *x_scale[ROWS]; /* rows beyond the last one repeat the last one */
    float *y;
    size_t y_stride, n_groups, n_rows;
    unsigned slot;
    bool add;
    int first_line, last_line; /* of the tiles to come that this corner asks for */
};

static inline __attribute__((always_inline)) void consume(const struct consumer *c,
                                                          struct producer *p, const int n_rows)
{
    __m512 total[ROWS];
#pragma GCC unroll 16
    for (int m = 0; m < n_rows; m++)
        total[m] = _mm512_setzero_ps();
    for (size_t g = 0; g < c->n_groups; g++) {
        produce(p);
        int32_t(*dots)[LM_TILE_ROWS] = p->dots[(c->slot + g) % RING];
        __m512 w_scale = _mm512_load_ps(c->tiles[g].scale);
#pragma GCC unroll 16
        for (int m = 0; m < n_rows; m++) {
            if (c->first_line + m < c->last_line)
                _mm_prefetch((const char *)(c->tiles + g + PREFETCH) + 64 * (c->first_line + m),
                             _MM_HINT_T1);
            total[m] = lm_add_group(total[m], _mm512_load_si512(dots[m]),
                                    _mm512_set1_ps(c->x_scale[m][g]), w_scale);
        }
    }
#pragma GCC unroll 16
    for (int m = 0; m < n_rows; m++) {
        float *y = c->y + (size_t)m * c->y_stride;
        if ((size_t)m < c->n_rows)
            _mm512_store_ps(y, c->add ? _mm512_add_ps(_mm512_load_ps(y), total[m]) : total[m]);
    }
}

static void consume_4(const struct consumer *c, struct producer *p)
{
    consume(c, p, 4);
}

static void consume_8(const struct consumer *c, struct producer *p)
{
    consume(c, p, 8);
}

static void consume_16(const struct consumer *c, struct producer *p)
{
    consume(c, p, 16);
}

static void product_tiles(float *y, size_t y_stride, struct producer *p, bool add)
{
    const struct lm_matrix *w = p->w;
    unsigned slot = 0;
    for (int i = 0; i < AHEAD; i++)
        produce(p);
    for (size_t b = 0; b < w->n_blocks; b++)
        for (size_t m = 0; m < p->n_rows; m += ROWS) {
            size_t n = p->n_rows - m < ROWS ? p->n_rows - m : ROWS;
            struct consumer c = {.tiles = w->tiles + b * w->stride,
                                 .y = y + m * y_stride + b * LM_TILE_ROWS,
                                 .y_stride = y_stride,
                                 .n_groups = w->n_groups,
                                 .n_rows = n,
                                 .slot = slot,
                                 .add = add};
            c.first_line = (int)(17 * m / p->n_rows);
            c.last_line = (int)(17 * (m + n) / p->n_rows);
            for (size_t i = 0; i < ROWS; i++)
                c.x_scale[i] = p->x->scale + (m + (i < n ? i : n - 1)) * p->x->n_groups;
            (n <= 4 ? consume_4 : n <= 8 ? consume_8 : consume_16)(&c, p);
            slot += (unsigned)w->n_groups;
        }
}

static void lm_product_amx(float *y, size_t y_stride, const struct lm_matrix *w,
                           const struct lm_rows *x, size_t n_rows, bool add)
{
    if (n_rows < MIN_ROWS) {
        lm_product_avx512_vnni(y, y_stride, w, x, n_rows, add);
        return;
    }
    configure(n_rows % ROWS);
    struct producer p = {.w = w, .x = x, .n_rows = n_rows};
    product_tiles(y, y_stride, &p, add);
    _tile_release();
}

void lm_kernels_init_amx(struct kernels *kernels)
{
    kernels->lm_product = lm_product_amx;
}

#endif
