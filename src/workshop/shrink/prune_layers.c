/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "engine/lm.h"
#include "workshop/train/files.h"

enum { WINDOW = 512, N_TOKENS = 2048 };

struct text {
    uint32_t tokens[N_TOKENS];
    size_t n;
    uint32_t first; /* before each window */
    float *logits;  /* [LM_BATCH][stride] */
};

static enum tacit_status add_file(struct text *text, const struct lm_model *model,
                                  const struct tokenizer *tokenizer, const char *path)
{
    uint8_t *data;
    size_t n_bytes, n = 0;
    TRY(file_read(path, &data, &n_bytes));
    uint32_t *items = malloc((n_bytes + 1) * sizeof *items);
    enum tacit_status status = items ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = tokenizer_encode(tokenizer, data, n_bytes, items, &n);
    for (size_t i = 0; status == TACIT_OK && i < n && text->n < N_TOKENS; i++)
        if (items[i] < model->shape.n_vocab)
            text->tokens[text->n++] = items[i];
    free(items);
    free(data);
    return status;
}

static enum tacit_status read_text(struct text *text, const struct lm_model *model,
                                   const struct tokenizer *tokenizer, const struct tacit_prune *job)
{
    uint32_t start = tokenizer_start(tokenizer);
    *text = (struct text){.first = start == VOCABULARY_NONE ? 0 : start};
    for (size_t i = 0; i < job->n_texts; i++)
        TRY(add_file(text, model, tokenizer, job->texts[i]));
    return text->n < WINDOW ? TACIT_ERR_CONTENT_LIMIT : TACIT_OK;
}

static double bits_of(const float *logits, uint32_t n_vocab, uint32_t token)
{
    double sum = 0, top = (double)logits[0];
    for (uint32_t i = 1; i < n_vocab; i++)
        top = fmax(top, (double)logits[i]);
    for (uint32_t i = 0; i < n_vocab; i++)
        sum += exp((double)logits[i] - top);
    return (log(sum) + top - (double)logits[token]) / log(2);
}

/* The model reads `first` and tokens[0 .. n - 1), and says what tokens[0 .. n) cost. */
static enum tacit_status window_cost(struct lm_state *lm, const struct lm_model *model,
                                     const struct text *text, const uint32_t *tokens, size_t n,
                                     double *bits)
{
    uint32_t fed[WINDOW] = {text->first};
    memcpy(fed + 1, tokens, (n - 1) * sizeof *fed);
    lm_reset_stream(lm, 0);
    for (size_t i = 0; i < n; i += LM_BATCH) {
        size_t m = n - i < LM_BATCH ? n - i : LM_BATCH;
        TRY(lm_prefill(lm, 0, fed + i, m, text->logits));
        for (size_t j = 0; j < m; j++)
            *bits += bits_of(text->logits + j * lm_logit_stride(model), model->shape.n_vocab,
                             tokens[i + j]);
    }
    return TACIT_OK;
}

static enum tacit_status text_cost(const struct lm_model *model, const struct text *text,
                                   double *bits)
{
    unsigned n_threads = threads_available();
    struct lm_options options = {.n_streams = 1,
                                 .n_context = WINDOW,
                                 .n_threads =
                                     n_threads < LM_THREADS_MAX ? n_threads : LM_THREADS_MAX,
                                 .cpu_features = cpu_features()};
    struct lm_state *lm;
    enum tacit_status status = lm_state_create(&lm, model, &options);
    *bits = 0;
    for (size_t at = 0; at < text->n && status == TACIT_OK; at += WINDOW)
        status = window_cost(lm, model, text, text->tokens + at,
                             text->n - at < WINDOW ? text->n - at : WINDOW, bits);
    lm_state_destroy(lm);
    return status;
}

/* The model with these layers only: a view that owns nothing. */
static struct lm_model with_layers(const struct lm_model *model, const uint32_t *kept, uint32_t n,
                                   struct lm_layer *layers)
{
    struct lm_model view = *model;
    for (uint32_t i = 0; i < n; i++)
        layers[i] = model->layers[kept[i]];
    view.layers = layers;
    view.shape.n_layers = n;
    return view;
}

/* Takes out of kept[0 .. n) the layer without which the text costs least. */
static enum tacit_status drop_one(uint32_t *kept, uint32_t n, const struct lm_model *model,
                                  const struct text *text, struct lm_layer *layers,
                                  const struct tacit_train_sink *sink)
{
    double least = 0;
    uint32_t best = 0, others[256];
    for (uint32_t i = 0; i < n; i++) {
        double bits;
        if (sink->stop && sink->stop(sink->context))
            return TACIT_ERR_CANCELLED;
        memcpy(others, kept, i * sizeof *others);
        memcpy(others + i, kept + i + 1, (n - 1 - i) * sizeof *others);
        struct lm_model view = with_layers(model, others, n - 1, layers);
        TRY(text_cost(&view, text, &bits));
        if (i == 0 || bits < least) {
            least = bits;
            best = i;
        }
    }
    say(sink, "layer %u goes: %.4f bits a token without it", (unsigned)kept[best] + 1,
        least / (double)text->n);
    memmove(kept + best, kept + best + 1, (n - 1 - best) * sizeof *kept);
    return TACIT_OK;
}

static enum tacit_status choose(uint32_t *kept, uint32_t n_kept, const struct lm_model *model,
                                const struct text *text, struct lm_layer *layers,
                                const struct tacit_train_sink *sink)
{
    uint32_t n = model->shape.n_layers, all[256];
    double bits;
    for (uint32_t i = 0; i < n; i++)
        all[i] = i;
    TRY(text_cost(model, text, &bits));
    say(sink, "%.4f bits a token with all %u layers", bits / (double)text->n, (unsigned)n);
    for (; n > n_kept; n--)
        TRY(drop_one(all, n, model, text, layers, sink));
    memcpy(kept, all, n_kept * sizeof *kept);
    return TACIT_OK;
}

enum tacit_status layers_choose(uint32_t *kept, uint32_t n_kept, const struct lm_model *model,
                                const struct tokenizer *tokenizer, const struct tacit_prune *job,
                                const struct tacit_train_sink *sink)
{
    struct text text;
    TRY(read_text(&text, model, tokenizer, job));
    struct lm_layer *layers = malloc(model->shape.n_layers * sizeof *layers);
    text.logits = aligned_alloc(64, LM_BATCH * lm_logit_stride(model) * sizeof *text.logits);
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (layers && text.logits)
        status = choose(kept, n_kept, model, &text, layers, sink);
    free(text.logits);
    free(layers);
    return status;
}
