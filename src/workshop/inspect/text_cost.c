/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/inspect/text_cost.h"

#include <math.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/train/files.h"

static void take_tokens(struct text_tokens *text, const struct tokenizer *tokenizer,
                        uint32_t n_vocab, size_t n_items)
{
    for (size_t i = 0; i < n_items; i++)
        if (text->tokens[i] < n_vocab) {
            text->n_bytes += tokenizer_item_bytes(tokenizer, text->tokens[i]).n;
            text->tokens[text->n++] = text->tokens[i];
        }
}

enum tacit_status text_tokens_read(struct text_tokens *text, const struct lm_model *model,
                                   const struct tokenizer *tokenizer, const char *path,
                                   uint64_t n_bytes_max)
{
    uint8_t *data;
    size_t n_bytes, n_items;
    TRY(file_read(path, &data, &n_bytes));
    if (n_bytes > n_bytes_max)
        n_bytes = tokenizer_cut(data, n_bytes, (size_t)n_bytes_max);
    uint32_t start = tokenizer_start(tokenizer);
    *text = (struct text_tokens){.start = start == VOCABULARY_NONE ? 0 : start};
    text->tokens = malloc((n_bytes + 1) * sizeof *text->tokens);
    enum tacit_status status = text->tokens ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = tokenizer_encode(tokenizer, data, n_bytes, text->tokens, &n_items);
    free(data);
    if (status == TACIT_OK)
        take_tokens(text, tokenizer, model->shape.n_vocab, n_items);
    if (status == TACIT_OK && text->n_bytes == 0)
        status = TACIT_ERR_CONTENT_LIMIT;
    if (status != TACIT_OK)
        text_tokens_close(text);
    return status;
}

void text_tokens_close(struct text_tokens *text)
{
    free(text->tokens);
    text->tokens = NULL;
}

static int by_length(const void *a, const void *b)
{
    size_t x = ((const struct text_tokens *)a)->n, y = ((const struct text_tokens *)b)->n;
    return (x > y) - (x < y);
}

size_t text_tokens_share(struct text_tokens *texts, size_t n, size_t n_most)
{
    size_t n_tokens = 0;
    qsort(texts, n, sizeof *texts, by_length);
    for (size_t i = 0; i < n; i++) {
        size_t share = (n_most - n_tokens) / (n - i);
        texts[i].n = texts[i].n < share ? texts[i].n : share;
        n_tokens += texts[i].n;
    }
    return n_tokens;
}

struct pass {
    struct lm_state *lm;
    struct kernels kernels;
    float *logits;  /* [LM_BATCH][stride] */
    uint32_t *mass; /* [stride] */
    size_t stride;
    uint32_t n_vocab;
    struct text_watchers watchers;
};

static double token_bits(const struct pass *p, const float *logits, uint32_t token)
{
    float top = logits[0];
    uint64_t sum = 0;
    for (uint32_t i = 1; i < p->n_vocab; i++)
        top = logits[i] > top ? logits[i] : top;
    p->kernels.lm_token_masses(p->mass, logits, NULL, p->n_vocab);
    for (uint32_t i = 0; i < p->n_vocab; i++)
        sum += p->mass[i] - 1;
    double log_sum = log2((double)sum / (double)LM_MASS_ONE);
    return log_sum + (double)(top - logits[token]) / log(2);
}

/* A window: each token is predicted by those before it. */
static enum tacit_status read_window(struct pass *p, double *bits, const uint32_t *tokens, size_t n,
                                     uint32_t start)
{
    lm_reset_stream(p->lm, 0);
    for (size_t at = 0; at < n; at += LM_BATCH) {
        uint32_t inputs[LM_BATCH];
        size_t n_batch = n - at < LM_BATCH ? n - at : LM_BATCH;
        for (size_t i = 0; i < n_batch; i++)
            inputs[i] = at + i == 0 ? start : tokens[at + i - 1];
        TRY(lm_prefill(p->lm, 0, inputs, n_batch, p->logits));
        for (size_t i = 0; i < n_batch; i++)
            *bits += token_bits(p, p->logits + i * p->stride, tokens[at + i]);
    }
    return TACIT_OK;
}

static enum tacit_status read_windows(struct pass *p, double *bits, const struct text_tokens *text)
{
    for (size_t at = 0; at < text->n; at += TEXT_WINDOW) {
        size_t n = text->n - at < TEXT_WINDOW ? text->n - at : TEXT_WINDOW;
        TRY(read_window(p, bits, text->tokens + at, n, text->start));
    }
    return TACIT_OK;
}

static enum tacit_status run(struct pass *p, double *bits, const struct lm_model *model,
                             const struct text_tokens *text, unsigned n_threads)
{
    struct lm_options options = {.n_streams = 1,
                                 .n_context = 2 * TEXT_WINDOW,
                                 .n_threads =
                                     n_threads < LM_THREADS_MAX ? n_threads : LM_THREADS_MAX,
                                 .cpu_features = cpu_features()};
    *bits = 0;
    p->stride = lm_logit_stride(model);
    p->n_vocab = model->shape.n_vocab;
    kernels_select(&p->kernels, cpu_features());
    p->logits = memory_zeroed(LM_BATCH * p->stride * sizeof *p->logits);
    p->mass = memory_zeroed(p->stride * sizeof *p->mass);
    enum tacit_status status = p->logits && p->mass ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = lm_state_create(&p->lm, model, &options);
    if (status == TACIT_OK) {
        lm_state_watch(p->lm, p->watchers.watch, p->watchers.watcher);
        lm_state_observe(p->lm, p->watchers.observe, p->watchers.observer);
        status = read_windows(p, bits, text);
    }
    lm_state_destroy(p->lm);
    free(p->logits);
    free(p->mass);
    return status;
}

enum tacit_status text_cost(double *bits, const struct lm_model *model,
                            const struct text_tokens *text, unsigned n_threads)
{
    struct pass p = {.watchers = {.watch = NULL}};
    return run(&p, bits, model, text, n_threads ? n_threads : threads_available());
}

enum tacit_status text_cost_watched(double *bits, const struct lm_model *model,
                                    const struct text_tokens *text,
                                    const struct text_watchers *watchers)
{
    struct pass p = {.watchers = *watchers};
    return run(&p, bits, model, text, 1);
}
