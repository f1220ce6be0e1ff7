/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/net/ops.h"

static enum tacit_status allocate(struct trainer *t)
{
    const size_t n = t->net.n_params;
    const struct config *c = &t->config;
    t->arrays.params = memory_zeroed(n * sizeof(float));
    t->arrays.m = memory_zeroed(n * sizeof(float));
    t->arrays.v = memory_zeroed(n * sizeof(float));
    t->arrays.ema = memory_zeroed(n * sizeof(float));
    t->batch = calloc((size_t)c->batch_seqs * (c->net.seq_len + 1), sizeof *t->batch);
    t->batch_size = calloc(c->batch_seqs, sizeof *t->batch_size);
    t->threads = calloc(c->n_threads, sizeof *t->threads);
    if (!t->arrays.params || !t->arrays.m || !t->arrays.v || !t->arrays.ema || !t->batch ||
        !t->batch_size || !t->threads)
        return TACIT_ERR_MEMORY;
    return TACIT_OK;
}

static enum tacit_status open_threads(struct trainer *t, bool exact)
{
    for (size_t i = 0; i < t->config.n_threads; i++) {
        struct trainer_thread *thread = &t->threads[i];
        thread->grad = memory_zeroed(t->net.n_params * sizeof(float));
        thread->ids = calloc(t->config.net.seq_len + 1, sizeof *thread->ids);
        if (!thread->grad || !thread->ids)
            return TACIT_ERR_MEMORY;
        TRY(net_work_open(&thread->net, &t->net, exact));
        TRY(optim_work_open(&thread->optim, &t->net, exact));
    }
    return TACIT_OK;
}

enum tacit_status trainer_open(struct trainer *t, const struct config *config, bool exact)
{
    memset(t, 0, sizeof *t);
    t->config = *config;
    enum tacit_status status = net_open(&t->net, &config->net);
    if (status == TACIT_OK)
        status = allocate(t);
    if (status == TACIT_OK)
        status = crew_create(&t->crew, config->n_threads);
    if (status == TACIT_OK)
        status = open_threads(t, exact);
    if (status != TACIT_OK) {
        trainer_close(t);
        return status;
    }
    net_init_params(&t->net, config->seed, t->arrays.params);
    memcpy(t->arrays.ema, t->arrays.params, t->net.n_params * sizeof(float));
    return TACIT_OK;
}

enum tacit_status trainer_open_corpus(struct trainer *t)
{
    return corpus_open_train(&t->corpus, &t->config, t->at.sequences);
}

void trainer_close(struct trainer *t)
{
    crew_destroy(t->crew);
    for (size_t i = 0; t->threads && i < t->config.n_threads; i++) {
        free(t->threads[i].grad);
        free(t->threads[i].ids);
        net_work_close(&t->threads[i].net);
        optim_work_close(&t->threads[i].optim);
    }
    free(t->threads);
    free(t->batch);
    free(t->batch_size);
    free(t->arrays.params);
    free(t->arrays.m);
    free(t->arrays.v);
    free(t->arrays.ema);
    corpus_close(&t->corpus);
    net_close(&t->net);
    memset(t, 0, sizeof *t);
}

static size_t batch_tokens(const struct trainer *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->config.batch_seqs; i++)
        n += t->batch_size[i];
    return n;
}

/* n inputs and the target of the last one, as the network takes them. */
static const uint32_t *widen(struct trainer_thread *thread, const uint16_t *ids, size_t n)
{
    for (size_t i = 0; i <= n; i++)
        thread->ids[i] = ids[i];
    return thread->ids;
}

static void learn_share(void *context, struct crew *crew, unsigned index)
{
    (void)crew;
    struct trainer *t = context;
    struct trainer_thread *thread = &t->threads[index];
    const size_t stride = t->config.net.seq_len + 1;
    const float scale = 1.0f / (float)batch_tokens(t);
    memset(thread->grad, 0, t->net.n_params * sizeof(float));
    thread->loss = 0;
    for (size_t i; (i = atomic_fetch_add(&t->n_taken, 1)) < t->config.batch_seqs;) {
        const uint32_t *ids = widen(thread, t->batch + i * stride, t->batch_size[i]);
        thread->loss += net_run(&t->net, &thread->net, t->arrays.params, t->batch_size[i], ids,
                                ids + 1, scale, thread->grad);
    }
}

/* Whether the thread of this index updates the parameter. */
static bool is_mine(const struct trainer *t, size_t param, size_t index)
{
    return param % t->config.n_threads == index;
}

/* Sums the threads' gradients into the first thread's, and the squares of the gradients that Adam
 * gets. */
static void gather_share(void *context, struct crew *crew, unsigned index)
{
    (void)crew;
    struct trainer *t = context;
    struct trainer_thread *thread = &t->threads[index];
    thread->norm2 = 0;
    for (size_t p = 0; p < t->net.n_table; p++) {
        const struct net_param *param = &t->net.table[p];
        if (!is_mine(t, p, index))
            continue;
        const size_t n = param->n_rows * param->n_cols;
        float *sum = t->threads[0].grad + param->offset;
        for (size_t j = 1; j < t->config.n_threads; j++)
            op_add(sum, t->threads[j].grad + param->offset, n);
        if (param->kind != NET_MATRIX)
            thread->norm2 += (double)op_dot(sum, sum, n);
    }
}

static void update_share(void *context, struct crew *crew, unsigned index)
{
    (void)crew;
    struct trainer *t = context;
    struct trainer_thread *thread = &t->threads[index];
    /* Until the window is full, averages over the run so far, so that the random start soon has no
     * weight. */
    const float n = (float)t->at.n_adam, keep = fminf(t->config.ema, (n + 1) / (n + 10));
    for (size_t p = 0; p < t->net.n_table; p++) {
        const struct net_param *param = &t->net.table[p];
        if (!is_mine(t, p, index))
            continue;
        optim_update(&thread->optim, param, &t->optim, t->arrays.params, t->threads[0].grad,
                     t->arrays.m, t->arrays.v);
        op_average(t->arrays.ema + param->offset, t->arrays.params + param->offset, keep,
                   param->n_rows * param->n_cols);
    }
}

static void plan_step(struct trainer *t)
{
    const struct config *c = &t->config;
    const float factor = optim_schedule(c, t->at.step, t->at.resumed_at);
    double norm2 = 0;
    for (size_t i = 0; i < c->n_threads; i++)
        norm2 += t->threads[i].norm2;
    const float norm = (float)sqrt(norm2);
    const float warm = t->at.n_adam < 300 ? (float)t->at.n_adam / 300 : 1;
    t->optim = (struct optim_step){
        .lr_matrix = c->lr_matrix * factor,
        .lr_table = c->lr_table * factor,
        .lr_vector = c->lr_vector * factor,
        .momentum = c->momentum * warm + 0.85f * (1 - warm),
        .weight_decay = c->weight_decay,
        .clip_scale = norm > c->clip ? c->clip / norm : 1,
        .n_done = t->at.n_adam,
    };
}

enum tacit_status trainer_step(struct trainer *t)
{
    const size_t stride = t->config.net.seq_len + 1, n_threads = t->config.n_threads;
    for (size_t i = 0; i < t->config.batch_seqs; i++)
        t->batch_size[i] = corpus_draw(&t->corpus, t->batch + i * stride);
    atomic_store(&t->n_taken, 0);
    crew_run(t->crew, learn_share, t);
    t->loss = 0;
    for (size_t i = 0; i < n_threads; i++)
        t->loss += t->threads[i].loss / (double)batch_tokens(t);
    crew_run(t->crew, gather_share, t);
    plan_step(t);
    crew_run(t->crew, update_share, t);
    t->at.step++;
    t->at.n_adam++;
    t->at.sequences = t->corpus.next;
    t->at.tokens += batch_tokens(t);
    return TACIT_OK;
}

struct scoring {
    struct trainer *t;
    const float *weights;
    const struct vocab *vocab;
    const struct corpus *corpus;
    const struct corpus_part *part;
    size_t n_windows, n_wanted;
    struct trainer_score *scores; /* one a thread */
};

static void score_share(void *context, struct crew *crew, unsigned index)
{
    (void)crew;
    const struct scoring *s = context;
    struct trainer_score *score = &s->scores[index];
    const size_t n_threads = s->t->config.n_threads;
    struct trainer_thread *thread = &s->t->threads[index];
    uint16_t *narrow = s->t->batch + index * (s->t->config.net.seq_len + 1);
    for (size_t i = index; i < s->n_wanted; i += n_threads) {
        const size_t window = i * s->n_windows / s->n_wanted;
        const size_t n = corpus_window(s->corpus, s->part, window, narrow);
        const uint32_t *ids = widen(thread, narrow, n);
        score->nats += net_run(&s->t->net, &thread->net, s->weights, n, ids, ids + 1, 0, NULL);
        score->n_tokens += n;
        for (size_t j = 1; j <= n; j++)
            score->n_bytes += s->vocab->tokens[ids[j]].n_bytes;
    }
}

enum tacit_status trainer_score(struct trainer *t, const float *weights, const struct vocab *vocab,
                                const struct corpus *corpus, const struct corpus_part *part,
                                size_t max_windows, struct trainer_score *score)
{
    struct trainer_score scores[CONFIG_THREADS_MAX] = {0};
    struct scoring s = {t, weights, vocab, corpus, part, corpus_n_windows(corpus, part), 0, scores};
    s.n_wanted = s.n_windows < max_windows ? s.n_windows : max_windows;
    memset(score, 0, sizeof *score);
    if (t->config.batch_seqs < t->config.n_threads)
        return TACIT_ERR_ARGUMENT;
    crew_run(t->crew, score_share, &s);
    for (size_t i = 0; i < t->config.n_threads; i++) {
        score->nats += scores[i].nats;
        score->n_bytes += scores[i].n_bytes;
        score->n_tokens += scores[i].n_tokens;
    }
    return TACIT_OK;
}
