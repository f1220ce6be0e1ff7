/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit train run`: the loop around trainer_step that schedules evaluation, checkpoints and the
 * log. out_dir receives state.bin, weights.bin and log.jsonl (one JSON object a line).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/try.h"
#include "workshop/train/files.h"
#include "workshop/train/say.h"
#include "workshop/train/trainer.h"

struct run {
    struct trainer trainer;
    struct corpus held;
    struct vocab vocab;
    const struct tacit_train_sink *sink;
    FILE *log;
    char state_path[CONFIG_PATH_MAX + 32], weights_path[CONFIG_PATH_MAX + 32];
    double started, tokens_per_second, loss; /* loss: smoothed, nats a token */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum tacit_status read_vocab(struct vocab *vocab, const struct config *config,
                                    const struct tacit_train_sink *sink)
{
    char path[CONFIG_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/vocab.bin", config->data_dir);
    enum tacit_status status = vocab_read(vocab, path);
    if (status == TACIT_OK && vocab->n_tokens != config->net.n_vocab)
        status = TACIT_ERR_MODEL_WRONG;
    return file_said(status, path, sink);
}

static enum tacit_status another_network(const struct run *r, const char *path)
{
    say(r->sink, "%s: of a network with other sizes than the configuration has", path);
    return TACIT_ERR_ARGUMENT;
}

static enum tacit_status take_up_weights(struct run *r, const char *weights)
{
    struct trainer *t = &r->trainer;
    struct net_config shape;
    struct vocab vocab;
    TRY(file_said(checkpoint_read_weights_head(weights, &shape, &vocab, &t->at), weights, r->sink));
    const bool same = vocab.n_tokens == r->vocab.n_tokens &&
                      !memcmp(vocab.tokens, r->vocab.tokens, vocab.n_tokens * sizeof *vocab.tokens);
    vocab_close(&vocab);
    if (!same) {
        say(r->sink, "%s was trained with another vocabulary than data_dir has", weights);
        return TACIT_ERR_ARGUMENT;
    }
    const enum tacit_status status = checkpoint_read_weights(weights, &t->net, t->arrays.params);
    if (status == TACIT_ERR_MODEL_WRONG)
        return another_network(r, weights);
    TRY(file_said(status, weights, r->sink));
    memcpy(t->arrays.ema, t->arrays.params, t->net.n_params * sizeof(float));
    t->at.resumed_at = t->at.step;
    t->at.n_adam = 0;
    say(r->sink, "resuming from %s at step %llu, the optimiser anew", weights,
        (unsigned long long)t->at.step);
    return TACIT_OK;
}

/* Loads the full state if there is one, else the weights given, else keeps random weights. A state
 * that cannot be read ends the run, since the run would write over it. */
static enum tacit_status take_up(struct run *r, const char *weights)
{
    struct trainer *t = &r->trainer;
    const enum tacit_status status =
        checkpoint_read_state(r->state_path, &t->net, &t->at, &t->arrays);
    if (status == TACIT_ERR_IO && errno == ENOENT)
        return weights ? take_up_weights(r, weights) : TACIT_OK;
    if (status == TACIT_ERR_MODEL_WRONG)
        return another_network(r, r->state_path);
    TRY(file_said(status, r->state_path, r->sink));
    say(r->sink, "resuming from %s at step %llu", r->state_path, (unsigned long long)t->at.step);
    return TACIT_OK;
}

static enum tacit_status save(struct run *r)
{
    struct trainer *t = &r->trainer;
    TRY(file_said(checkpoint_write_state(r->state_path, &t->net, &t->at, &t->arrays), r->state_path,
                  r->sink));
    return file_said(
        checkpoint_write_weights(r->weights_path, &t->net, &r->vocab, &t->at, t->arrays.ema),
        r->weights_path, r->sink);
}

/* Bits per byte of the held-out documents, weighted as in the mixture; a line of the log. */
static enum tacit_status evaluate(struct run *r)
{
    struct trainer *t = &r->trainer;
    double sum = 0, weight = 0;
    fprintf(r->log, "{\"step\":%llu,\"tokens\":%llu,\"held\":{", (unsigned long long)t->at.step,
            (unsigned long long)t->at.tokens);
    for (size_t i = 0; i < r->held.n_parts; i++) {
        const struct corpus_part *part = &r->held.parts[i];
        struct trainer_score score;
        TRY(trainer_score(t, t->arrays.ema, &r->vocab, &r->held, part, t->config.eval_seqs,
                          &score));
        if (!score.n_bytes)
            continue;
        const double bpb = score.nats / log(2) / (double)score.n_bytes;
        fprintf(r->log, "%s\"%s\":%.4f", weight > 0 ? "," : "", part->name, bpb);
        sum += bpb * part->weight;
        weight += part->weight;
    }
    fprintf(r->log, "},\"held_bpb\":%.4f}\n", weight > 0 ? sum / weight : 0);
    if (fflush(r->log) != 0)
        return file_said(TACIT_ERR_IO, "log.jsonl", r->sink);
    if (weight > 0)
        say(r->sink, "step %llu: held-out %.4f bits a byte", (unsigned long long)t->at.step,
            sum / weight);
    return TACIT_OK;
}

static void report(struct run *r, uint64_t stop, double seconds)
{
    const struct trainer *t = &r->trainer;
    const double rate = (double)t->config.batch_seqs * t->config.net.seq_len / seconds;
    r->tokens_per_second =
        r->tokens_per_second > 0 ? 0.95 * r->tokens_per_second + 0.05 * rate : rate;
    r->loss = r->loss > 0 ? 0.95 * r->loss + 0.05 * t->loss : t->loss;
    if (t->at.step % 10)
        return;
    fprintf(r->log,
            "{\"step\":%llu,\"tokens\":%llu,\"loss\":%.4f,\"lr\":%.6f,\"tokens_per_s\":%.0f,"
            "\"seconds\":%.1f}\n",
            (unsigned long long)t->at.step, (unsigned long long)t->at.tokens, r->loss,
            (double)t->optim.lr_matrix, r->tokens_per_second, t->at.seconds);
    fflush(r->log);
    const double left = (double)(stop - t->at.step) * t->config.batch_seqs * t->config.net.seq_len /
                        r->tokens_per_second;
    say(r->sink, "step %llu of %llu: loss %.4f nats a token, %.0f tokens/s, %.0f min left",
        (unsigned long long)t->at.step, (unsigned long long)stop, r->loss, r->tokens_per_second,
        left / 60);
}

static enum tacit_status loop(struct run *r)
{
    struct trainer *t = &r->trainer;
    const struct config *c = &t->config;
    const uint64_t stop = c->stop_step && c->stop_step < c->n_steps ? c->stop_step : c->n_steps;
    while (t->at.step < stop) {
        const double before = now();
        TRY(trainer_step(t));
        if (!(t->loss < 100)) {
            say(r->sink, "step %llu: the loss is not a number any more; nothing saved",
                (unsigned long long)t->at.step);
            return TACIT_ERR_STATE;
        }
        const double seconds = now() - before;
        t->at.seconds += seconds;
        report(r, stop, seconds);
        const bool asked = r->sink && r->sink->stop && r->sink->stop(r->sink->context);
        const bool last = t->at.step == stop;
        if (last || asked)
            TRY(save(r));
        else if (c->save_every && t->at.step % c->save_every == 0)
            (void)save(r); /* has said why, if it fails; perhaps there is room later */
        if ((c->eval_every && t->at.step % c->eval_every == 0) || last)
            TRY(evaluate(r));
        if (asked)
            return TACIT_ERR_CANCELLED;
    }
    return TACIT_OK;
}

static enum tacit_status start(struct run *r, const struct config *config, const char *weights)
{
    char log_path[CONFIG_PATH_MAX + 32];
    snprintf(r->state_path, sizeof r->state_path, "%s/state.bin", config->out_dir);
    snprintf(r->weights_path, sizeof r->weights_path, "%s/weights.bin", config->out_dir);
    snprintf(log_path, sizeof log_path, "%s/log.jsonl", config->out_dir);
    if (config->batch_seqs < config->n_threads) {
        say(r->sink, "batch_seqs is smaller than n_threads: each thread needs a sequence");
        return TACIT_ERR_ARGUMENT;
    }
    TRY(read_vocab(&r->vocab, config, r->sink));
    TRY(file_said(folder_make(config->out_dir), config->out_dir, r->sink));
    TRY(trainer_open(&r->trainer, config, false));
    TRY(take_up(r, weights));
    enum tacit_status status = trainer_open_corpus(&r->trainer);
    if (status == TACIT_OK)
        status = corpus_open_held(&r->held, config);
    if (status != TACIT_OK) {
        say(r->sink, "%s lacks the tokens of a category; was it prepared with this mixture?",
            config->data_dir);
        return status;
    }
    r->log = fopen(log_path, "a");
    if (!r->log) {
        say(r->sink, "%s: cannot be written", log_path);
        return TACIT_ERR_IO;
    }
    say(r->sink, "%zu parameters, %u threads, %s", r->trainer.net.n_params, config->n_threads,
        matmul_name(&r->trainer.threads[0].net.mm));
    return TACIT_OK;
}

static void finish(struct run *r)
{
    if (r->log)
        fclose(r->log);
    corpus_close(&r->held);
    vocab_close(&r->vocab);
    trainer_close(&r->trainer);
    free(r);
}

enum tacit_status tacit_train_run(const char *config_path, const char *weights,
                                  const struct tacit_train_sink *sink)
{
    struct config config;
    TRY(config_read_said(&config, config_path, sink));
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return TACIT_ERR_MEMORY;
    r->sink = sink;
    enum tacit_status status = start(r, &config, weights);
    if (status == TACIT_OK)
        status = loop(r);
    finish(r);
    return status;
}
