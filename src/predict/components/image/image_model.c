/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of pixels of one, three or four bytes.
 *
 * Each byte is guessed from its neighbours: by least squares, which learn the picture's texture,
 * and by the simple predictors of the literature (means, gradients, differences carried over from
 * the plane before). Guesses become inputs in three ways: as the middle of a distribution as wide
 * as recent errors nearby, as an index into tables of probabilities, and as hashed contexts.
 */
#include <string.h>

#include "predict/components.h"
#include "predict/context_set.h"
#include "predict/density.h"
#include "predict/least_squares.h"

enum {
    N_PLANES = 4,
    N_LS_QUICK = 1,
    N_LS_STRONG = 2,
    N_SIMPLE_QUICK = 6,
    N_SIMPLE_STRONG = 14,
    N_TABLES_MAX = N_SIMPLE_STRONG + N_LS_STRONG,
    N_CONTEXTS_STRONG = 12,
    N_ENERGIES = 16,
    TABLE_SIZE = 256 * 256 * 4, /* guess, partial byte, plane */
    ERRORS_LOG2 = 19,           /* at least two rows */
    SHAPE_BUCKETS = 24,
    TABLE_LIMIT = 255,
    SHAPE_LIMIT = 1000,
};

struct image_shared {
    const struct input_tables *tables;
    const struct kernels *kernels;
    struct context_set set;
    unsigned n_ls, n_simple;
    uint32_t (*table)[TABLE_SIZE];
    uint8_t *errors; /* of the first guess, by position */
    struct least_squares ls[N_LS_STRONG][N_PLANES];
    float mean_error[N_LS_STRONG][N_PLANES][N_ENERGIES];
    /* Adaptive probabilities for a bit of a distribution: [guess][energy][bit][bucket]. */
    uint32_t shape[N_LS_STRONG][N_ENERGIES * 8 * SHAPE_BUCKETS];
};

struct image_stream {
    struct context_set_stream set;
    float x[N_LS_STRONG][LEAST_SQUARES_WIDTH_MAX] __attribute__((aligned(64)));
    struct density density;
    float guess[N_LS_STRONG];
    float base;
    unsigned plane, energy;
    uint32_t *entry[N_TABLES_MAX];
    uint32_t table_at[N_TABLES_MAX];
    uint32_t *shape_entry[N_LS_STRONG];
};

static void lay_out_ls(struct input_setup *setup, struct image_shared *shared, unsigned n_ls,
                       bool strong)
{
    static const unsigned n_inputs[N_LS_STRONG] = {31, 15};
    static const float fading[N_LS_STRONG] = {0.999f, 0.98f};
    for (unsigned k = 0; k < n_ls; k++)
        for (unsigned plane = 0; plane < N_PLANES; plane++) {
            struct least_squares ls;
            unsigned n = strong ? n_inputs[k] : 15;
            least_squares_lay_out(&ls, setup->arena, setup->kernels, n, fading[k], 8.0f,
                                  strong ? 2 : 8);
            if (shared != NULL)
                shared->ls[k][plane] = ls;
        }
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    bool strong = setup->config->strength == CONTEXT_STRONG;
    struct image_shared *shared = self->shared = arena_take(setup->arena, sizeof *shared);
    component_take_streams(setup, self, sizeof(struct image_stream));
    unsigned n_ls = strong ? N_LS_STRONG : N_LS_QUICK;
    unsigned n_simple = strong ? N_SIMPLE_STRONG : N_SIMPLE_QUICK;
    unsigned n_tables = n_ls + n_simple;
    uint32_t(*table)[TABLE_SIZE] = arena_take(setup->arena, n_tables * sizeof *table);
    uint8_t *errors = arena_take(setup->arena, (size_t)1 << ERRORS_LOG2);
    lay_out_ls(setup, shared, n_ls, strong);
    if (strong)
        context_set_lay_out(shared != NULL ? &shared->set : NULL, setup, N_CONTEXTS_STRONG);
    shape_add_inputs(&setup->shape, 2 * n_ls + n_tables);
    shape_add_selector(&setup->shape, N_ENERGIES * 8);
    shape_add_selector(&setup->shape, N_PLANES * 256);
    shape_add_selector(&setup->shape, 256);
    if (errors == NULL)
        return;
    shared->tables = setup->tables;
    shared->kernels = setup->kernels;
    shared->table = table;
    shared->n_ls = n_ls;
    shared->n_simple = n_simple;
    shared->errors = errors;
    for (unsigned k = 0; k < n_tables; k++)
        for (unsigned i = 0; i < TABLE_SIZE; i++)
            table[k][i] = adaptive_start(32768, 0);
    for (unsigned k = 0; k < n_ls; k++) {
        for (unsigned i = 0; i < N_ENERGIES * 8 * SHAPE_BUCKETS; i++)
            shared->shape[k][i] =
                adaptive_start((i % SHAPE_BUCKETS * 2 + 1) * 32768 / SHAPE_BUCKETS, 0);
        for (unsigned plane = 0; plane < N_PLANES; plane++)
            for (unsigned e = 0; e < N_ENERGIES; e++)
                shared->mean_error[k][plane][e] = 1.0f + (float)(int)e;
    }
}

static unsigned pixel_size(enum content_type type)
{
    return type == CONTENT_IMAGE24 ? 3 : type == CONTENT_IMAGE32 ? 4 : 1;
}

/* The bytes around, named by compass from the present one; p: the plane before, q: two before. */
struct around {
    int w, n, nw, ne, ww, nn, nne, nnw, nww, nee, www, nnn;
    int p, pw, pn, pnw, pne, pww, pnn;
    int q, qw, qn, qnw, qne;
};

static void look_around(struct around *a, const struct history *h, uint32_t s, uint32_t b)
{
#define AT(distance) (int)history_byte(h, distance)
    *a = (struct around){
        .w = AT(b),
        .n = AT(s),
        .nw = AT(s + b),
        .ne = AT(s - b),
        .ww = AT(2 * b),
        .nn = AT(2 * s),
        .nne = AT(2 * s - b),
        .nnw = AT(2 * s + b),
        .nww = AT(s + 2 * b),
        .nee = AT(s - 2 * b),
        .www = AT(3 * b),
        .nnn = AT(3 * s),
        .p = AT(1),
        .pw = AT(b + 1),
        .pn = AT(s + 1),
        .pnw = AT(s + b + 1),
        .pne = AT(s - b + 1),
        .pww = AT(2 * b + 1),
        .pnn = AT(2 * s + 1),
        .q = AT(2),
        .qw = AT(b + 2),
        .qn = AT(s + 2),
        .qnw = AT(s + b + 2),
        .qne = AT(s - b + 2),
    };
#undef AT
}

/* Neighbours as differences from the base, which is the left neighbour in the same plane, so that
 * the weights have to learn only the texture. The most useful come first. */
static void fill_inputs(float *x, unsigned n, const struct around *a, unsigned n_planes)
{
    int mono[] = {a->n - a->w,   a->nw - a->w,  a->ne - a->w,  a->ww - a->w,
                  a->nn - a->w,  a->nne - a->w, a->nnw - a->w, a->nww - a->w,
                  a->nee - a->w, a->www - a->w, a->nnn - a->w};
    int colour[] = {a->n - a->w,    a->p - a->pw,   a->pn - a->pw,  a->nw - a->w,  a->ne - a->w,
                    a->q - a->qw,   a->pnw - a->pw, a->ww - a->w,   a->nn - a->w,  a->qn - a->qw,
                    a->pne - a->pw, a->qnw - a->qw, a->pww - a->pw, a->nne - a->w, a->nee - a->w,
                    a->qne - a->qw, a->nnw - a->w,  a->nww - a->w,  a->www - a->w, a->pnn - a->pw,
                    a->nnn - a->w};
    const int *from = n_planes == 1 ? mono : colour;
    unsigned n_from = n_planes == 1 ? sizeof mono / sizeof *mono : sizeof colour / sizeof *colour;
    for (unsigned i = 0; i < n; i++)
        x[i] = i < n_from ? (float)from[i] : 0.0f;
}

static int clipped(int x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

static int median(int w, int n, int nw)
{
    int low = w < n ? w : n, high = w < n ? n : w;
    return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/* Guesses in 0 .. 255. */
static void guess_simply(int *guess, const struct around *a)
{
    int g[N_SIMPLE_STRONG] = {
        median(a->w, a->n, a->nw),
        a->w + a->p - a->pw,
        a->n + a->p - a->pn,
        median(a->w + a->p - a->pw, a->n + a->p - a->pn, a->nw + a->p - a->pnw),
        (a->w + a->ne) / 2 + (a->n - a->nne) / 2,
        a->w,
        a->n,
        a->w + a->n - a->nw + a->p - a->pw - a->pn + a->pnw,
        (a->w + a->n + 1) / 2 + a->p - (a->pw + a->pn + 1) / 2,
        a->w + a->q - a->qw,
        a->n + a->q - a->qn,
        2 * a->w - a->ww,
        2 * a->n - a->nn,
        a->ne + a->n - a->nne,
    };
    for (unsigned i = 0; i < N_SIMPLE_STRONG; i++)
        guess[i] = clipped(g[i]);
}

static void hash_contexts(struct context_set_stream *c, const struct around *a, const int *g,
                          int ls_guess, unsigned plane)
{
    uint64_t salt = (uint64_t)plane << 40;
    unsigned i = 0;
    context_set_hash(c, i++, salt | (uint64_t)a->w << 8 | (uint64_t)a->p);
    context_set_hash(c, i++, salt | (uint64_t)a->n << 8 | (uint64_t)a->p);
    context_set_hash(c, i++, salt | (uint64_t)a->w << 8 | (uint64_t)a->n);
    context_set_hash(c, i++, salt | (uint64_t)g[0] << 8 | (uint64_t)a->p);
    context_set_hash(c, i++, salt | (uint64_t)g[1] << 8 | (uint64_t)g[2]);
    context_set_hash(c, i++,
                     salt | (uint64_t)(a->w / 4) << 24 | (uint64_t)(a->n / 4) << 16 |
                         (uint64_t)(a->nw / 4) << 8 | (uint64_t)(a->ne / 4));
    context_set_hash(c, i++, salt | (uint64_t)a->p << 8 | (uint64_t)a->q);
    context_set_hash(c, i++, salt | (uint64_t)g[3] << 8 | (uint64_t)(a->p / 8));
    context_set_hash(c, i++, salt | (uint64_t)ls_guess << 8 | (uint64_t)(g[3] / 4));
    context_set_hash(c, i++, salt | (uint64_t)ls_guess << 8 | (uint64_t)(a->p / 4));
    context_set_hash(
        c, i++, salt | (uint64_t)ls_guess << 16 | (uint64_t)(a->w / 8) << 8 | (uint64_t)(a->n / 8));
    context_set_hash(c, i++, salt | (uint64_t)g[4] << 8 | (uint64_t)(ls_guess / 4));
}

static unsigned error_at(const struct image_shared *m, const struct history *h, uint32_t back)
{
    return m->errors[(h->n - back) & ((1u << ERRORS_LOG2) - 1)];
}

/* How uncertain the neighbourhood is, 0 .. N_ENERGIES - 1. */
static unsigned measure_energy(const struct image_shared *m, const struct history *h,
                               uint32_t stride, uint32_t b)
{
    unsigned sum = 2 * error_at(m, h, b) + 2 * error_at(m, h, stride) + error_at(m, h, stride + b) +
                   error_at(m, h, stride - b) + error_at(m, h, 2 * b) + error_at(m, h, 2 * stride);
    if (b > 1)
        sum += 3 * error_at(m, h, 1);
    static const uint16_t bound[N_ENERGIES - 1] = {2,  5,  8,  12,  17,  23,  30, 39,
                                                   50, 64, 82, 105, 140, 190, 280};
    unsigned e = 0;
    while (e < N_ENERGIES - 1 && sum > bound[e])
        e++;
    return e;
}

static void learn(struct image_shared *m, struct image_stream *s, const struct history *h)
{
    float value = (float)(int)history_byte(h, 1);
    for (unsigned k = 0; k < m->n_ls; k++) {
        float error = value - s->guess[k];
        error = error < 0 ? -error : error;
        float *mean = &m->mean_error[k][s->plane][s->energy];
        *mean += (error - *mean) * 0.01f;
        if (k == 0)
            m->errors[(h->n - 1) & ((1u << ERRORS_LOG2) - 1)] = (uint8_t)error;
        least_squares_learn(&m->ls[k][s->plane], s->x[k], value - s->base);
    }
}

static void guess_by_squares(struct image_shared *m, struct image_stream *s, const struct around *a,
                             unsigned n_planes)
{
    s->base = (float)a->w;
    density_begin(&s->density, 256);
    for (unsigned k = 0; k < m->n_ls; k++) {
        const struct least_squares *ls = &m->ls[k][s->plane];
        fill_inputs(s->x[k], ls->n, a, n_planes);
        float guess = s->base + least_squares_predict(ls, s->x[k]);
        guess = guess > 0.0f ? guess < 255.0f ? guess : 255.0f : 0.0f;
        s->guess[k] = guess;
        density_guess(&s->density, guess, 0.6f * m->mean_error[k][s->plane][s->energy] + 0.15f);
    }
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct image_shared *m = shared;
    struct image_stream *s = stream;
    uint32_t b = pixel_size(h->content.type), stride = h->content.stride;
    uint32_t column = (h->n - h->content_start + stride - h->content.offset) % stride;
    if (h->n != h->content_start)
        learn(m, s, h);
    struct around a;
    int g[N_SIMPLE_STRONG];
    look_around(&a, h, stride, b);
    s->plane = column % b;
    s->energy = measure_energy(m, h, stride, b);
    guess_by_squares(m, s, &a, b);
    guess_simply(g, &a);
    unsigned t = 0;
    for (unsigned k = 0; k < m->n_ls; k++, t++)
        s->table_at[t] = ((unsigned)(s->guess[k] + 0.5f) * 4 + s->plane) * 256;
    for (unsigned k = 0; k < m->n_simple; k++, t++)
        s->table_at[t] = ((unsigned)g[k] * 4 + s->plane) * 256;
    if (m->set.n > 0)
        hash_contexts(&s->set, &a, g, (int)(s->guess[0] + 0.5f), s->plane);
}

static unsigned bucket_of(float stretched)
{
    float x = (stretched + 7.6f) * ((float)SHAPE_BUCKETS / 15.2f);
    int i = (int)x;
    return (unsigned)(i < 0 ? 0 : i >= SHAPE_BUCKETS ? SHAPE_BUCKETS - 1 : i);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct image_shared *m = shared;
    struct image_stream *s = stream;
    float stretched[DENSITY_GUESSES_MAX];
    density_predict(&s->density, m->kernels, inputs, stretched);
    for (unsigned k = 0; k < m->n_ls; k++) {
        s->shape_entry[k] =
            &m->shape[k][(s->energy * 8 + h->bit) * SHAPE_BUCKETS + bucket_of(stretched[k])];
        inputs_add(inputs, m->tables->stretch[adaptive_p12(*s->shape_entry[k])]);
    }
    for (unsigned k = 0; k < m->n_ls + m->n_simple; k++) {
        s->entry[k] = &m->table[k][s->table_at[k] + h->partial];
        inputs_add(inputs, m->tables->stretch[adaptive_p12(*s->entry[k])]);
    }
    if (m->set.n > 0)
        context_set_predict(&m->set, &s->set, h, inputs);
    inputs_select(inputs, s->energy * 8 + h->bit);
    inputs_select(inputs, s->plane * 256 + h->partial);
    inputs_select(inputs, (unsigned)(s->guess[0] + 0.5f));
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct image_shared *m = shared;
    struct image_stream *s = stream;
    density_update(&s->density, bit);
    for (unsigned k = 0; k < m->n_ls; k++)
        adaptive_update(s->shape_entry[k], bit, &m->tables->rates, SHAPE_LIMIT);
    for (unsigned k = 0; k < m->n_ls + m->n_simple; k++)
        adaptive_update(s->entry[k], bit, &m->tables->rates, TABLE_LIMIT);
    if (m->set.n > 0)
        context_set_update(&m->set, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *h)
{
    struct image_shared *m = shared;
    struct image_stream *s = stream;
    context_set_prefetch(&m->set, &s->set, h);
}

const struct component_ops image_model_ops = {"image", lay_out,  next_byte,  predict,
                                              update,  prefetch, CONTENT_ALL};
