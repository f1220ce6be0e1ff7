/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/shrink/prune_bits.h"

#include <math.h>
#include <stdlib.h>

#include "base/strict_math.h"
#include "base/try.h"

/* Scores, which are at least 0, are counted by their upper bits: their order is that of the floats. */
enum { BIN_SHIFT = 12, N_BINS = 1 << (31 - BIN_SHIFT) };

struct score_bin {
    uint64_t n;
    double sum;
};

static void count_row(struct score_bin *bins, const float *weights, const float *fisher, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float score = weights[i] * weights[i] * fisher[i];
        struct score_bin *bin = &bins[strict_to_bits(score) >> BIN_SHIFT];
        bin->n++;
        bin->sum += (double)score;
    }
}

/* Returns the number of weights. */
static uint64_t count_layers(const struct prune_bits *bits, struct score_bin *bins, float *row,
                             const struct lm_model *model)
{
    uint64_t n = 0;
    for (size_t i = lm_tensor_index(0, 0); i < lm_n_tensors(&model->shape); i++) {
        uint32_t layer;
        enum lm_tensor_id id = lm_tensor_id_at(i, &layer);
        const struct tensor *t = lm_tensor_at(model, i);
        for (size_t r = 0; r < t->n_rows; r++) {
            tensor_row(t, r, row);
            count_row(bins, row, fisher_row(&bits->fisher, id, layer, r), t->n_columns);
        }
        n += t->n_rows * t->n_columns;
    }
    return n;
}

/* The limit is where a bin begins. */
static void set_limit(struct prune_bits *bits, const struct score_bin *bins, double n_gone)
{
    uint64_t n = 0;
    uint32_t bin = 0;
    double nats = 0;
    for (; bin + 1 < N_BINS && (double)n < n_gone; bin++) {
        n += bins[bin].n;
        nats += 0.5 * bins[bin].sum;
    }
    bits->limit = strict_from_bits(bin << BIN_SHIFT);
    bits->expected = nats / log(2) / (double)bits->fisher.n_tokens;
}

enum tacit_status prune_bits_open(struct prune_bits *bits, const struct lm_model *model,
                                  const struct tokenizer *tokenizer, const struct tacit_prune *job)
{
    TRY(fisher_run(&bits->fisher, model, tokenizer, job->texts, job->n_texts));
    struct score_bin *bins = calloc(N_BINS, sizeof *bins);
    float *row = malloc(lm_shape_widest(&model->shape) * sizeof *row);
    enum tacit_status status = bins && row ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        set_limit(bits, bins, job->ratio * (double)count_layers(bits, bins, row, model));
    else
        prune_bits_close(bits);
    free(bins);
    free(row);
    return status;
}

void prune_bits_close(struct prune_bits *bits)
{
    fisher_close(&bits->fisher);
}

void prune_bits_row(const struct prune_bits *bits, enum lm_tensor_id id, uint32_t layer, size_t row,
                    float *weights)
{
    const float *fisher = fisher_row(&bits->fisher, id, layer, row);
    size_t n = lm_tensor_size(&bits->fisher.net.shape, id).n_columns;
    for (size_t i = 0; i < n; i++)
        if (weights[i] * weights[i] * fisher[i] < bits->limit)
            weights[i] = 0;
}
