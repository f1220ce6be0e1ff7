/* SPDX-License-Identifier: Apache-2.0
 *
 * What threads gain in a block that a language model codes, part by part, and what they would gain
 * on more processors than this machine has:
 *
 *     lm_threads MODEL TEXT [streams [bytes]]
 *
 * Measured: a pass over the model by number of rows, coding an item (distribution, context models,
 * coder), the context models' sample that an encoder takes first, and waking a thread. Times are of
 * the thread's processor time, the quickest tenth, so that other work on the machine counts little;
 * waking is by the clock. Then the rules of language_readers.h are played through with these times,
 * for each number of threads, in both directions. What is left out: threads that share caches and
 * memory slow each other down.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model_text.h"
#include "readers_play.h"

#include "base/cpu.h"
#include "base/threads/threads.h"
#include "base/try.h"
#include "engine/lm.h"
#include "methods/language/language_choose.h"
#include "methods/language/token_coder.h"
#include "methods/plan.h"
#include "tacit/buffer.h"

enum { WINDOW = 2048, N_PASSES = 40, N_CODED = 4096, N_WAKES = 200, MEMORY_LOG2 = 22 };

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double thread_seconds(void)
{
    return seconds(CLOCK_THREAD_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quick_tenth(double *taken, size_t n)
{
    qsort(taken, n, sizeof *taken, compare);
    return taken[n / 10];
}

struct bench {
    const struct tacit_model *model;
    const struct lm_model *lm;
    struct file_bytes text;
    uint32_t *tokens;
    size_t n_tokens;
    float *logits;
    struct parts parts;
};

/* n_ahead tokens of each of n streams a pass. */
static enum tacit_status time_pass(const struct bench *b, uint32_t n, uint32_t n_ahead,
                                   double *pass)
{
    struct lm_options options = {n, WINDOW, 1, cpu_features(), 1, 0, KV_INT8, 0, NULL};
    struct lm_input inputs[TACIT_STREAMS_MAX];
    struct lm_state *state;
    double taken[N_PASSES];
    TRY(lm_state_create(&state, b->lm, &options));
    for (size_t i = 0; i < N_PASSES; i++) {
        for (uint32_t j = 0; j < n * n_ahead; j++) {
            size_t at = b->n_tokens * (j / n_ahead) / n + i * n_ahead + j % n_ahead;
            inputs[j] = (struct lm_input){j / n_ahead, b->tokens[at % b->n_tokens], j};
        }
        double start = thread_seconds();
        (void)lm_feed(state, 0, inputs, n * n_ahead, b->logits);
        taken[i] = thread_seconds() - start;
    }
    *pass = quick_tenth(taken, N_PASSES);
    lm_state_destroy(state);
    return TACIT_OK;
}

/* Of the sizes in between, a share. */
static void fill_gaps(double *pass, uint32_t n_max)
{
    for (uint32_t n = 1, low = 1; n <= n_max; n++) {
        if (pass[n] > 0)
            low = n;
        uint32_t high = n;
        while (pass[high] == 0)
            high++;
        if (high > low)
            pass[n] = pass[low] + (pass[high] - pass[low]) * (n - low) / (high - low);
    }
}

static enum tacit_status time_passes(struct bench *b)
{
    struct parts *p = &b->parts;
    uint32_t n_ahead = language_choose_ahead(true, p->n_streams);
    printf("%8s %12s %12s   (microseconds a token)\n", "streams", "a step", "ahead");
    for (uint32_t n = 1;; n = n * 2 < p->n_streams ? n * 2 : p->n_streams) {
        TRY(time_pass(b, n, 1, &p->step[n]));
        TRY(time_pass(b, n, n_ahead, &p->ahead[n]));
        printf("%8u %12.1f %12.1f\n", n, 1e6 * p->step[n] / n, 1e6 * p->ahead[n] / (n * n_ahead));
        if (n == p->n_streams)
            break;
    }
    fill_gaps(p->step, p->n_streams);
    fill_gaps(p->ahead, p->n_streams);
    return TACIT_OK;
}

/* Codes items of one stream, whose passes are not timed. */
static enum tacit_status code_items(struct bench *b, struct token_coder *coder,
                                    struct lm_state *state)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(b->model->file);
    size_t stride = lm_logit_stride(b->lm), n = 0, at = 0;
    double taken[N_CODED / LM_BATCH];
    while (n + 1 < N_CODED / LM_BATCH && (n + 1) * LM_BATCH < b->n_tokens) {
        const uint32_t *tokens = b->tokens + n * LM_BATCH;
        TRY(lm_prefill(state, 0, tokens, LM_BATCH, b->logits));
        double start = thread_seconds();
        for (size_t i = 0; i < LM_BATCH; i++) {
            context_mixer_select_stream(coder->mixed.cm, 0, (uint32_t)at);
            (void)token_coder_step(coder, b->logits + i * stride, tokens[i + 1]);
            at += tokenizer_item_bytes(tokenizer, tokens[i + 1]).n;
        }
        taken[n++] = (thread_seconds() - start) / LM_BATCH;
    }
    b->parts.item = n ? quick_tenth(taken, n) : 0;
    return TACIT_OK;
}

static enum tacit_status time_coding(struct bench *b)
{
    struct kernels kernels;
    struct context_config config = {.strength = CONTEXT_STRONG,
                                    .content_set = CONTENT_BIT(CONTENT_TEXT),
                                    .memory_log2 = MEMORY_LOG2,
                                    .n_streams = 1,
                                    .span = (uint32_t)b->text.n_bytes,
                                    .hinted = true};
    struct lm_options options = {1, WINDOW, 1, cpu_features(), 1, 0, KV_INT8, 0, NULL};
    struct token_coder coder = {.encoding = true, .kernels = &kernels};
    struct lm_state *state;
    struct arena arena = {0};
    kernels_select(&kernels, cpu_features());
    TRY(context_mixer_create(&coder.mixed.cm, &config, &kernels));
    TRY(lm_state_create(&state, b->lm, &options));
    token_coder_lay_out(&coder, &arena, b->model->trie, b->lm->shape.n_vocab, 0);
    arena = (struct arena){aligned_alloc(ARENA_ALIGN, arena.used), arena.used, 0};
    uint8_t *out = malloc(b->text.n_bytes);
    enum tacit_status status = arena.memory && out ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        token_coder_lay_out(&coder, &arena, b->model->trie, b->lm->shape.n_vocab, 0);
        token_coder_begin_encoding(&coder, out, b->text.n_bytes);
        status = code_items(b, &coder, state);
    }
    free(out);
    free(arena.memory);
    lm_state_destroy(state);
    context_mixer_destroy(coder.mixed.cm);
    return status;
}

/* The context models alone over an eighth of the text. */
static enum tacit_status time_sample(struct bench *b)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.no_model = 1;
    options.n_threads = 1;
    size_t n = b->text.n_bytes / 8, cap = tacit_buffer_bound(n), n_out;
    uint8_t *out = malloc(cap);
    if (!out)
        return TACIT_ERR_MEMORY;
    double start = thread_seconds();
    enum tacit_status status = tacit_buffer_compress(b->text.data, n, out, cap, &n_out, &options);
    b->parts.sample = thread_seconds() - start;
    free(out);
    return status;
}

struct woken {
    _Atomic double at;
    atomic_uint n;
};

static void note_waking(void *argument)
{
    struct woken *woken = argument;
    woken->at = seconds(CLOCK_MONOTONIC);
    woken->n++;
}

static enum tacit_status time_waking(struct bench *b)
{
    struct woken woken = {0};
    struct thread_offer offer = {.help = note_waking, .argument = &woken};
    struct thread_pool *pool;
    double taken[N_WAKES];
    TRY(thread_pool_create(&pool, 1));
    thread_pool_offer(pool, &offer);
    for (unsigned i = 0; i < N_WAKES; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL); /* it sleeps again */
        double start = seconds(CLOCK_MONOTONIC);
        thread_pool_call(pool, &offer);
        while (woken.n == i)
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
        taken[i] = woken.at - start;
    }
    thread_pool_withdraw(pool, &offer);
    thread_pool_destroy(pool);
    b->parts.wake = quick_tenth(taken, N_WAKES);
    return TACIT_OK;
}

static void predict(const struct bench *b)
{
    static const unsigned counts[] = {1, 2, 3, 4, 6, 8, 16, 64};
    const struct parts *p = &b->parts;
    double one[2] = {play(p, 1, false), play(p, 1, true)}, n = (double)b->text.n_bytes / 1024;
    double limit = p->item * p->n_items;
    printf("%8s %12s %8s %12s %8s\n", "threads", "in, KiB/s", "gain", "out, KiB/s", "gain");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        double out = play(p, counts[i], false), in = play(p, counts[i], true);
        printf("%8u %12.1f %8.2f %12.1f %8.2f\n", counts[i], n / in, one[1] / in, n / out,
               one[0] / out);
    }
    printf("coding alone: %.1f KiB/s, the limit for any number of threads; reached where reading "
           "takes "
           "as long, with %.1f threads and more\n",
           n / limit, 1 + p->step[p->n_streams] / p->n_streams / p->item);
}

static enum tacit_status measure(struct bench *b)
{
    struct parts *p = &b->parts;
    TRY(time_passes(b));
    TRY(time_coding(b));
    TRY(time_sample(b));
    TRY(time_waking(b));
    printf("an item: %.1f us; waking a helper: %.1f us; sample: %.2f s; %.2f bytes an item\n",
           1e6 * p->item, 1e6 * p->wake, p->sample, (double)b->text.n_bytes / p->n_items);
    predict(b);
    return TACIT_OK;
}

static enum tacit_status read_text(struct bench *b, const char *path, size_t most_bytes)
{
    TRY(model_text_read(&b->text, &b->tokens, &b->n_tokens, b->model, path, most_bytes));
    b->logits = aligned_alloc(64, TACIT_STREAMS_MAX * lm_logit_stride(b->lm) * sizeof *b->logits);
    if (!b->logits)
        return TACIT_ERR_MEMORY;
    b->parts.n_items = (uint32_t)b->n_tokens;
    return b->n_tokens > LM_BATCH ? TACIT_OK : TACIT_ERR_ARGUMENT;
}

int main(int argc, char **argv)
{
    static struct bench b = {.parts = {.n_streams = 8}};
    struct tacit_model *model;
    if (argc > 3)
        b.parts.n_streams = (uint32_t)strtoul(argv[3], NULL, 10);
    if (argc < 3 || b.parts.n_streams - 1 >= TACIT_STREAMS_MAX)
        return fprintf(stderr, "usage: lm_threads MODEL TEXT [streams [bytes]]\n"), 2;
    enum tacit_status status = tacit_model_open(&model, argv[1]);
    if (status == TACIT_OK) {
        b.model = model;
        b.parts.large = codec_plan_is_large(model);
        b.lm = model_file_lm(model->file);
        status = read_text(&b, argv[2], argc > 4 ? strtoul(argv[4], NULL, 10) : 700000);
    }
    if (status == TACIT_OK)
        status = measure(&b);
    if (status != TACIT_OK)
        fprintf(stderr, "lm_threads: %s\n", tacit_status_name(status));
    return status != TACIT_OK;
}
