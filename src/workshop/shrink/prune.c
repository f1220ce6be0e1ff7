/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a model without a part of another's weights (tacit/shrink.h): chooses what stays, then builds the model from
 * those rows and columns.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "engine/lm_build.h"
#include "tacit/shrink.h"
#include "workshop/shrink/calibration.h"
#include "workshop/shrink/prune_bits.h"
#include "workshop/shrink/prune_heads.h"
#include "workshop/shrink/prune_keep.h"
#include "workshop/shrink/prune_layers.h"
#include "workshop/shrink/prune_neurons.h"
#include "workshop/shrink/prune_texts.h"
#include "workshop/shrink/prune_weights.h"
#include "workshop/shrink/source_model.h"
#include "workshop/train/say.h"

struct pruning {
    const struct tacit_prune *job;
    const struct tacit_train_sink *sink;
    const struct lm_model *from;
    struct prune_keep keep; /* keep.to: the shape of the result */
    struct calibration calibration;
    uint32_t *layers; /* [keep.to.n_layers]: of from */
    float *row;       /* [widest of from] */
    struct weight_pruner weights;
    const struct tensor *pruned; /* the matrix that `weights` is open for; NULL: none */
    struct prune_bits bits;      /* where weights go by bits */
};

static bool prunes_weights(const struct tacit_prune *job)
{
    return job->what == TACIT_PRUNE_WEIGHTS || job->what == TACIT_PRUNE_2_OF_4;
}

static bool weights_go_by_bits(const struct tacit_prune *job)
{
    return job->what == TACIT_PRUNE_WEIGHTS && job->by == TACIT_PRUNE_BY_BITS;
}

static bool fits(const struct tacit_prune *job)
{
    bool by_bits = job->by == TACIT_PRUNE_BY_BITS, by_error = job->by == TACIT_PRUNE_BY_SPARSEGPT;
    if (!(job->ratio > 0 && job->ratio < 1))
        return false;
    if (by_bits && (job->what == TACIT_PRUNE_2_OF_4 || job->what == TACIT_PRUNE_NEURONS))
        return false;
    if (job->what == TACIT_PRUNE_LAYERS && !by_bits)
        return false;
    if (job->what == TACIT_PRUNE_2_OF_4 && job->ratio != 0.5)
        return false;
    return !by_error || prunes_weights(job);
}

static enum tacit_status choose_neurons(struct pruning *p)
{
    uint32_t n = p->from->shape.n_hidden, n_layers = p->from->shape.n_layers;
    double units = (1 - p->job->ratio) * n / LM_UNIT;
    uint32_t n_kept = (uint32_t)(units + 0.5) * LM_UNIT;
    p->keep.to.n_hidden = n_kept > LM_UNIT ? n_kept : LM_UNIT;
    p->keep.neurons = malloc((size_t)n_layers * p->keep.to.n_hidden * sizeof *p->keep.neurons);
    if (!p->keep.neurons)
        return TACIT_ERR_MEMORY;
    for (uint32_t l = 0; l < n_layers; l++) {
        float *products =
            p->calibration.products ? p->calibration.products[lm_tensor_index(LM_DOWN, l)] : NULL;
        TRY(neurons_choose(p->keep.neurons + (size_t)l * p->keep.to.n_hidden, p->keep.to.n_hidden,
                           p->from, l, p->job->by, products));
    }
    say(p->sink, "%u of %u neurons a layer stay", (unsigned)p->keep.to.n_hidden, (unsigned)n);
    return TACIT_OK;
}

static enum tacit_status choose_heads(struct pruning *p, const struct tokenizer *tokenizer)
{
    struct lm_shape *to = &p->keep.to;
    uint32_t n = heads_that_go(to), n_gone = (uint32_t)(p->job->ratio * n + 0.5);
    n_gone = n_gone < 1 ? 1 : n_gone;
    if (n_gone >= n)
        return TACIT_ERR_ARGUMENT;
    p->keep.n_heads_kept = n - n_gone;
    to->n_heads = to->n_heads / n * p->keep.n_heads_kept;
    to->n_kv_heads = to->n_kv_heads > 1 ? p->keep.n_heads_kept : 1;
    p->keep.heads = malloc((size_t)to->n_layers * p->keep.n_heads_kept * sizeof *p->keep.heads);
    if (!p->keep.heads)
        return TACIT_ERR_MEMORY;
    say(p->sink, "%u of %u heads a layer stay", (unsigned)p->keep.n_heads_kept, (unsigned)n);
    return heads_choose(p->keep.heads, &(struct heads_job){.model = p->from,
                                                           .tokenizer = tokenizer,
                                                           .prune = p->job,
                                                           .calibration = &p->calibration,
                                                           .sink = p->sink,
                                                           .n_kept = p->keep.n_heads_kept});
}

static enum tacit_status open_bits(struct pruning *p, const struct tokenizer *tokenizer)
{
    enum tacit_status status = prune_bits_open(&p->bits, p->from, tokenizer, p->job);
    if (status == TACIT_OK)
        say(p->sink, "%zu tokens read; %.4f bits a token more expected", p->bits.fisher.n_tokens,
            p->bits.expected);
    return status == TACIT_ERR_UNSUPPORTED ? TACIT_ERR_ARGUMENT : status;
}

static enum tacit_status choose(struct pruning *p, const struct tokenizer *tokenizer)
{
    uint32_t n = p->from->shape.n_layers;
    p->keep.from = p->keep.to = p->from->shape;
    p->row = malloc(lm_shape_widest(&p->keep.to) * sizeof *p->row);
    p->layers = malloc(n * sizeof *p->layers);
    if (!p->row || !p->layers)
        return TACIT_ERR_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        p->layers[i] = i;
    if (p->job->by == TACIT_PRUNE_BY_WANDA || p->job->by == TACIT_PRUNE_BY_SPARSEGPT)
        TRY(calibration_run(&p->calibration, p->from, tokenizer, p->job->texts, p->job->n_texts));
    if (weights_go_by_bits(p->job))
        return open_bits(p, tokenizer);
    if (p->job->what == TACIT_PRUNE_NEURONS)
        return choose_neurons(p);
    if (p->job->what == TACIT_PRUNE_HEADS)
        return choose_heads(p, tokenizer);
    if (p->job->what != TACIT_PRUNE_LAYERS)
        return TACIT_OK;
    uint32_t n_gone = (uint32_t)(p->job->ratio * n + 0.5);
    n_gone = n_gone < 1 ? 1 : n_gone;
    if (n_gone >= n)
        return TACIT_ERR_ARGUMENT;
    p->keep.to.n_layers = n - n_gone;
    return layers_choose(p->layers, p->keep.to.n_layers, p->from, tokenizer, p->job, p->sink);
}

static enum tacit_status prune_weights(struct pruning *p, const struct tensor *t, size_t index,
                                       float *row)
{
    if (p->pruned != t) {
        float *products = p->calibration.products ? p->calibration.products[index] : NULL;
        if (!products && p->job->by != TACIT_PRUNE_BY_MAGNITUDE)
            return TACIT_OK; /* never multiplied */
        if (p->pruned)
            weight_pruner_close(&p->weights);
        p->pruned = NULL;
        p->weights = (struct weight_pruner){.by = p->job->by,
                                            .two_of_four = p->job->what == TACIT_PRUNE_2_OF_4,
                                            .ratio = p->job->ratio};
        TRY(weight_pruner_open(&p->weights, products, t->n_columns));
        p->pruned = t;
        if (p->sink->stop && p->sink->stop(p->sink->context))
            return TACIT_ERR_CANCELLED;
        say(p->sink, "%zu x %zu weights", t->n_rows, t->n_columns);
    }
    weight_pruner_row(&p->weights, row);
    return TACIT_OK;
}

/* An lm_row_fn. */
static enum tacit_status give_row(void *context, enum lm_tensor_id id, uint32_t new_layer,
                                  size_t row, float *dst)
{
    struct pruning *p = context;
    bool in_layer = id < LM_N_LAYER_TENSORS;
    uint32_t layer = in_layer ? p->layers[new_layer] : 0;
    const struct tensor *t = in_layer ? &p->from->layers[layer].tensors[id] : &p->from->tensors[id];
    if (t->n_rows == 0)
        memcpy(p->row, t->values, t->n_columns * sizeof *p->row);
    else
        tensor_row(t, prune_keep_row(&p->keep, id, layer, row), p->row);
    size_t n = lm_tensor_size(&p->keep.to, id).n_columns;
    for (size_t i = 0; i < n; i++)
        dst[i] = p->row[prune_keep_column(&p->keep, id, layer, i)];
    if (in_layer && t->n_rows > 0 && weights_go_by_bits(p->job))
        prune_bits_row(&p->bits, id, layer, row, dst);
    else if (in_layer && t->n_rows > 0 && prunes_weights(p->job))
        return prune_weights(p, t, lm_tensor_index(id, layer), dst);
    return TACIT_OK;
}

/* What the beginning of the texts costs, before and after. */
static enum tacit_status measure(const struct pruning *p, const struct tokenizer *tokenizer,
                                 const struct lm_model *made)
{
    struct prune_texts texts;
    double before = 0, after = 0;
    TRY(prune_texts_open(&texts, p->from, tokenizer, p->job));
    enum tacit_status status = prune_texts_cost(&before, &texts, p->from);
    if (status == TACIT_OK)
        status = prune_texts_cost(&after, &texts, made);
    prune_texts_close(&texts);
    say(p->sink, "%.4f bits a token, %.4f before", after, before);
    return status;
}

static enum tacit_status prune(const struct tacit_prune *job, const struct model_file *file,
                               const struct tacit_train_sink *sink)
{
    struct pruning p = {.job = job, .sink = sink, .from = model_file_lm(file)};
    struct lm_model *made = NULL;
    enum tacit_status status = choose(&p, model_file_tokenizer(file));
    if (status == TACIT_OK)
        status = lm_model_build(&made, &p.keep.to, give_row, &p);
    if (status == TACIT_OK && weights_go_by_bits(job))
        status = measure(&p, model_file_tokenizer(file), made);
    if (status == TACIT_OK)
        status = model_file_export_as(file, made, job->path);
    lm_model_destroy(made);
    if (p.pruned)
        weight_pruner_close(&p.weights);
    prune_bits_close(&p.bits);
    calibration_close(&p.calibration);
    free(p.layers);
    free(p.keep.neurons);
    free(p.keep.heads);
    free(p.row);
    return status;
}

enum tacit_status tacit_shrink_prune(const struct tacit_prune *job,
                                     const struct tacit_train_sink *sink)
{
    struct model_file *file;
    if (!fits(job))
        return TACIT_ERR_ARGUMENT;
    TRY(source_model_open(&file, job->model));
    enum tacit_status status = prune(job, file, sink);
    model_file_close(file);
    return status;
}
