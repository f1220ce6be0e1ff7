/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit train eval`: bits per byte by category and by evaluation file. Windows do not overlap and
 * each begins with BOS, so the figures are somewhat higher than those of a compressor with longer
 * streams.
 */
#include <math.h>
#include <stdlib.h>

#include "base/try.h"
#include "workshop/net/ops.h"
#include "workshop/train/say.h"
#include "workshop/train/trainer.h"

static void round_weights(const struct net *net, float *weights)
{
    for (size_t i = 0; i < net->n_table; i++) {
        const struct net_param *p = &net->table[i];
        if (p->kind != NET_VECTOR)
            op_round_rows(matrix(weights + p->offset, p->n_rows, p->n_cols, p->n_cols));
    }
}

static enum tacit_status score_parts(struct trainer *t, const struct vocab *vocab,
                                     const struct corpus *corpus, const char *what,
                                     const struct tacit_train_sink *sink)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < corpus->n_parts; i++) {
        const struct corpus_part *part = &corpus->parts[i];
        struct trainer_score s;
        TRY(trainer_score(t, t->arrays.params, vocab, corpus, part, t->config.eval_seqs, &s));
        if (!s.n_bytes)
            continue;
        const double bpb = s.nats / log(2) / (double)s.n_bytes;
        say(sink, "%s %s: %.4f bits a byte (%llu bytes, %llu tokens)", what, part->name, bpb,
            (unsigned long long)s.n_bytes, (unsigned long long)s.n_tokens);
        sum += bpb * (part->weight > 0 ? part->weight : 1);
        weight += part->weight > 0 ? part->weight : 1;
    }
    if (weight > 0)
        say(sink, "%s: %.4f bits a byte on average", what, sum / weight);
    return TACIT_OK;
}

static enum tacit_status evaluate(struct trainer *t, const struct vocab *vocab, int int8,
                                  const struct tacit_train_sink *sink)
{
    struct corpus corpus;
    if (int8) {
        round_weights(&t->net, t->arrays.params);
        for (size_t i = 0; i < t->config.n_threads; i++)
            t->threads[i].net.round_inputs = true;
    }
    TRY(file_said(corpus_open_held(&corpus, &t->config), t->config.data_dir, sink));
    enum tacit_status status = score_parts(t, vocab, &corpus, "held", sink);
    corpus_close(&corpus);
    if (status != TACIT_OK)
        return status;
    TRY(corpus_open_apart(&corpus, &t->config));
    status = score_parts(t, vocab, &corpus, "apart", sink);
    corpus_close(&corpus);
    return status;
}

enum tacit_status tacit_train_eval(const char *config_path, const char *weights, int int8,
                                   const struct tacit_train_sink *sink)
{
    struct config config;
    struct vocab vocab = {0};
    struct train_position at;
    TRY(config_read_said(&config, config_path, sink));
    TRY(file_said(checkpoint_read_weights_head(weights, &config.net, &vocab, &at), weights, sink));
    struct trainer *t = calloc(1, sizeof *t);
    enum tacit_status status = t ? trainer_open(t, &config, false) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        status = checkpoint_read_weights(weights, &t->net, t->arrays.params);
        if (status == TACIT_OK)
            status = evaluate(t, &vocab, int8, sink);
        trainer_close(t);
    }
    free(t);
    vocab_close(&vocab);
    return status;
}
