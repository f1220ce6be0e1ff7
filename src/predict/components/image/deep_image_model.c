/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of pixels of 16-bit samples, as the transform writes them: high byte first, an unsigned number.
 *
 * Least squares over the neighbours, and a gradient, guess a sample; its two bytes are coded from the
 * same guesses. Each guess is the middle of a distribution as wide as the errors of the neighbours
 * let expect.
 */
#include <stdlib.h>

#include "predict/components.h"
#include "predict/context_set.h"
#include "predict/density.h"
#include "predict/least_squares.h"
#include "predict/samples.h"

enum {
    SAMPLE = 2, /* bytes */
    N_PLANES = 4,
    N_SQUARES = 3,     /* kinds of least squares; the last one learns the row above too */
    BLEND = N_SQUARES, /* of these, with what the texture adds */
    GRADIENT,
    N_GUESSES,
    AHEAD = 4,     /* pixels */
    N_LEVELS = 40, /* of errors nearby, half octaves */
    N_BITS = 16,
    N_BUCKETS = 24,
    N_CONTEXTS_QUICK = 6,
    N_CONTEXTS_STRONG = 12,
    ERRORS_LOG2 = 18, /* samples: at least two rows */
    N_TEXTURES = 256,
    SHAPE_LIMIT = 1000,
};

#define SAMPLE_MAX   65535.0f
#define LEVEL_RATE   0.015f
#define TEXTURE_RATE 0.01f
#define ERROR_MIN    0.05f

/* Where a neighbour lies: rows up, pixels left, planes back. */
struct neighbour {
    int8_t up, left, back;
};

/* The most useful come first. */
static const struct neighbour grey[] = {
    {1, 0, 0},  {1, 1, 0}, {1, -1, 0}, {0, 2, 0},  {2, 0, 0},  {2, -1, 0}, {2, 1, 0},  {1, 2, 0},
    {1, -2, 0}, {0, 3, 0}, {3, 0, 0},  {2, 2, 0},  {2, -2, 0}, {1, 3, 0},  {1, -3, 0}, {3, 1, 0},
    {3, -1, 0}, {0, 4, 0}, {2, 3, 0},  {2, -3, 0}, {3, 2, 0},  {3, -2, 0}, {4, 0, 0},  {1, 4, 0},
    {1, -4, 0}, {0, 5, 0}, {4, 1, 0},  {4, -1, 0}, {3, 3, 0},  {3, -3, 0}, {0, 6, 0}};
static const struct neighbour colour[] = {
    {1, 0, 0},  {0, 0, 1}, {1, 0, 1},  {1, 1, 0},  {1, -1, 0}, {0, 0, 2},  {1, 1, 1},  {0, 2, 0},
    {2, 0, 0},  {1, 0, 2}, {1, -1, 1}, {1, 1, 2},  {0, 2, 1},  {2, -1, 0}, {1, -2, 0}, {1, -1, 2},
    {2, 1, 0},  {1, 2, 0}, {0, 3, 0},  {2, 0, 1},  {3, 0, 0},  {0, 2, 2},  {2, 0, 2},  {1, 2, 1},
    {1, -2, 1}, {2, 2, 0}, {2, -2, 0}, {2, -1, 1}, {2, 1, 1},  {0, 3, 1},  {1, 3, 0}};

struct deep_shared {
    const struct input_tables *tables;
    const struct kernels *kernels;
    struct context_set set;
    uint16_t *errors; /* of the blend, by position */
    struct least_squares squares[N_SQUARES][N_PLANES];
    float level_error[N_GUESSES][N_PLANES][N_LEVELS]; /* mean errors where a level was seen */
    float texture_error[N_PLANES][N_TEXTURES]; /* of the blend before what is added, signed */
    uint32_t shape[N_GUESSES][N_LEVELS * N_BITS * N_BUCKETS];
};

struct deep_stream {
    struct context_set_stream set;
    float x[N_SQUARES][LEAST_SQUARES_WIDTH_MAX] __attribute__((aligned(64)));
    struct density density;
    unsigned n_planes, plane;
    unsigned place; /* of the coming byte in its sample */
    bool open;      /* a sample was guessed and is not yet learnt */
    float base;
    float guess[N_GUESSES], blend;
    unsigned level[N_GUESSES], texture;
    uint32_t *shape_entry[N_GUESSES];
};

static void lay_out_squares(struct input_setup *setup, struct deep_shared *m, bool strong)
{
    static const unsigned n_inputs[N_SQUARES] = {31, 23, 15};
    static const float fading[N_SQUARES] = {0.9995f, 0.98f, 0.94f};
    for (unsigned k = 0; k < N_SQUARES; k++)
        for (unsigned plane = 0; plane < N_PLANES; plane++) {
            struct least_squares squares;
            unsigned n = strong ? n_inputs[k] : 15;
            least_squares_lay_out(&squares, setup->arena, setup->kernels, n, fading[k], 8.0f,
                                  strong ? 2 : 8);
            if (m != NULL)
                m->squares[k][plane] = squares;
        }
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    bool strong = setup->config->strength == CONTEXT_STRONG;
    struct deep_shared *m = self->shared = arena_take(setup->arena, sizeof *m);
    component_take_streams(setup, self, sizeof(struct deep_stream));
    uint16_t *errors = arena_take(setup->arena, sizeof *errors << ERRORS_LOG2);
    lay_out_squares(setup, m, strong);
    context_set_lay_out(m != NULL ? &m->set : NULL, setup,
                        strong ? N_CONTEXTS_STRONG : N_CONTEXTS_QUICK);
    shape_add_inputs(&setup->shape, 2 * N_GUESSES);
    shape_add_selector(&setup->shape, N_LEVELS * N_BITS);
    shape_add_selector(&setup->shape, N_LEVELS * N_BITS);
    shape_add_selector(&setup->shape, SAMPLE * 256);
    shape_add_selector(&setup->shape, N_BITS * N_BUCKETS);
    if (errors == NULL)
        return;
    m->tables = setup->tables;
    m->kernels = setup->kernels;
    m->errors = errors;
    for (unsigned k = 0; k < N_GUESSES; k++) {
        for (unsigned i = 0; i < N_LEVELS * N_BITS * N_BUCKETS; i++)
            m->shape[k][i] = adaptive_start((i % N_BUCKETS * 2 + 1) * 32768 / N_BUCKETS, 0);
        for (unsigned i = 0; i < N_PLANES * N_LEVELS; i++) {
            unsigned level = i % N_LEVELS;
            m->level_error[k][i / N_LEVELS][level] =
                (float)(int)(2 + (level & 1)) * (float)(int)(1u << level / 2) * 0.125f;
        }
    }
}

static int sample_at(const struct history *h, uint32_t back)
{
    return (int)sample_code(h, back, SAMPLE);
}

static uint32_t distance_of(const struct history *h, const struct neighbour *at, uint32_t pixel)
{
    return (uint32_t)at->up * h->content.stride + (uint32_t)at->left * pixel +
           (uint32_t)at->back * SAMPLE;
}

/* Neighbours, as differences from the left one in the same plane. */
static void fill_inputs(float *x, unsigned n, const struct history *h, unsigned n_planes,
                        uint32_t further)
{
    const struct neighbour *from = n_planes == 1 ? grey : colour;
    uint32_t pixel = SAMPLE * n_planes;
    int left[N_PLANES];
    for (unsigned i = 0; i < N_PLANES; i++)
        left[i] = sample_at(h, further + pixel + i * SAMPLE);
    for (unsigned i = 0; i < n; i++)
        x[i] =
            (float)(sample_at(h, further + distance_of(h, &from[i], pixel)) - left[from[i].back]);
}

static float magnitude(float x)
{
    return x < 0 ? -x : x;
}

static float bounded(float guess)
{
    return guess > 0.0f ? guess < SAMPLE_MAX ? guess : SAMPLE_MAX : 0.0f;
}

static uint16_t *error_at(const struct deep_shared *m, const struct history *h, uint32_t back)
{
    return &m->errors[(h->n - back) / SAMPLE & ((1u << ERRORS_LOG2) - 1)];
}

/* Half octaves. */
static unsigned level_of(unsigned sum)
{
    unsigned level = 0, bound = 2;
    while (sum > bound && level + 2 < N_LEVELS) {
        level += 2;
        bound *= 2;
    }
    return level + (level > 0 && sum > bound / 4 * 3);
}

/* The error to expect, by the neighbours' errors. */
static unsigned measure_level(const struct deep_shared *m, const struct history *h,
                              unsigned n_planes)
{
    uint32_t b = SAMPLE * n_planes, s = h->content.stride;
#define AT(back) (unsigned)*error_at(m, h, back)
    unsigned sum = 2 * AT(b) + 2 * AT(s) + AT(s + b) + AT(s - b) + AT(2 * b) + AT(2 * s);
    if (n_planes > 1)
        sum += 3 * AT(SAMPLE);
#undef AT
    return level_of(sum);
}

/* How much the neighbours differ. */
static unsigned contrast_of(const struct history *h, unsigned n_planes)
{
    uint32_t b = SAMPLE * n_planes, s = h->content.stride;
    int w = sample_at(h, b), n = sample_at(h, s), nw = sample_at(h, s + b);
    int ne = sample_at(h, s - b), ww = sample_at(h, 2 * b), nn = sample_at(h, 2 * s);
    int nne = sample_at(h, 2 * s - b);
    return level_of((unsigned)(abs(w - ww) + abs(n - nw) + abs(ne - n) + abs(w - nw) + abs(n - nn) +
                               abs(ne - nne)));
}

static void learn(struct deep_shared *m, struct deep_stream *s, const struct history *h)
{
    float value = (float)sample_at(h, SAMPLE);
    for (unsigned k = 0; k < N_GUESSES; k++) {
        float error = magnitude(value - s->guess[k]);
        float *mean = &m->level_error[k][s->plane][s->level[k]];
        *mean += (error - *mean) * LEVEL_RATE;
        if (k == BLEND)
            *error_at(m, h, SAMPLE) = (uint16_t)error;
    }
    float *mean = &m->texture_error[s->plane][s->texture];
    *mean += (value - s->blend - *mean) * TEXTURE_RATE;
    for (unsigned k = 0; k < N_SQUARES; k++)
        least_squares_learn(&m->squares[k][s->plane], s->x[k], value - s->base);
}

static int median(int w, int n, int nw)
{
    int low = w < n ? w : n, high = w < n ? n : w;
    return nw >= high ? low : nw <= low ? high : w + n - nw;
}

/* Which neighbours are above the guess. */
static unsigned texture_of(float guess, const struct history *h, uint32_t pixel)
{
    static const struct neighbour of[8] = {{0, 1, 0}, {1, 0, 0}, {1, 1, 0},  {1, -1, 0},
                                           {0, 2, 0}, {2, 0, 0}, {2, -1, 0}, {1, -2, 0}};
    unsigned texture = 0;
    for (unsigned i = 0; i < 8; i++)
        texture = texture * 2 + ((float)sample_at(h, distance_of(h, &of[i], pixel)) > guess);
    return texture;
}

/* Learns what the sample that lies ahead in the row above was. */
static void learn_above(struct least_squares *squares, float *x, const struct history *h,
                        unsigned n_planes)
{
    uint32_t pixel = SAMPLE * n_planes, further = h->content.stride - AHEAD * pixel;
    fill_inputs(x, squares->n, h, n_planes, further);
    least_squares_learn(squares, x, (float)(sample_at(h, further) - sample_at(h, further + pixel)));
}

static void guess_by_squares(struct deep_shared *m, struct deep_stream *s, const struct history *h)
{
    float sum = 0.0f, weights = 0.0f;
    for (unsigned k = 0; k < N_SQUARES; k++) {
        struct least_squares *squares = &m->squares[k][s->plane];
        if (k == N_SQUARES - 1)
            learn_above(squares, s->x[k], h, s->n_planes);
        fill_inputs(s->x[k], squares->n, h, s->n_planes, 0);
        s->guess[k] = bounded(s->base + least_squares_predict(squares, s->x[k]));
        float error = m->level_error[k][s->plane][s->level[k]] + ERROR_MIN;
        float weight = 1.0f / (error * error);
        sum += s->guess[k] * weight;
        weights += weight;
    }
    s->blend = sum / weights;
}

/* Of colour, carried over from the plane before. */
static float gradient(const struct history *h, unsigned n_planes)
{
    uint32_t b = SAMPLE * n_planes, stride = h->content.stride;
    int w = sample_at(h, b), n = sample_at(h, stride), nw = sample_at(h, stride + b);
    if (n_planes > 1) {
        int p = sample_at(h, SAMPLE);
        w += p - sample_at(h, b + SAMPLE);
        n += p - sample_at(h, stride + SAMPLE);
        nw += p - sample_at(h, stride + b + SAMPLE);
    }
    return (float)median(w, n, nw);
}

static void guess(struct deep_shared *m, struct deep_stream *s, const struct history *h)
{
    unsigned expected = measure_level(m, h, s->n_planes), contrast = contrast_of(h, s->n_planes);
    for (unsigned k = 0; k < N_GUESSES; k++)
        s->level[k] = k == N_SQUARES - 1 || k == GRADIENT ? contrast : expected;
    s->base = (float)sample_at(h, SAMPLE * s->n_planes);
    guess_by_squares(m, s, h);
    s->texture = texture_of(s->blend, h, SAMPLE * s->n_planes);
    s->guess[BLEND] = bounded(s->blend + m->texture_error[s->plane][s->texture]);
    s->guess[GRADIENT] = bounded(gradient(h, s->n_planes));
    density_begin(&s->density, 65536);
    for (unsigned k = 0; k < N_GUESSES; k++)
        density_guess(&s->density, s->guess[k],
                      0.55f * m->level_error[k][s->plane][s->level[k]] + 0.1f);
}

static void hash_contexts(struct deep_shared *m, struct deep_stream *s, const struct history *h)
{
    uint32_t b = SAMPLE * s->n_planes, stride = h->content.stride;
    uint32_t place = s->place; /* so many bytes further back they lie */
    uint64_t w = sample_code(h, b + place, SAMPLE), n = sample_code(h, stride + place, SAMPLE);
    uint64_t nw = sample_code(h, stride + b + place, SAMPLE);
    uint64_t ne = sample_code(h, stride - b + place, SAMPLE);
    uint64_t p = s->n_planes > 1 ? sample_code(h, SAMPLE + place, SAMPLE) : 0;
    uint64_t known = place > 0 ? history_last(h, 1) + 1 : 0;
    uint64_t salt = ((uint64_t)s->plane * SAMPLE + place) << 59 | known << 48;
    uint64_t best = (uint64_t)(s->guess[BLEND] + 0.5f);
    unsigned i = 0;
    context_set_hash(&s->set, i++, salt);
    context_set_hash(&s->set, i++, salt | best << 4 | 1);
    context_set_hash(&s->set, i++, salt | (best >> 3) << 4 | 2);
    context_set_hash(&s->set, i++, salt | w << 24 | n << 4 | 3);
    context_set_hash(&s->set, i++, salt | w << 4 | 4);
    context_set_hash(&s->set, i++, salt | n << 24 | p << 4 | 5);
    if (m->set.n == N_CONTEXTS_QUICK)
        return;
    context_set_hash(&s->set, i++, salt | (best >> 1) << 12 | (uint64_t)s->level[0] << 4 | 6);
    context_set_hash(&s->set, i++,
                     (salt | w << 24 | n << 4 | 7) * 0x9e3779b97f4a7c15 + (nw << 16 | ne));
    context_set_hash(&s->set, i++, salt | (w >> 4) << 28 | (n >> 4) << 16 | (ne >> 4) << 4 | 8);
    context_set_hash(&s->set, i++, salt | (best >> 2) << 20 | (uint64_t)s->texture << 4 | 9);
    context_set_hash(&s->set, i++, salt | p << 24 | w << 4 | 10);
    context_set_hash(&s->set, i++, salt | p << 24 | best << 4 | 11);
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct deep_shared *m = shared;
    struct deep_stream *s = stream;
    uint32_t stride = h->content.stride;
    uint32_t column = (h->n - h->content_start + stride - h->content.offset) % stride;
    if (h->n == h->content_start) {
        s->open = false;
        s->n_planes = content_samples(h->content.type).n_planes;
    }
    s->place = column % SAMPLE;
    if (s->place == 0 || !s->open) {
        if (s->open)
            learn(m, s, h);
        s->open = s->place == 0;
        s->plane = column / SAMPLE % s->n_planes;
        guess(m, s, h);
    }
    hash_contexts(m, s, h);
}

static unsigned bucket_of(float stretched)
{
    int i = (int)((stretched + 7.6f) * ((float)N_BUCKETS / 15.2f));
    return (unsigned)(i < 0 ? 0 : i >= N_BUCKETS ? N_BUCKETS - 1 : i);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct deep_shared *m = shared;
    struct deep_stream *s = stream;
    float stretched[DENSITY_GUESSES_MAX];
    unsigned bit = s->place * 8 + h->bit;
    density_predict(&s->density, m->kernels, inputs, stretched);
    for (unsigned k = 0; k < N_GUESSES; k++) {
        s->shape_entry[k] =
            &m->shape[k][(s->level[k] * N_BITS + bit) * N_BUCKETS + bucket_of(stretched[k])];
        inputs_add(inputs, m->tables->stretch[adaptive_p12(*s->shape_entry[k])]);
    }
    context_set_predict(&m->set, &s->set, h, inputs);
    inputs_select(inputs, s->level[0] * N_BITS + bit);
    inputs_select(inputs, s->level[GRADIENT] * N_BITS + bit);
    inputs_select(inputs, s->place * 256 + h->partial);
    inputs_select(inputs, bit * N_BUCKETS + bucket_of(stretched[BLEND]));
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct deep_shared *m = shared;
    struct deep_stream *s = stream;
    density_update(&s->density, bit);
    for (unsigned k = 0; k < N_GUESSES; k++)
        adaptive_update(s->shape_entry[k], bit, &m->tables->rates, SHAPE_LIMIT);
    context_set_update(&m->set, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *h)
{
    struct deep_shared *m = shared;
    struct deep_stream *s = stream;
    context_set_prefetch(&m->set, &s->set, h);
}

const struct component_ops deep_image_model_ops = {"deep_image", lay_out,  next_byte,  predict,
                                                   update,       prefetch, CONTENT_ALL};
