/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model recover` and `tacit train distil`: trains a model on text (tacit/shrink.h). One loop: windows, gradient, step of Adam; now and
 * then a state on the disk.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/try.h"
#include "tacit/shrink.h"
#include "workshop/net/random.h"
#include "workshop/recover/batch_gradient.h"
#include "workshop/recover/new_model.h"
#include "workshop/recover/recover_state.h"
#include "workshop/recover/recover_text.h"
#include "workshop/shrink/source_model.h"
#include "workshop/train/say.h"

enum {
    WINDOW = 512, /* tokens, or fewer if the model was trained on fewer positions */
    WARMUP = 10,  /* steps in which the learning rate rises */
    SAVE_SECONDS = 300,
    SAY_SECONDS = 10,
    STATE_PATH_MAX = 4096,
};

struct recovery {
    const struct tacit_recover *job;
    const struct tacit_train_sink *sink;
    struct tacit_recover_report *report;
    const struct lm_model *model; /* that learns: the file's, or `made` */
    struct lm_model *made;        /* by a configuration, or NULL */
    struct recover_text text;
    struct net net;
    struct adapter adapter;
    struct teacher teacher; /* without a file: none */
    struct batch_gradient batch;
    struct recover_position at;
    uint8_t arguments[SHA256_BYTES];
    char state_path[STATE_PATH_MAX];
    double loss; /* nats a token, smoothed; 0: none yet */
};

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static enum tacit_status
fail(struct recovery *r, enum tacit_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->report->why, sizeof r->report->why, format, args);
    va_end(args);
    return status;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double learning_rate(const struct tacit_recover *job)
{
    return job->learning_rate > 0 ? job->learning_rate : TACIT_RECOVER_RATE;
}

static unsigned sees(const struct tacit_recover *job)
{
    return job->sees ? job->sees : TACIT_SEE_TEXT | TACIT_SEE_DISTRIBUTIONS;
}

/* Hash of what a state must agree with; how long to train is not part of it. */
static void hash_arguments(struct recovery *r)
{
    struct sha256 sha;
    const uint32_t rank = r->job->lora_rank;
    const double rate = learning_rate(r->job);
    const uint32_t more[2] = {sees(r->job), r->job->seed};
    sha256_init(&sha);
    sha256_update(&sha, r->model->identity, sizeof r->model->identity);
    sha256_update(&sha, r->text.hash, sizeof r->text.hash);
    if (r->teacher.file)
        sha256_update(&sha, model_file_lm(r->teacher.file)->identity, LM_IDENTITY_BYTES);
    sha256_update(&sha, &rank, sizeof rank);
    sha256_update(&sha, &rate, sizeof rate);
    sha256_update(&sha, more, sizeof more);
    sha256_final(&sha, r->arguments);
}

static enum tacit_status take_up(struct recovery *r)
{
    if (snprintf(r->state_path, sizeof r->state_path, "%s.state", r->job->path) >=
        (int)sizeof r->state_path)
        return TACIT_ERR_ARGUMENT;
    const enum tacit_status status =
        recover_state_read(r->state_path, r->arguments, &r->at, &r->adapter);
    if (status == TACIT_OK)
        say(r->sink, "goes on from %s at step %llu", r->state_path, (unsigned long long)r->at.step);
    if (status == TACIT_OK || (status == TACIT_ERR_IO && errno == ENOENT))
        return TACIT_OK;
    if (status == TACIT_ERR_ARGUMENT)
        return fail(r, status,
                    "%s is of a call with another model, teacher, texts or options; repeat that "
                    "call, or remove the file",
                    r->state_path);
    if (status == TACIT_ERR_CORRUPT)
        return fail(r, status, "%s is damaged; remove it to begin anew", r->state_path);
    return fail(r, status, "%s: %s", r->state_path, strerror(errno));
}

static enum tacit_status save(struct recovery *r)
{
    const enum tacit_status status =
        recover_state_write(r->state_path, r->arguments, &r->at, &r->adapter);
    if (status != TACIT_OK)
        return fail(r, status, "%s cannot be written: %s; one written before is unchanged",
                    r->state_path,
                    status == TACIT_ERR_IO ? strerror(errno) : tacit_status_message(status));
    return TACIT_OK;
}

/* The share of the training that is done. */
static double progress(const struct recovery *r)
{
    const struct tacit_recover *job = r->job;
    const double steps = job->n_steps ? (double)r->at.step / (double)job->n_steps : 0;
    const double time = job->n_seconds ? r->at.seconds / (double)job->n_seconds : 0;
    return steps > time ? steps : time;
}

/* Rises, then falls in a line. */
static float rate_now(const struct recovery *r)
{
    const double left = 1 - progress(r), rise = (double)(r->at.step + 1) / WARMUP;
    return (float)(learning_rate(r->job) * (rise < 1 ? rise : 1) * (left > 0 ? left : 0));
}

/* The window that stands at this place of the order, as inputs and targets. */
static void draw(const struct recovery *r, uint64_t place, uint32_t *ids)
{
    const struct recover_text *text = &r->text;
    const uint64_t drawn = random_mix(place + 1 + ((uint64_t)r->job->seed << 32));
    const size_t window = (size_t)(drawn % text->n_windows);
    ids[0] = text->held.start;
    memcpy(ids + 1, text->tokens + window * text->window, text->window * sizeof *ids);
}

static enum tacit_status step(struct recovery *r)
{
    const size_t n = r->text.window;
    const size_t n_tokens = BATCH_WINDOWS * n;
    uint32_t ids[BATCH_WINDOWS * (WINDOW + 1)];
    adapter_apply(&r->adapter);
    for (size_t i = 0; i < BATCH_WINDOWS; i++)
        draw(r, r->at.step * BATCH_WINDOWS + i, ids + i * (n + 1));
    const double nats =
        batch_gradient_run(&r->batch, r->adapter.weights, ids, n, 1.0f / (float)n_tokens);
    const double loss = nats / (double)n_tokens;
    const double norm =
        isfinite(loss) ? adapter_update(&r->adapter, r->batch.sum, rate_now(r), r->at.step) : loss;
    if (!isfinite(norm))
        return fail(r, TACIT_ERR_STATE, "the loss grew without limit; a smaller --lr may do");
    r->loss = r->loss > 0 ? 0.95 * r->loss + 0.05 * loss : loss;
    r->at.step++;
    r->at.n_tokens += n_tokens;
    return TACIT_OK;
}

static void tell(const struct recovery *r)
{
    const double done = progress(r), left = done > 0 ? r->at.seconds * (1 - done) / done : 0;
    say(r->sink, "step %llu: loss %.4f nats a token, %.0f tokens/s, %.0f %s left",
        (unsigned long long)r->at.step, r->loss, (double)r->at.n_tokens / r->at.seconds,
        left < 120 ? left : left / 60, left < 120 ? "s" : "min");
}

static enum tacit_status loop(struct recovery *r)
{
    double said = now(), saved = said;
    while (progress(r) < 1) {
        const double before = now();
        TRY(step(r));
        const double after = now();
        r->at.seconds += after - before;
        if (after - said >= SAY_SECONDS) {
            tell(r);
            said = after;
        }
        if (r->sink->stop && r->sink->stop(r->sink->context)) {
            TRY(save(r));
            return fail(r, TACIT_ERR_CANCELLED, "stopped at step %llu; the same call goes on",
                        (unsigned long long)r->at.step);
        }
        if (after - saved >= SAVE_SECONDS) {
            if (save(r) != TACIT_OK) /* the training goes on: perhaps there is room later */
                say(r->sink, "%s", r->report->why);
            r->report->why[0] = 0;
            saved = now();
        }
    }
    return TACIT_OK;
}

static enum tacit_status held_bits(const struct recovery *r, const struct lm_model *model,
                                   double *bits_per_byte)
{
    TRY(text_cost(bits_per_byte, model, &r->text.held, r->job->n_threads));
    *bits_per_byte /= (double)r->text.held.n_bytes;
    return TACIT_OK;
}

/* Writes the model; if that fails the training is not lost. */
static enum tacit_status finish(struct recovery *r, const struct model_file *file)
{
    struct lm_model *made;
    adapter_apply(&r->adapter);
    TRY(adapter_export(&r->adapter, &made));
    enum tacit_status status = held_bits(r, made, &r->report->after);
    if (status == TACIT_OK)
        status = model_file_export_as(file, made, r->job->path);
    lm_model_destroy(made);
    if (status == TACIT_OK) {
        remove(r->state_path);
        return TACIT_OK;
    }
    const int why = errno;
    if (save(r) == TACIT_OK)
        return fail(r, status, "%s: %s; the training is saved, the same call goes on", r->job->path,
                    status == TACIT_ERR_IO ? strerror(why) : tacit_status_message(status));
    return status;
}

static enum tacit_status open_teacher(struct recovery *r, const struct model_file *file)
{
    const char *path = r->job->teacher;
    if (!path)
        return TACIT_OK;
    const enum tacit_status status =
        teacher_open(&r->teacher, path, &r->net, model_file_tokenizer(file));
    path = path[0] ? path : "that is linked in";
    if (status == TACIT_ERR_MODEL_WRONG)
        return fail(r, status, "the teacher %s has another vocabulary", path);
    if (status != TACIT_OK)
        return fail(r, status, "the teacher %s: %s", path,
                    status == TACIT_ERR_IO ? strerror(errno) : tacit_status_message(status));
    return TACIT_OK;
}

static enum tacit_status open_model(struct recovery *r, const struct model_file *file)
{
    const char *path = r->job->config;
    int bad_line = 0;
    r->model = model_file_lm(file);
    if (!path)
        return TACIT_OK;
    const enum tacit_status status = new_model(&r->made, path, file, r->job->seed, &bad_line);
    r->model = r->made;
    if (bad_line > 0)
        return fail(r, status, "%s:%d: not a known key, or not a value for it", path, bad_line);
    if (status == TACIT_ERR_MODEL_WRONG)
        return fail(r, status,
                    "%s: a new model needs a teacher of tacit's own shape, and n_vocab = its %u "
                    "tokens",
                    path, (unsigned)model_file_lm(file)->shape.n_vocab);
    if (status != TACIT_OK)
        return fail(r, status, "%s: %s", path,
                    status == TACIT_ERR_IO ? strerror(errno) : tacit_status_message(status));
    return TACIT_OK;
}

/* What is trained. */
static enum tacit_status open_adapter(struct recovery *r)
{
    const bool has_maps =
        r->teacher.file && (sees(r->job) & (TACIT_SEE_HIDDEN | TACIT_SEE_GRADIENTS));
    const size_t n_maps = has_maps ? net_lesson_maps(&r->net, &r->teacher.net) : 0;
    TRY(adapter_open(&r->adapter, &r->net, r->model, r->job->lora_rank, n_maps));
    if (n_maps > 0)
        net_lesson_start(&r->net, &r->teacher.net, r->job->seed, adapter_more(&r->adapter));
    if (r->made)
        adapter_start_anew(&r->adapter, r->job->seed);
    return batch_gradient_open(&r->batch, &r->net, &r->teacher, sees(r->job),
                               r->net.n_params + n_maps, r->job->n_threads);
}

static enum tacit_status open_all(struct recovery *r, const struct model_file *file)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(file);
    const struct tacit_recover *job = r->job;
    TRY(open_model(r, file));
    const uint32_t n_context = r->model->shape.n_context;
    const uint32_t window = n_context < WINDOW ? n_context : WINDOW;
    const char *bad = "";
    enum tacit_status status = net_open_model(&r->net, r->model, window);
    if (status == TACIT_ERR_UNSUPPORTED)
        return fail(r, status,
                    "the trainer knows the shapes of Llama, Qwen 2 and 3 and tacit's own");
    TRY(status);
    r->net.tables_are_frozen = job->lora_rank > 0;
    status =
        recover_text_read(&r->text, r->model, tokenizer, window, job->texts, job->n_texts, &bad);
    if (status == TACIT_ERR_CONTENT_LIMIT)
        return fail(r, status, "--text: the texts have fewer than %u tokens", 2 * window);
    if (status == TACIT_ERR_IO)
        return fail(r, status, "%s: %s", bad, strerror(errno));
    TRY(status);
    TRY(open_teacher(r, file));
    hash_arguments(r);
    return open_adapter(r);
}

static enum tacit_status recover(struct recovery *r, const struct model_file *file)
{
    TRY(open_all(r, file));
    TRY(take_up(r));
    say(r->sink,
        "%zu of %zu numbers trained; %zu matrices pruned (%zu zeros stay), %zu of few bits; %zu "
        "windows of %zu tokens, %zu held out; %u threads, %s",
        r->adapter.n, r->net.n_params, r->adapter.n_masked, r->adapter.n_zeros, r->adapter.n_few,
        r->text.n_windows, r->text.window, r->text.held.n / r->text.window, r->batch.n_threads,
        matmul_name(&r->batch.member[0].work.mm));
    TRY(held_bits(r, r->model, &r->report->before));
    say(r->sink, "held-out text: %.4f bits a byte", r->report->before);
    const enum tacit_status status = loop(r);
    r->report->n_steps = r->at.step;
    r->report->n_tokens = r->at.n_tokens;
    r->report->seconds = r->at.seconds;
    return status == TACIT_OK ? finish(r, file) : status;
}

enum tacit_status tacit_shrink_recover(const struct tacit_recover *job,
                                       const struct tacit_train_sink *sink,
                                       struct tacit_recover_report *report)
{
    struct model_file *file;
    memset(report, 0, sizeof *report);
    const bool learns = sees(job) & (TACIT_SEE_TEXT | TACIT_SEE_DISTRIBUTIONS);
    if ((!job->n_steps && !job->n_seconds) || job->lora_rank > TACIT_RECOVER_RANK_MAX || !learns ||
        (job->config && job->lora_rank > 0))
        return TACIT_ERR_ARGUMENT;
    TRY(source_model_open(&file, job->model));
    struct recovery *r = calloc(1, sizeof *r);
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (r) {
        r->job = job;
        r->sink = sink;
        r->report = report;
        status = recover(r, file);
        batch_gradient_close(&r->batch);
        if (r->adapter.net)
            adapter_close(&r->adapter);
        teacher_close(&r->teacher);
        net_close(&r->net);
        recover_text_close(&r->text);
        lm_model_destroy(r->made);
    }
    free(r);
    model_file_close(file);
    return status;
}
