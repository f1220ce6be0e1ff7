/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of samples, as the transform writes them: high byte first, an unsigned number.
 *
 * Least squares over the differences of earlier samples, and of the other channel's samples, guess
 * a sample. A chain of normalised LMS filters guesses the error, each filter the error that the
 * filter before left. Each of these guesses is the middle of a distribution as wide as recent
 * errors.
 */
#include <string.h>

#include "predict/components.h"
#include "predict/context_set.h"
#include "predict/density.h"
#include "predict/least_squares.h"
#include "predict/samples.h"

enum {
    N_CHANNELS = CONTENT_CHANNELS_MAX,
    BYTES_MAX = 4, /* of a sample */
    N_BITS = 8 * BYTES_MAX,
    N_SQUARES = 2, /* least squares: long and short */
    N_FILTERS = 3, /* the chain behind the first of them */
    N_GUESSES = N_SQUARES + N_FILTERS,
    TAPS_MAX = 256,
    N_LEVELS = 48, /* of recent error, half octaves */
    N_BUCKETS = 24,
    N_CONTEXTS = 6,
    SHAPE_LIMIT = 1000,
};

#define LEVEL_RATE 0.004f
#define FILTER_MAX 65536.0f

/* Normalised least mean squares. */
struct filter {
    unsigned n_taps;
    float rate;
    float *x;       /* [n_taps]: the newest first */
    float *weights; /* [n_taps] */
};

struct channel {
    struct least_squares squares[N_SQUARES];
    float x[N_SQUARES][LEAST_SQUARES_WIDTH_MAX] __attribute__((aligned(64)));
    struct filter filter[N_FILTERS];
    float fast_error[N_GUESSES], slow_error[N_GUESSES]; /* recent means */
    float level_error[N_GUESSES][N_LEVELS];             /* mean errors where a level was seen */
    unsigned level[N_GUESSES];
};

struct audio_shared {
    const struct input_tables *tables;
    const struct kernels *kernels;
    struct context_set set;
    struct channel *channels; /* [N_CHANNELS] */
    unsigned n_own[N_SQUARES], n_other[N_SQUARES];
    uint32_t shape[N_GUESSES][N_LEVELS * N_BITS * N_BUCKETS];
};

struct audio_stream {
    struct context_set_stream set;
    struct density density;
    struct sample_scale scale;
    unsigned channel;
    unsigned place; /* of the coming byte in its sample */
    bool open;      /* a sample was guessed and is not yet learnt */
    float base;
    float guess[N_GUESSES]; /* of the sample's value */
    float part[N_FILTERS];  /* what each filter added */
    uint32_t *shape_entry[N_GUESSES];
};

static void lay_out_channel(struct input_setup *setup, struct channel *channel, bool strong)
{
    static const float fading[N_SQUARES] = {0.998f, 0.98f};
    static const unsigned n_taps[N_FILTERS] = {256, 32, 16};
    static const float rate[N_FILTERS] = {0.005f, 0.01f, 0.01f};
    for (unsigned k = 0; k < N_SQUARES; k++) {
        struct least_squares squares;
        least_squares_lay_out(&squares, setup->arena, setup->kernels, k == 0 && strong ? 31 : 15,
                              fading[k], 4.0f, strong ? 1 : 8);
        if (channel != NULL)
            channel->squares[k] = squares;
    }
    for (unsigned k = 0; k < N_FILTERS; k++) {
        struct filter filter = {.n_taps = strong ? n_taps[k] : 16, .rate = rate[k]};
        filter.x = arena_take(setup->arena, filter.n_taps * sizeof(float));
        filter.weights = arena_take(setup->arena, filter.n_taps * sizeof(float));
        if (channel != NULL)
            channel->filter[k] = filter;
    }
    for (unsigned k = 0; channel != NULL && k < N_GUESSES; k++)
        for (unsigned level = 0; level < N_LEVELS; level++)
            channel->level_error[k][level] =
                (float)(int)(2 + (level & 1)) * (float)(int)(1u << level / 2) * 0.125f;
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    bool strong = setup->config->strength == CONTEXT_STRONG;
    struct audio_shared *m = self->shared = arena_take(setup->arena, sizeof *m);
    component_take_streams(setup, self, sizeof(struct audio_stream));
    struct channel *channels = arena_take(setup->arena, N_CHANNELS * sizeof *channels);
    for (unsigned i = 0; i < N_CHANNELS; i++)
        lay_out_channel(setup, channels != NULL ? &channels[i] : NULL, strong);
    context_set_lay_out(m != NULL ? &m->set : NULL, setup, N_CONTEXTS);
    shape_add_inputs(&setup->shape, 2 * N_GUESSES);
    shape_add_selector(&setup->shape, N_LEVELS * N_BITS);
    shape_add_selector(&setup->shape, BYTES_MAX * 256);
    shape_add_selector(&setup->shape, N_LEVELS * N_CHANNELS);
    if (channels == NULL)
        return;
    m->tables = setup->tables;
    m->kernels = setup->kernels;
    m->channels = channels;
    m->n_other[0] = strong ? 10 : 4;
    m->n_own[0] = (strong ? 31 : 15) - m->n_other[0];
    m->n_other[1] = 4;
    m->n_own[1] = 11;
    for (unsigned k = 0; k < N_GUESSES; k++)
        for (unsigned i = 0; i < N_LEVELS * N_BITS * N_BUCKETS; i++)
            m->shape[k][i] = adaptive_start((i % N_BUCKETS * 2 + 1) * 32768 / N_BUCKETS, 0);
}

static float value_at(const struct sample_scale *scale, const struct history *h, uint32_t back)
{
    return sample_value(scale, sample_code(h, back, scale->n_bytes));
}

/* Differences of this channel's earlier samples, then of the channel before it, whose sample of the
 * present frame is known. */
static void fill_inputs(float *x, unsigned n_own, unsigned n_other,
                        const struct sample_scale *scale, const struct history *h)
{
    uint32_t stride = h->content.stride;
    float last = value_at(scale, h, stride);
    for (unsigned i = 0; i < n_own; i++) {
        float before = value_at(scale, h, stride * (i + 2));
        x[i] = last - before;
        last = before;
    }
    if (stride == scale->n_bytes)
        return;
    last = value_at(scale, h, scale->n_bytes);
    for (unsigned i = 0; i < n_other; i++) {
        float before = value_at(scale, h, scale->n_bytes + stride * (i + 1));
        x[n_own + i] = last - before;
        last = before;
    }
}

static float filter_predict(const struct filter *f, const struct kernels *kernels)
{
    float out, *const weights = f->weights;
    kernels->mix_dots(&out, f->x, f->n_taps, &weights, 1);
    return out > FILTER_MAX ? FILTER_MAX : out < -FILTER_MAX ? -FILTER_MAX : out;
}

/* target: the value that the filter should have predicted, which becomes its newest input. */
static void filter_learn(struct filter *f, const struct kernels *kernels, float predicted,
                         float target)
{
    float power, *const x = f->x, *const weights = f->weights;
    kernels->mix_dots(&power, f->x, f->n_taps, &x, 1);
    float step = f->rate * 4.0f * (target - predicted) / (power / (float)(int)f->n_taps + 1.0f) /
                 (float)(int)f->n_taps;
    kernels->mix_train(&weights, 1, &step, f->x, f->n_taps);
    memmove(f->x + 1, f->x, (f->n_taps - 1) * sizeof *f->x);
    f->x[0] = target;
}

static float magnitude(float x)
{
    return x < 0 ? -x : x;
}

/* Half octaves: 1 is about 0.6, each two more are twice as much. */
static unsigned level_of(float error)
{
    unsigned level = 0;
    float bound = 0.5f;
    while (error > bound && level + 2 < N_LEVELS) {
        level += 2;
        bound *= 2.0f;
    }
    return level + (level > 0 && error > bound * 0.7071f);
}

static void learn(struct audio_shared *m, struct audio_stream *s, const struct history *h)
{
    struct channel *c = &m->channels[s->channel];
    float value = value_at(&s->scale, h, s->scale.n_bytes);
    for (unsigned k = 0; k < N_GUESSES; k++) {
        float error = magnitude(value - s->guess[k]) * s->scale.steps;
        c->fast_error[k] += (error - c->fast_error[k]) * 0.06f;
        c->slow_error[k] += (error - c->slow_error[k]) * 0.008f;
        float *mean = &c->level_error[k][c->level[k]];
        *mean += (error - *mean) * LEVEL_RATE;
    }
    for (unsigned k = 0; k < N_SQUARES; k++)
        least_squares_learn(&c->squares[k], c->x[k], value - s->base);
    float rest = value - s->guess[0];
    for (unsigned k = 0; k < N_FILTERS; k++) {
        filter_learn(&c->filter[k], m->kernels, s->part[k], rest);
        rest -= s->part[k];
    }
}

static float bounded(const struct sample_scale *scale, float guess)
{
    return guess < scale->min ? scale->min : guess > scale->max ? scale->max : guess;
}

static void guess(struct audio_shared *m, struct audio_stream *s, const struct history *h)
{
    struct channel *c = &m->channels[s->channel];
    const struct sample_scale *scale = &s->scale;
    uint32_t last = sample_code(h, h->content.stride, scale->n_bytes);
    s->base = sample_value(scale, last);
    float raw[N_GUESSES];
    for (unsigned k = 0; k < N_SQUARES; k++) {
        fill_inputs(c->x[k], m->n_own[k], m->n_other[k], scale, h);
        float x = s->base + least_squares_predict(&c->squares[k], c->x[k]);
        raw[k] = bounded(scale, x);
    }
    float sum = raw[0];
    for (unsigned k = 0; k < N_FILTERS; k++) {
        s->part[k] = filter_predict(&c->filter[k], m->kernels);
        sum += s->part[k];
        raw[N_SQUARES + k] = bounded(scale, sum);
    }
    bool simple = scale->n_bytes == 2;
    float zero = simple ? 32768.0f : scale->is_float ? 0.0f : -s->base;
    if (simple)
        density_begin(&s->density, 65536);
    else
        density_begin_sample(&s->density, scale, last);
    for (unsigned k = 0; k < N_GUESSES; k++) {
        s->guess[k] = raw[k];
        c->level[k] = level_of(0.5f * (c->fast_error[k] + c->slow_error[k]));
        density_guess(&s->density, (raw[k] + zero) * scale->steps,
                      0.55f * c->level_error[k][c->level[k]] + 0.1f);
    }
}

static void hash_contexts(struct audio_stream *s, const struct history *h)
{
    static const uint8_t shift[BYTES_MAX][2] = {{14, 12}, {12, 10}, {8, 6}, {4, 2}};
    unsigned i = 0, n_bytes = s->scale.n_bytes, place = s->place;
    uint64_t best = sample_guessed(&s->scale, s->guess[N_GUESSES - 1]);
    uint64_t salt = ((uint64_t)s->channel * n_bytes + place) << 59;
    uint64_t known = place > 0 ? history_last(h, place) + 1 : 0, stride = h->content.stride;
    uint64_t last = history_byte(h, (uint32_t)stride), other = history_byte(h, n_bytes);
    unsigned more = n_bytes == 2 ? 8 : 0, at = n_bytes == 2 ? 16 : 24;
    context_set_hash(&s->set, i++, salt | known << at | best >> (shift[place][0] - more));
    context_set_hash(&s->set, i++, salt | known << at | best >> (shift[place][1] - more));
    if (place < 2)
        context_set_hash(&s->set, i++, salt | known << at | last << 8 | best >> (16 - more));
    else /* sign and exponent of a float */
        context_set_hash(&s->set, i++, salt | (known - 1) >> (8 * place - 9) | 1 << 30);
    context_set_hash(&s->set, i++, salt | known << at | other << 8);
    context_set_hash(&s->set, i++, salt | known);
    context_set_hash(&s->set, i++, salt | history_last(h, 3) << 24 | 1);
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct audio_shared *m = shared;
    struct audio_stream *s = stream;
    uint32_t stride = h->content.stride;
    uint32_t column = (h->n - h->content_start + stride - h->content.offset) % stride;
    if (h->n == h->content_start) {
        s->open = false;
        s->scale = sample_scale_of(h->content.type);
    }
    s->place = column % s->scale.n_bytes;
    if (s->place == 0 || !s->open) {
        if (s->open)
            learn(m, s, h);
        s->open = s->place == 0;
        s->channel = column / s->scale.n_bytes;
        guess(m, s, h);
    }
    hash_contexts(s, h);
}

static unsigned bucket_of(float stretched)
{
    int i = (int)((stretched + 7.6f) * ((float)N_BUCKETS / 15.2f));
    return (unsigned)(i < 0 ? 0 : i >= N_BUCKETS ? N_BUCKETS - 1 : i);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct audio_shared *m = shared;
    struct audio_stream *s = stream;
    const struct channel *c = &m->channels[s->channel];
    float stretched[DENSITY_GUESSES_MAX];
    unsigned bit = s->density.floats ? density_width_log2(&s->density) : s->place * 8 + h->bit;
    density_predict(&s->density, m->kernels, inputs, stretched);
    for (unsigned k = 0; k < N_GUESSES; k++) {
        s->shape_entry[k] =
            &m->shape[k][(c->level[k] * N_BITS + bit) * N_BUCKETS + bucket_of(stretched[k])];
        inputs_add(inputs, m->tables->stretch[adaptive_p12(*s->shape_entry[k])]);
    }
    context_set_predict(&m->set, &s->set, h, inputs);
    inputs_select(inputs, c->level[N_GUESSES - 1] * N_BITS + bit);
    inputs_select(inputs, s->place * 256 + h->partial);
    inputs_select(inputs, c->level[1] * N_CHANNELS + s->channel);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct audio_shared *m = shared;
    struct audio_stream *s = stream;
    density_update(&s->density, bit);
    for (unsigned k = 0; k < N_GUESSES; k++)
        adaptive_update(s->shape_entry[k], bit, &m->tables->rates, SHAPE_LIMIT);
    context_set_update(&m->set, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *h)
{
    struct audio_shared *m = shared;
    struct audio_stream *s = stream;
    context_set_prefetch(&m->set, &s->set, h);
}

const struct component_ops audio_model_ops = {"audio", lay_out,  next_byte,  predict,
                                              update,  prefetch, CONTENT_ALL};
