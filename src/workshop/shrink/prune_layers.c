/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_layers.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/shrink/prune_texts.h"

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
                                  const struct prune_texts *texts, struct lm_layer *layers,
                                  const struct tacit_train_sink *sink)
{
    double least = 0;
    uint32_t best = 0, others[256];
    for (uint32_t i = 0; i < n; i++) {
        double cost;
        if (sink->stop && sink->stop(sink->context))
            return TACIT_ERR_CANCELLED;
        memcpy(others, kept, i * sizeof *others);
        memcpy(others + i, kept + i + 1, (n - 1 - i) * sizeof *others);
        struct lm_model view = with_layers(model, others, n - 1, layers);
        TRY(prune_texts_cost(&cost, texts, &view));
        if (i == 0 || cost < least) {
            least = cost;
            best = i;
        }
    }
    say(sink, "layer %u goes: %.4f bits a token without it", (unsigned)kept[best], least);
    memmove(kept + best, kept + best + 1, (n - 1 - best) * sizeof *kept);
    return TACIT_OK;
}

static enum tacit_status choose(uint32_t *kept, uint32_t n_kept, const struct lm_model *model,
                                const struct prune_texts *texts, struct lm_layer *layers,
                                const struct tacit_train_sink *sink)
{
    uint32_t n = model->shape.n_layers, all[256];
    double cost;
    for (uint32_t i = 0; i < n; i++)
        all[i] = i;
    TRY(prune_texts_cost(&cost, texts, model));
    say(sink, "%.4f bits a token with all %u layers", cost, (unsigned)n);
    for (; n > n_kept; n--)
        TRY(drop_one(all, n, model, texts, layers, sink));
    memcpy(kept, all, n_kept * sizeof *kept);
    return TACIT_OK;
}

enum tacit_status layers_choose(uint32_t *kept, uint32_t n_kept, const struct lm_model *model,
                                const struct tokenizer *tokenizer, const struct tacit_prune *job,
                                const struct tacit_train_sink *sink)
{
    struct prune_texts texts;
    TRY(prune_texts_open(&texts, model, tokenizer, job));
    struct lm_layer *layers = malloc(model->shape.n_layers * sizeof *layers);
    enum tacit_status status =
        layers ? choose(kept, n_kept, model, &texts, layers, sink) : TACIT_ERR_MEMORY;
    prune_texts_close(&texts);
    free(layers);
    return status;
}
