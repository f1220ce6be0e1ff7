/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/inspect/attention.h"

#include <math.h>
#include <stdlib.h>

#include "base/try.h"
#include "workshop/inspect/sizes.h"
#include "workshop/inspect/spectrum.h"
#include "workshop/inspect/tensor_facts.h"

enum { FIRST = LM_SINK_TOKENS, RECENT = 8, BEGIN = 64 };

/* Of one query head: sums over the rows. */
struct shares {
    double first, recent, far, none, copy;
};

/* Keys or values of one head. */
struct vectors {
    double *products; /* [head_dim][head_dim]: X^T X */
    double square;
    float peak;
    uint64_t counts[256]; /* of the int8 numbers of each 64 */
    struct sizes sizes;
};

struct watcher {
    const struct lm_model *model;
    const struct text_tokens *text;
    size_t window; /* which one is being read */
    uint64_t n_rows;
    struct shares *shares;   /* [layers][heads] */
    struct vectors *vectors; /* [layers][kv heads][2] */
    double *products;        /* of all vectors */
};

/* The token at a position of the window. */
static uint32_t token_at(const struct watcher *w, uint64_t position)
{
    if (position == 0)
        return w->text->start;
    return w->text->tokens[w->window * TEXT_WINDOW + (size_t)position - 1];
}

static void add_shares(struct shares *to, const struct watcher *w, const float *scores, float sink,
                       uint64_t position)
{
    struct shares now = {0, 0, 0, 0, 0};
    uint32_t token = token_at(w, position);
    float top = sink;
    double sum;
    for (uint64_t i = 0; i <= position; i++)
        top = fmaxf(top, scores[i]);
    now.none = sink > -LM_SCORE_MAX ? exp((double)(sink - top)) : 0;
    for (uint64_t i = 0; i <= position; i++) {
        double weight = (double)expf(scores[i] - top);
        if (i < FIRST)
            now.first += weight;
        else if (position - i < RECENT)
            now.recent += weight;
        else
            now.far += weight;
        now.copy += i > 0 && token_at(w, i - 1) == token ? weight : 0;
    }
    sum = now.first + now.recent + now.far + now.none;
    to->first += now.first / sum;
    to->recent += now.recent / sum;
    to->far += now.far / sum;
    to->none += now.none / sum;
    to->copy += now.copy / sum;
}

/* As the cache rounds them: lm_quantize. */
static void count_rounded(struct vectors *to, const float *x, size_t n)
{
    for (size_t g = 0; g < n; g += LM_GROUP) {
        float top = 0;
        for (size_t i = 0; i < LM_GROUP; i++)
            top = fmaxf(top, fabsf(x[g + i]));
        for (size_t i = 0; i < LM_GROUP; i++)
            to->counts[(uint8_t)(top > 0 ? lrintf(x[g + i] * (LM_Q_MAX / top)) : 0)]++;
    }
}

static void add_vector(struct vectors *to, const float *x, size_t n)
{
    count_rounded(to, x, n);
    for (size_t i = 0; i < n; i++) {
        to->peak = fmaxf(to->peak, fabsf(x[i]));
        to->square += (double)x[i] * (double)x[i];
        sizes_add(&to->sizes, x[i]);
        for (size_t j = 0; j < n; j++)
            to->products[i * n + j] += (double)x[i] * (double)x[j];
    }
}

/* An lm_watch_fn. */
static void watch(void *context, const struct lm_attended *a)
{
    struct watcher *w = context;
    const struct lm_shape *s = &w->model->shape;
    bool is_new_row = a->layer == 0 && a->head == 0;
    if (is_new_row && a->position == 0 && w->n_rows > 0)
        w->window++;
    w->n_rows += is_new_row;
    struct vectors *v = w->vectors + 2 * ((size_t)a->layer * s->n_kv_heads + a->head);
    add_vector(&v[0], a->key, s->head_dim);
    add_vector(&v[1], a->value, s->head_dim);
    if (a->position < BEGIN)
        return;
    struct shares *to = w->shares + (size_t)a->layer * s->n_heads + a->head * a->n_queries;
    for (size_t i = 0; i < a->n_queries; i++)
        add_shares(&to[i], w, a->scores + i * a->stride, a->sinks[i], a->position);
}

static void tell_heads(const struct watcher *w, const struct tacit_inspection *job)
{
    uint32_t n_heads = w->model->shape.n_heads;
    for (uint32_t i = 0; i < w->model->shape.n_layers * n_heads; i++) {
        const struct shares *s = &w->shares[i];
        double n = s->first + s->recent + s->far + s->none; /* rows: each adds 1 */
        n = n > 0 ? n : 1;
        struct tacit_inspect_head head = {.layer = i / n_heads,
                                          .head = i % n_heads,
                                          .first = s->first / n,
                                          .recent = s->recent / n,
                                          .far = s->far / n,
                                          .none = s->none / n,
                                          .copy = s->copy / n};
        job->head(job->context, &head);
    }
}

/* Adds one head's vectors to its layer's. */
static enum tacit_status add_head(struct tacit_inspect_cache *cache, const struct vectors *v,
                                  size_t n, double *values)
{
    TRY(spectrum_eigenvalues(values, v->products, n));
    cache->n_ranks += n;
    cache->rank_90 += spectrum_rank(values, n, 0.90);
    cache->rank_99 += spectrum_rank(values, n, 0.99);
    return TACIT_OK;
}

static enum tacit_status tell_caches(const struct watcher *w, const struct tacit_inspection *job)
{
    const struct lm_shape *s = &w->model->shape;
    double values[512]; /* of a head: LM_SHAPE_SIZES */
    for (uint32_t layer = 0; layer < s->n_layers; layer++)
        for (int is_value = 0; is_value < 2; is_value++) {
            struct tacit_inspect_cache cache = {.layer = layer, .is_value = is_value};
            double square = 0, peak = 0;
            uint64_t counts[256] = {0};
            struct sizes sizes = {{0}};
            for (uint32_t head = 0; head < s->n_kv_heads; head++) {
                const struct vectors *v =
                    &w->vectors[2 * ((size_t)layer * s->n_kv_heads + head) + (size_t)is_value];
                square += v->square;
                peak = fmax(peak, (double)v->peak);
                for (size_t i = 0; i < 256; i++)
                    counts[i] += v->counts[i];
                for (size_t i = 0; i < SIZES_N; i++)
                    sizes.n[i] += v->sizes.n[i];
                TRY(add_head(&cache, v, s->head_dim, values));
            }
            double n = 0; /* layers with windows tell of fewer rows */
            for (size_t i = 0; i < 256; i++)
                n += (double)counts[i];
            n = n > 0 ? n : 1;
            cache.entropy = tensor_facts_entropy(counts, n);
            cache.peak = square > 0 ? peak / sqrt(square / n) : 0;
            cache.beyond_6 = sizes_beyond(&sizes, 6 * (float)sqrt(square / n));
            job->cache(job->context, &cache);
        }
    return TACIT_OK;
}

enum tacit_status attention_inspect(double *bits, const struct tacit_inspection *job,
                                    const struct lm_model *model, const struct text_tokens *text,
                                    lm_observe_fn *observe, void *observer)
{
    const struct lm_shape *s = &model->shape;
    struct watcher w = {.model = model, .text = text};
    size_t n_vectors = 2 * (size_t)s->n_layers * s->n_kv_heads;
    size_t n_products = (size_t)s->head_dim * s->head_dim;
    w.shares = calloc((size_t)s->n_layers * s->n_heads, sizeof *w.shares);
    w.vectors = calloc(n_vectors, sizeof *w.vectors);
    w.products = calloc(n_vectors * n_products, sizeof *w.products);
    enum tacit_status status = w.shares && w.vectors && w.products ? TACIT_OK : TACIT_ERR_MEMORY;
    for (size_t i = 0; status == TACIT_OK && i < n_vectors; i++)
        w.vectors[i].products = w.products + i * n_products;
    if (status == TACIT_OK)
        status = text_cost_watched(bits, model, text,
                                   &(struct text_watchers){watch, observe, &w, observer});
    if (status == TACIT_OK) {
        tell_heads(&w, job);
        status = tell_caches(&w, job);
    }
    free(w.shares);
    free(w.vectors);
    free(w.products);
    return status;
}
