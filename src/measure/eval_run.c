/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker scores windows: it reads positions that are not scored without logits, then the others,
 * LM_BATCH positions a pass. Texts come sorted. Where they begin alike, it goes on from where they part: it has the model
 * forget the rest of the text before, or goes back to a copy of the model's state that it has made there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/find_start.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "engine/kv/kv_choose.h"
#include "generate/primed.h"
#include "measure/eval_state.h"

static const struct lm_model *lm_of(const struct eval_worker *worker)
{
    return model_file_lm(worker->evaluator->model->file);
}

static void lay_out(struct eval_worker *worker, struct arena *arena, size_t n_positions)
{
    const struct lm_model *lm = lm_of(worker);
    worker->logits = arena_take(arena, LM_BATCH * lm_logit_stride(lm) * sizeof *worker->logits);
    worker->mass = arena_take(arena, lm->shape.n_vocab * sizeof *worker->mass);
    worker->fed = arena_take(arena, n_positions * sizeof *worker->fed);
    worker->row = arena_take(arena, n_positions * sizeof *worker->row);
}

static struct lm_options lm_options(const struct eval_worker *worker)
{
    const struct tacit_evaluator *e = worker->evaluator;
    bool alone = e->n_workers == 1;
    return (struct lm_options){
        .n_streams = 1,
        .n_context = e->cut.window,
        .n_threads = alone && e->options.n_threads < LM_THREADS_MAX ? e->options.n_threads : 1,
        .cpu_features = e->features,
        .kv_kind = (enum kv_kind)e->options.kv,
        .kv_keep = e->options.kv_keep};
}

static enum tacit_status start_model(struct eval_worker *worker, const struct kv_heads *heads)
{
    struct lm_options options = lm_options(worker);
    kv_heads_use(&options, heads);
    return lm_state_create(&worker->lm, lm_of(worker), &options);
}

/* Starts the model anew for a text: heads keep what they would keep in a block that begins like the text. */
static enum tacit_status keep_for(struct eval_worker *worker, const struct eval_items *text)
{
    const struct tacit_evaluator *e = worker->evaluator;
    struct lm_options options = lm_options(worker);
    struct kv_heads heads;
    size_t n = 0;
    if (e->options.kv_keep == 0 || e->options.primed || worker->kept_for == text)
        return TACIT_OK;
    if (e->cut.has_first)
        worker->fed[n++] = e->first;
    for (size_t i = 0; i < text->n_items && n < worker->n_positions; i++)
        if (text->items[i] < lm_of(worker)->shape.n_vocab)
            worker->fed[n++] = text->items[i];
    TRY(kv_heads_choose(&heads, lm_of(worker), &options, e->options.kv_keep, worker->fed, n));
    worker->kept_for = text;
    if (heads.n == 0 && !worker->by_head)
        return TACIT_OK; /* as for the text before, of which the model may keep what is alike */
    worker->by_head = heads.n > 0;
    lm_state_destroy(worker->lm);
    worker->lm = NULL;
    worker->last_text = NULL;
    eval_copies_keep(&worker->copies, 0);
    return start_model(worker, &heads);
}

enum tacit_status eval_worker_prepare(struct eval_worker *worker, size_t n_positions)
{
    const struct tacit_primed *primed = worker->evaluator->options.primed;
    const struct kv_heads alike = {.n = 0};
    if (!worker->lm)
        TRY(start_model(worker, primed ? &primed->heads : &alike));
    if (worker->memory && n_positions <= worker->n_positions)
        return TACIT_OK;
    struct arena arena = {0};
    free(worker->memory);
    lay_out(worker, &arena, n_positions);
    worker->memory = aligned_alloc(ARENA_ALIGN, arena.used);
    if (!worker->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){worker->memory, arena.used, 0};
    lay_out(worker, &arena, n_positions);
    worker->n_positions = n_positions;
    return TACIT_OK;
}

void eval_worker_release(struct eval_worker *worker)
{
    lm_state_destroy(worker->lm);
    free(worker->memory);
    eval_copies_keep(&worker->copies, 0);
}

/* Fills fed and row. The model does not read bare bytes. */
static void line_up(struct eval_worker *worker, const struct eval_items *text,
                    const struct eval_window *w)
{
    uint32_t n_vocab = lm_of(worker)->shape.n_vocab;
    size_t n = 0;
    if (w->has_first)
        worker->fed[n++] = worker->evaluator->first;
    for (size_t i = w->begin; i < w->end; i++) {
        worker->row[i - w->begin] = (int64_t)n - 1;
        if (i + 1 < w->end && text->items[i] < n_vocab)
            worker->fed[n++] = text->items[i];
    }
    worker->n_fed = n;
}

/* row: the logits before the item, NULL: there are none. */
static void score_item(struct eval_worker *worker, struct eval_items *text, size_t i,
                       const float *row)
{
    struct tacit_evaluator *e = worker->evaluator;
    uint32_t n_vocab = lm_of(worker)->shape.n_vocab, item = text->items[i];
    struct tacit_eval_token *details = e->options.details ? &text->details[i] : NULL;
    double bits;
    if (row)
        bits = eval_token_bits(&e->kernels, worker->mass, row, n_vocab, item, details);
    else /* any token is as likely as any other */
        bits = (double)(strict_log((float)n_vocab) * STRICT_LOG2_E) +
               (item < n_vocab ? 0 : TACIT_EVAL_BARE_BITS);
    text->bits[i] = (float)bits;
    if (e->options.mixed)
        eval_mix_token(e->mix, row, item, &text->details[i]);
    atomic_fetch_add_explicit(&e->n_done, 1, memory_order_relaxed);
}

/* Begins a text's mix at its first window: there is one worker, which is done with the text
 * before. */
static enum tacit_status begin_mix(struct tacit_evaluator *e, const struct eval_items *text)
{
    if (!e->options.mixed || e->mix_text == text)
        return TACIT_OK;
    eval_mix_destroy(e->mix);
    e->mix_text = text;
    return eval_mix_create(&e->mix, e->model, &e->kernels, text->data, text->n_bytes);
}

/* How many items from the windows' beginnings are the same, so that they cost the same. 0 unless both windows are the
 * beginnings of their texts. */
static size_t items_alike(const struct eval_items *a, const struct eval_window *of_a,
                          const struct eval_items *b, const struct eval_window *of_b)
{
    size_t n = 0;
    if (of_a->begin != 0 || of_b->begin != 0 || of_a->score != of_b->score)
        return 0;
    while (n < of_a->end && n < of_b->end && a->items[n] == b->items[n])
        n++;
    return n;
}

/* Takes the costs of items score .. n - 1 from the window scored before. */
static void copy_costs(struct eval_worker *worker, struct eval_items *text, size_t score, size_t n)
{
    const struct eval_items *last = worker->last_text;
    if (n <= score)
        return;
    memcpy(text->bits + score, last->bits + score, (n - score) * sizeof *text->bits);
    if (text->details)
        memcpy(text->details + score, last->details + score, (n - score) * sizeof *text->details);
    atomic_fetch_add_explicit(&worker->evaluator->n_done, n - score, memory_order_relaxed);
}

/* The tokens to read before the one whose logits item n wants, if the window goes on behind n items that are those of
 * another text. */
static size_t tokens_alike(const struct eval_worker *worker, const struct eval_window *w, size_t n)
{
    return n > 0 && n < w->end && worker->row[n] > 0 ? (size_t)worker->row[n] : 0;
}

/* Tokens of the window that the model has read, beside those of a primed state. */
static size_t n_read(const struct eval_worker *worker)
{
    const struct tacit_primed *primed = worker->evaluator->options.primed;
    return (size_t)(lm_stream_position(worker->lm, 0) - (primed ? primed->info.n_tokens : 0));
}

/* Has the model stand where every window begins. */
static void go_to_start(struct eval_worker *worker)
{
    const struct tacit_primed *primed = worker->evaluator->options.primed;
    if (primed)
        lm_restore_stream(worker->lm, 0, primed->stream);
    else
        lm_reset_stream(worker->lm, 0);
}

/* Whether the model can simply forget the end of so many tokens. Nobody knows the tokens of a primed state. */
static bool can_forget(const struct eval_worker *worker, size_t n_tokens)
{
    return !worker->evaluator->options.primed && lm_has_all(worker->lm, n_tokens);
}

/* Has the model stand behind the first n tokens, or fewer. False: it would be none. */
static bool go_back(struct eval_worker *worker, size_t n)
{
    eval_copies_keep(&worker->copies, n); /* longer ones are not of this text */
    const struct eval_copy *last = eval_copies_last(&worker->copies);
    if (n == 0)
        return false;
    if (can_forget(worker, n) && lm_keep_first(worker->lm, 0, worker->fed, n) == TACIT_OK)
        return true;
    if (last)
        lm_restore_stream(worker->lm, 0, last->saved);
    return last != NULL;
}

/* Has the model forget what does not belong before the window. Returns the first item that is not
 * scored yet. */
static size_t begin_window(struct eval_worker *worker, struct eval_items *text,
                           const struct eval_window *w)
{
    size_t n_alike = 0;
    if (worker->last_text && !worker->evaluator->options.mixed)
        n_alike = items_alike(text, w, worker->last_text, &worker->last);
    if (go_back(worker, tokens_alike(worker, w, n_alike))) {
        copy_costs(worker, text, w->score, n_alike);
        return n_alike > w->score ? n_alike : w->score;
    }
    go_to_start(worker);
    return w->score;
}

/* A beginning of a text, and how many of the texts that come next have it. */
struct beginning {
    size_t n_tokens, n_texts;
};

/* Beginnings that the texts to come share with this one, from where the model stands, the longest first: where texts
 * are sorted, each shares no more than the one before. Returns how many; of too many the shortest is the last. */
static size_t find_beginnings(const struct eval_worker *worker, const struct eval_items *text,
                              const struct eval_window *w, struct beginning found[EVAL_COPIES_MAX])
{
    const struct tacit_evaluator *e = worker->evaluator;
    const struct eval_copy *last = eval_copies_last(&worker->copies);
    size_t n_found = 0, n_texts = 0, least = n_read(worker);
    if (last && last->n_tokens == least)
        least++;
    for (const struct eval_items *next = text + 1;
         next < e->texts + e->n_texts && next->n_windows > 0; next++) {
        struct eval_window of_next = eval_window_at(&e->cut, next->n_items, 0);
        size_t n = tokens_alike(worker, w, items_alike(text, w, next, &of_next));
        if (n == 0 || n < least)
            break;
        if ((n_found == 0 || n < found[n_found - 1].n_tokens) && n_found < EVAL_COPIES_MAX)
            n_found++;
        found[n_found - 1] = (struct beginning){n, ++n_texts};
    }
    return n_found;
}

/* Plans copies of the model's state where texts to come part from this one, unless the model can simply forget the
 * rest of each, and where the texts have more to gain than a pass over the weights more costs. */
static void plan_copies(struct eval_worker *worker, const struct eval_items *text,
                        const struct eval_window *w)
{
    enum { PASS_TOKENS = 16 }; /* that are read in the time of a pass, about */
    const struct tacit_evaluator *e = worker->evaluator;
    const struct eval_copy *last = eval_copies_last(&worker->copies);
    struct beginning found[EVAL_COPIES_MAX];
    size_t below = last ? last->n_tokens : 0;
    if (e->n_workers > 1 || e->options.mixed || can_forget(worker, e->n_longest))
        return;
    for (size_t i = find_beginnings(worker, text, w, found); i-- > 0;)
        if ((found[i].n_tokens - below) * found[i].n_texts >= PASS_TOKENS) {
            eval_copies_plan(&worker->copies, found[i].n_tokens);
            below = found[i].n_tokens;
        }
}

/* The model reads the window's tokens up to the given one, and copies are made where they are planned. logits: of all of
 * these tokens, or NULL. */
static enum tacit_status read_to(struct eval_worker *worker, size_t to, float *logits)
{
    size_t at = n_read(worker), stop;
    while ((stop = eval_copies_next(&worker->copies)) < to) {
        TRY(lm_prefill(worker->lm, 0, worker->fed + at, stop - at, logits));
        TRY(eval_copies_make(&worker->copies, worker->lm));
        if (logits)
            logits += (stop - at) * lm_logit_stride(lm_of(worker));
        at = stop;
    }
    return lm_prefill(worker->lm, 0, worker->fed + at, to - at, logits);
}

/* Scores items i .. of the window. */
static enum tacit_status score_items(struct eval_worker *worker, struct eval_items *text,
                                     const struct eval_window *w, size_t i)
{
    size_t stride = lm_logit_stride(lm_of(worker)), n_fed = worker->n_fed;
    for (; i < w->end && worker->row[i - w->begin] < 0; i++)
        score_item(worker, text, i, NULL);
    size_t at = i < w->end ? (size_t)worker->row[i - w->begin] : n_fed;
    TRY(read_to(worker, at, NULL));
    while (i < w->end && !atomic_load(&worker->evaluator->stop)) {
        size_t m = n_fed - at < LM_BATCH ? n_fed - at : LM_BATCH;
        TRY(read_to(worker, at + m, worker->logits));
        for (; i < w->end && (size_t)worker->row[i - w->begin] < at + m; i++)
            score_item(worker, text, i,
                       worker->logits + ((size_t)worker->row[i - w->begin] - at) * stride);
        at += m;
    }
    return TACIT_OK;
}

static enum tacit_status score_window(struct eval_worker *worker, struct eval_items *text,
                                      const struct eval_window *w)
{
    if (w->score >= w->end)
        return TACIT_OK;
    TRY(keep_for(worker, text));
    if (w->begin == 0) {
        text->cache_bytes = lm_stream_size(worker->lm, UINT64_MAX);
        text->cache_numbers = lm_stream_numbers(worker->lm);
    }
    line_up(worker, text, w);
    TRY(begin_mix(worker->evaluator, text));
    size_t first = begin_window(worker, text, w);
    plan_copies(worker, text, w);
    TRY(score_items(worker, text, w, first));
    worker->last_text = text;
    worker->last = *w;
    return TACIT_OK;
}

void eval_worker_run(void *argument)
{
    struct eval_worker *worker = argument;
    struct tacit_evaluator *e = worker->evaluator;
    worker->status = strict_float_check();
    while (worker->status == TACIT_OK && !atomic_load(&e->stop)) {
        size_t index = atomic_fetch_add(&e->next_window, 1);
        if (index >= e->n_windows)
            break;
        struct eval_items *text =
            &e->texts[find_start(e->texts, e->n_texts, sizeof *e->texts,
                                 offsetof(struct eval_items, first_window), index)];
        struct eval_window w = eval_window_at(&e->cut, text->n_items, index - text->first_window);
        worker->status = score_window(worker, text, &w);
    }
    if (worker->status != TACIT_OK)
        atomic_store(&e->stop, true);
}
