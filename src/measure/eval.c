/* SPDX-License-Identifier: Apache-2.0
 *
 * The evaluator (tacit/eval.h): checks options, turns texts into items, gives windows to workers,
 * and adds up the costs.
 */
#include "tacit/eval.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/struct_size.h"
#include "base/try.h"
#include "generate/primed.h"
#include "measure/eval_state.h"
#include "measure/text_count.h"

enum { WINDOW_DEFAULT = 2048, HKUST_WINDOW = 1900, HKUST_STRIDE = 512, LLAMA_WINDOW = 512 };

enum tacit_status tacit_eval_options_init_sized(struct tacit_eval_options *options,
                                                size_t struct_size)
{
    const struct tacit_eval_options defaults = {.first_token = -1};
    options->struct_size = struct_size;
    return struct_give(options, &defaults, sizeof defaults);
}

enum tacit_status tacit_evaluator_count_tokens(const struct tacit_evaluator *e, const void *data,
                                               size_t n_bytes, size_t *n_tokens)
{
    uint32_t *items = malloc((n_bytes + 1) * sizeof *items);
    if (!items)
        return TACIT_ERR_MEMORY;
    enum tacit_status status =
        tokenizer_encode(model_file_tokenizer(e->model->file), data, n_bytes, items, n_tokens);
    free(items);
    return status;
}

enum tacit_status tacit_eval_count(const void *data, size_t n_bytes,
                                   struct tacit_eval_result *result)
{
    struct text_count count = {0, 0};
    text_count_add(&count, data, n_bytes, 0, n_bytes);
    const struct tacit_eval_result full = {.n_bytes = n_bytes,
                                           .n_chars = count.n_chars,
                                           .n_words = count.n_words,
                                           .n_scored_bytes = n_bytes,
                                           .n_scored_chars = count.n_chars,
                                           .n_scored_words = count.n_words};
    return struct_give(result, &full, sizeof full);
}

/* Takes over the context that a state was primed with. */
static enum tacit_status take_primed(struct tacit_evaluator *e)
{
    struct tacit_eval_options *o = &e->options;
    if (!o->primed)
        return TACIT_OK;
    const struct tacit_primed_info *info = &o->primed->info;
    if (!primed_is_of(info, e->model))
        return TACIT_ERR_MODEL_WRONG;
    if (o->convention != TACIT_EVAL_ROLLING || o->mixed || o->first_token != -1 ||
        info->kv != o->kv || info->kv_keep != o->kv_keep ||
        (o->window != 0 && o->window != info->n_context))
        return TACIT_ERR_ARGUMENT;
    o->window = info->n_context;
    return TACIT_OK;
}

static enum tacit_status make_cut(struct tacit_evaluator *e)
{
    struct tacit_eval_options *o = &e->options;
    bool hkust = o->convention == TACIT_EVAL_HKUST;
    bool llama = o->convention == TACIT_EVAL_LLAMA_PERPLEXITY;
    unsigned usual = hkust ? HKUST_WINDOW : llama ? LLAMA_WINDOW : WINDOW_DEFAULT;
    unsigned window = o->window ? o->window : usual;
    unsigned usual_stride = hkust && window >= HKUST_STRIDE ? HKUST_STRIDE : window;
    unsigned stride = o->stride ? o->stride : usual_stride;
    bool in_order = o->convention == TACIT_EVAL_WINDOWS || o->convention == TACIT_EVAL_ROLLING;
    if ((o->mixed && !in_order) || o->convention > TACIT_EVAL_HKUST ||
        (unsigned)o->kv >= KV_N_KINDS || o->kv_keep > 99 || window > TACIT_EVAL_WINDOW_MAX ||
        stride > window || window < 2)
        return TACIT_ERR_ARGUMENT;
    uint32_t own = tokenizer_start(model_file_tokenizer(e->model->file));
    uint32_t n_vocab = model_file_lm(e->model->file)->shape.n_vocab;
    if (o->first_token < -2 || o->first_token >= (int64_t)n_vocab)
        return TACIT_ERR_ARGUMENT;
    e->first = o->first_token >= 0 ? (uint32_t)o->first_token : own == VOCABULARY_NONE ? 0 : own;
    bool has_first = o->first_token >= 0 || (o->first_token == -1 && !llama && !hkust);
    if (o->primed) /* has been read but for its last token */
        e->first = o->primed->last_token;
    e->cut = (struct eval_cut){o->convention, window, stride, has_first};
    return TACIT_OK;
}

static enum tacit_status start(struct tacit_evaluator *e)
{
    if (e->options.n_threads > TACIT_THREADS_MAX)
        return TACIT_ERR_ARGUMENT;
    TRY(cpu_features_named(e->options.cpu, &e->features));
    TRY(take_primed(e));
    TRY(make_cut(e));
    kernels_select(&e->kernels, e->features);
    if (e->options.n_threads == 0)
        e->options.n_threads = threads_available();
    /* With one window at a time the model divides its work among the threads; with many, each
     * thread takes a window. */
    e->n_workers =
        e->cut.convention == TACIT_EVAL_ROLLING || e->options.mixed ? 1 : e->options.n_threads;
    if (e->n_workers > EVAL_WORKERS_MAX)
        e->n_workers = EVAL_WORKERS_MAX;
    for (unsigned i = 0; i < e->n_workers; i++) {
        e->workers[i].evaluator = e;
        e->workers[i].task.run = eval_worker_run;
        e->workers[i].task.argument = &e->workers[i];
    }
    return thread_pool_create(&e->pool, e->n_workers);
}

enum tacit_status tacit_evaluator_create(struct tacit_evaluator **evaluator,
                                         const struct tacit_model *model,
                                         const struct tacit_eval_options *options)
{
    *evaluator = NULL;
    if (!model)
        return TACIT_ERR_ARGUMENT;
    struct tacit_evaluator *e = calloc(1, sizeof *e);
    if (!e)
        return TACIT_ERR_MEMORY;
    e->model = model;
    tacit_eval_options_init(&e->options);
    enum tacit_status status = TACIT_OK;
    if (options)
        status = struct_take(&e->options, sizeof e->options, options);
    if (status == TACIT_OK)
        status = start(e);
    if (status != TACIT_OK) {
        tacit_evaluator_destroy(e);
        return status;
    }
    *evaluator = e;
    return TACIT_OK;
}

void tacit_evaluator_destroy(struct tacit_evaluator *e)
{
    if (!e)
        return;
    thread_pool_destroy(e->pool);
    for (unsigned i = 0; i < e->n_workers; i++)
        eval_worker_release(&e->workers[i]);
    free(e);
}

const void *tacit_evaluator_token_bytes(const struct tacit_evaluator *e, uint32_t token,
                                        size_t *n_bytes)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(e->model->file);
    struct byte_view bytes = {NULL, 0};
    if (token < tokenizer_n_items(tokenizer))
        bytes = tokenizer_item_bytes(tokenizer, token);
    *n_bytes = bytes.n;
    return bytes.data;
}

/* Writes one text as items; none is scored yet. */
static enum tacit_status itemise(struct tacit_evaluator *e, struct eval_items *text,
                                 const struct tacit_eval_text *given)
{
    text->data = given->data;
    text->n_bytes = given->n_bytes;
    if (given->n_bytes == 0)
        return TACIT_OK;
    text->items = malloc(given->n_bytes * sizeof *text->items);
    if (!text->items)
        return TACIT_ERR_MEMORY;
    TRY(tokenizer_encode(model_file_tokenizer(e->model->file), given->data, given->n_bytes,
                         text->items, &text->n_items));
    uint32_t *less = realloc(text->items, text->n_items * sizeof *text->items);
    text->items = less ? less : text->items;
    text->bits = malloc(text->n_items * sizeof *text->bits);
    bool details = e->options.details || e->options.mixed;
    if (details)
        text->details = calloc(text->n_items, sizeof *text->details);
    if (!text->bits || (details && !text->details))
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < text->n_items; i++)
        text->bits[i] = -1;
    return TACIT_OK;
}

/* Texts that begin alike come together. */
static int by_items(const void *a, const void *b)
{
    const struct eval_items *x = a, *y = b;
    size_t i = 0, n = x->n_items < y->n_items ? x->n_items : y->n_items;
    while (i < n && x->items[i] == y->items[i])
        i++;
    if (i < n)
        return x->items[i] < y->items[i] ? -1 : 1;
    return (x->n_items > n) - (y->n_items > n);
}

static int by_index(const void *a, const void *b)
{
    const struct eval_items *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

static enum tacit_status prepare(struct tacit_evaluator *e, const struct tacit_eval_text *texts)
{
    e->n_windows = e->n_tokens = 0;
    e->n_longest = 1;
    for (size_t i = 0; i < e->n_texts; i++) {
        e->texts[i].index = i;
        TRY(itemise(e, &e->texts[i], &texts[i]));
    }
    qsort(e->texts, e->n_texts, sizeof *e->texts, by_items);
    for (size_t i = 0; i < e->n_texts; i++) {
        struct eval_items *text = &e->texts[i];
        size_t n = eval_window_positions(&e->cut, text->n_items);
        e->n_longest = n > e->n_longest ? n : e->n_longest;
        text->n_windows = eval_n_windows(&e->cut, text->n_items);
        text->first_window = e->n_windows;
        e->n_windows += text->n_windows;
        e->n_tokens += text->n_items;
    }
    for (unsigned i = 0; i < e->n_workers && (i == 0 || i < e->n_windows); i++)
        TRY(eval_worker_prepare(&e->workers[i], e->n_longest));
    for (unsigned i = 0; i < e->n_workers; i++) {
        e->workers[i].last_text = e->workers[i].kept_for = NULL;
        eval_copies_keep(&e->workers[i].copies, 0);
    }
    atomic_store(&e->next_window, 0);
    atomic_store(&e->n_done, 0);
    atomic_store(&e->stop, false);
    return TACIT_OK;
}

static void report(struct tacit_evaluator *e)
{
    if (e->options.progress &&
        e->options.progress(e->options.progress_context, atomic_load(&e->n_done), e->n_tokens))
        atomic_store(&e->stop, true);
}

static enum tacit_status score_all(struct tacit_evaluator *e)
{
    enum { PROGRESS_MS = 100 };
    unsigned n = e->n_windows < e->n_workers ? (unsigned)e->n_windows : e->n_workers;
    for (unsigned i = 0; i < n; i++)
        thread_pool_submit(e->pool, &e->workers[i].task);
    for (unsigned i = 0; i < n; i++)
        while (!thread_task_wait(e->pool, &e->workers[i].task, PROGRESS_MS))
            report(e);
    for (unsigned i = 0; i < n; i++)
        TRY(e->workers[i].status);
    report(e); /* reports the end, however short the run was */
    return atomic_load(&e->stop) ? TACIT_ERR_CANCELLED : TACIT_OK;
}

/* Adds up a text's costs and reports each. */
static enum tacit_status tell(const struct tacit_evaluator *e, size_t index,
                              struct tacit_eval_result *result, tacit_eval_token_fn on_token,
                              void *context)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(e->model->file);
    const struct eval_items *text = &e->texts[index];
    struct text_count all = {0, 0}, scored = {0, 0};
    struct tacit_eval_result sums = {0};
    size_t offset = 0;
    for (size_t i = 0; i < text->n_items; i++) {
        struct tacit_eval_token token = {0};
        size_t n = tokenizer_item_bytes(tokenizer, text->items[i]).n, end = offset + n;
        if (text->bits[i] >= 0) {
            text_count_add(&scored, text->data, text->n_bytes, offset, end);
            sums.n_scored_bytes += n;
            sums.n_scored_tokens++;
            sums.bits += (double)text->bits[i];
            token = text->details ? text->details[i] : token;
            token.text = index;
            token.offset = offset;
            token.n_bytes = n;
            token.bits = (double)text->bits[i];
            if (on_token && on_token(context, &token))
                return TACIT_ERR_CANCELLED;
        }
        offset = end;
    }
    text_count_add(&all, text->data, text->n_bytes, 0, text->n_bytes);
    sums.n_bytes = text->n_bytes;
    sums.n_tokens = text->n_items;
    sums.n_chars = all.n_chars;
    sums.n_words = all.n_words;
    sums.cache_bytes = text->cache_bytes;
    sums.cache_numbers = text->cache_numbers;
    sums.n_scored_chars = scored.n_chars;
    sums.n_scored_words = scored.n_words;
    return struct_give(result, &sums, sizeof sums);
}

/* The caller may have been compiled with a shorter struct; the array has the caller's stride. */
static struct tacit_eval_result *result_at(struct tacit_eval_result *results, size_t i)
{
    void *at = (uint8_t *)results + i * results->struct_size;
    return at;
}

static enum tacit_status run(struct tacit_evaluator *e, const struct tacit_eval_text *texts,
                             struct tacit_eval_result *results, tacit_eval_token_fn on_token,
                             void *context)
{
    for (size_t i = 0; i < e->n_texts; i++)
        if (result_at(results, i)->struct_size != results->struct_size)
            return TACIT_ERR_ARGUMENT;
    TRY(prepare(e, texts));
    TRY(score_all(e));
    qsort(e->texts, e->n_texts, sizeof *e->texts, by_index);
    for (size_t i = 0; i < e->n_texts; i++)
        TRY(tell(e, i, result_at(results, i), on_token, context));
    return TACIT_OK;
}

enum tacit_status tacit_evaluator_run(struct tacit_evaluator *e,
                                      const struct tacit_eval_text *texts, size_t n_texts,
                                      struct tacit_eval_result *results,
                                      tacit_eval_token_fn on_token, void *context)
{
    if (n_texts == 0)
        return TACIT_OK;
    e->texts = calloc(n_texts, sizeof *e->texts);
    if (!e->texts)
        return TACIT_ERR_MEMORY;
    e->n_texts = n_texts;
    enum tacit_status status = run(e, texts, results, on_token, context);
    for (size_t i = 0; i < n_texts; i++) {
        free(e->texts[i].items);
        free(e->texts[i].bits);
        free(e->texts[i].details);
    }
    free(e->texts);
    e->texts = NULL;
    eval_mix_destroy(e->mix);
    e->mix = NULL;
    e->mix_text = NULL;
    return status;
}
