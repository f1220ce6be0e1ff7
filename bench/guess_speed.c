/* SPDX-License-Identifier: Apache-2.0
 *
 * What guesses save a decoder:
 *
 *     guess_speed MODEL STREAMS ROUNDS BYTES FILE...
 *
 * First the cost of a pass by its rows, of one stream, the least of many passes in turn. Then, for
 * the first BYTES of each file as one stream: tokens, passes with guesses, tokens and rows a pass, all
 * counted without a model that drafts, and how much less time passes of those costs take. Where ROUNDS is not 0, the same bytes as one
 * block of STREAMS streams are decoded by one thread with guesses and without, in turn. Seconds are
 * of processor time, the least of the rounds; then passes, tokens and rows a pass, drafts included.
 * GUESS_CPU: processor features to keep to, as tacit --cpu takes them.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file_bytes.h"
#include "base/try.h"
#include "methods/block.h"
#include "methods/plan.h"
#include "model/open_model.h"
#include "tacit/model.h"

#include "methods/guess/language_guess.h"
#include "methods/language/language_block.h"
#include "methods/language/language_choose.h"
#include "token/tokenizer.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { N_ROUNDS = 3, N_PASSES = 6 };

struct bench {
    struct codec_plan plan;
    double cost[GUESS_ROWS + 1]; /* seconds of a pass of so many rows */
    struct block_job encoded;
};

static enum tacit_status time_passes(struct bench *b)
{
    const struct lm_model *lm = model_file_lm(b->plan.model->file);
    struct lm_options options = {1,   b->plan.n_context, 1, b->plan.cpu_features, 1, 0, KV_INT8, 0,
                                 NULL};
    struct lm_state *state;
    float *logits = aligned_alloc(64, GUESS_ROWS * lm_logit_stride(lm) * sizeof *logits);
    enum tacit_status status = logits ? TACIT_OK : TACIT_ERR_MEMORY;
    TRY(lm_state_create(&state, lm, &options));
    for (uint32_t i = 0; i < N_ROUNDS * N_PASSES * GUESS_ROWS && status == TACIT_OK; i++) {
        struct lm_input inputs[GUESS_ROWS];
        uint32_t n = 1 + i / N_PASSES % GUESS_ROWS;
        for (uint32_t j = 0; j < n; j++)
            inputs[j] = (struct lm_input){0, (i * 37 + j * 101) % lm->shape.n_vocab, j};
        double start = seconds();
        status = lm_feed(state, 0, inputs, n, logits);
        double taken = seconds() - start;
        b->cost[n] = b->cost[n] == 0 || taken < b->cost[n] ? taken : b->cost[n];
    }
    for (unsigned n = 1; n <= GUESS_ROWS; n += n < 4 ? 1 : 4)
        printf("pass of %2u rows: %8.3f ms, %.2f of one of one row\n", n, 1e3 * b->cost[n],
               b->cost[n] / b->cost[1]);
    lm_state_destroy(state);
    free(logits);
    return status;
}

/* What a decoder of these items would have the model read. */
static void count(const struct bench *b, struct language_guesser *guesser, const uint32_t *items,
                  size_t n_items)
{
    struct language_guess guess = {0};
    struct lm_input inputs[GUESS_ROWS];
    size_t n_passes = 0, n_rows = 0;
    uint32_t n_tokens = tokenizer_vocabulary(model_file_tokenizer(b->plan.model->file))->n_tokens;
    double taken = 0;
    for (size_t i = 0; i < n_items; i++) {
        if (!guess.is_read) {
            size_t n = language_guess_plan(&guess, 0, 0, inputs);
            n_passes++;
            n_rows += n;
            taken += b->cost[n];
        }
        if (items[i] >= n_tokens)
            continue;
        if (guess.n_read > 0 && guess.read[0] != items[i])
            guess.n_read = 0; /* there is no model to take them back from */
        (void)language_guess_note(guesser, &guess, NULL, 0, items[i]);
    }
    printf(" %7zu %7zu %7.2f %7.2f %7.2f", n_items, n_passes, (double)n_items / (double)n_passes,
           (double)n_rows / (double)n_passes, (double)n_items * b->cost[1] / taken);
}

static enum tacit_status count_passes(const struct bench *b, const uint8_t *data, size_t n)
{
    struct language_guesser guesser = {.n_streams = 1,
                                       .costs = language_choose_costs(&b->plan, b->plan.model)};
    struct arena arena = {0};
    size_t n_items;
    uint32_t *items = malloc(n * sizeof *items);
    language_guesser_lay_out(&guesser, &arena, n);
    void *memory = aligned_alloc(ARENA_ALIGN, arena.used);
    enum tacit_status status = items && memory ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status =
            tokenizer_encode(model_file_tokenizer(b->plan.model->file), data, n, items, &n_items);
    if (status == TACIT_OK) {
        arena = (struct arena){memory, arena.used, 0};
        language_guesser_lay_out(&guesser, &arena, n);
        language_guesser_start(&guesser);
        count(b, &guesser, items, n_items);
    }
    free(memory);
    free(items);
    return status;
}

static enum tacit_status encode(struct bench *b, const uint8_t *data, size_t n)
{
    static struct block_look look;
    struct block_job *job = &b->encoded;
    *job = (struct block_job){.plan = &b->plan, .model = b->plan.model, .look = &look};
    TRY(byte_buffer_append(&job->content, data, n));
    job->header.content_size = (uint32_t)n;
    line_ends_find(&look.line_ends, data, n);
    job->content.size = line_ends_apply(&look.line_ends, job->content.data, n);
    look.n_split = 1;
    look.split[0] = (struct content_segment){{.type = CONTENT_TEXT}, (uint32_t)job->content.size};
    TRY(language_choose_spoken(&look, &job->content, !b->plan.unmixed));
    return language_method.encode(job, 2 * n + 4096);
}

static enum tacit_status decode(const struct bench *b, bool guessing, const uint8_t *data,
                                double *least, struct tacit_model_report *report)
{
    struct codec_plan plan = b->plan;
    struct block_job job = {.plan = &plan, .model = plan.model, .header = b->encoded.header};
    plan.guessing = guessing ? GUESSING_WHAT_PAYS : GUESSING_NOTHING;
    TRY(byte_buffer_append(&job.payload, b->encoded.payload.data, b->encoded.payload.size));
    double start = seconds();
    enum tacit_status status = language_method.decode(&job);
    double taken = seconds() - start;
    *least = *least == 0 || taken < *least ? taken : *least;
    *report = job.report;
    if (status == TACIT_OK && memcmp(job.content.data, data, job.header.content_size) != 0)
        status = TACIT_ERR_CORRUPT;
    block_job_free(&job);
    return status;
}

static enum tacit_status compare(struct bench *b, const char *path, size_t n_bytes, int n_rounds)
{
    struct file_bytes file;
    struct tacit_model_report report;
    double plain = 0, guessing = 0;
    TRY(file_bytes_open(&file, path));
    size_t n = file.n_bytes < n_bytes ? file.n_bytes : n_bytes;
    printf("%-28.28s", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    enum tacit_status status = count_passes(b, file.data, n);
    if (status == TACIT_OK && n_rounds > 0)
        status = encode(b, file.data, n);
    for (int i = 0; i < n_rounds && status == TACIT_OK; i++) {
        status = decode(b, false, file.data, &plain, &report);
        if (status == TACIT_OK)
            status = decode(b, true, file.data, &guessing, &report);
    }
    if (status == TACIT_OK && n_rounds > 0)
        printf("   %8.3f %8.3f %6.2f %7llu %7.2f %7.2f", plain, guessing, plain / guessing,
               (unsigned long long)report.n_passes,
               (double)report.n_decoded / (double)report.n_passes,
               (double)report.n_read / (double)report.n_passes);
    printf("\n");
    fflush(stdout);
    block_job_free(&b->encoded);
    file_bytes_close(&file);
    return status;
}

int main(int argc, char **argv)
{
    struct tacit_options options;
    struct tacit_model *model;
    struct bench b = {0};
    tacit_options_init(&options);
    if (argc < 6) {
        fprintf(stderr, "usage: guess_speed MODEL STREAMS ROUNDS BYTES FILE...\n");
        return 2;
    }
    if (tacit_model_open(&model, argv[1]) != TACIT_OK) {
        fprintf(stderr, "%s: not a model's file\n", argv[1]);
        return 1;
    }
    options.model = model;
    options.n_streams = (unsigned)atoi(argv[2]);
    options.n_threads = 1;
    options.cpu = getenv("GUESS_CPU");
    if (codec_plan_make(&b.plan, &options) != TACIT_OK)
        return 1;
    enum tacit_status status = time_passes(&b);
    printf("%-28s %7s %7s %7s %7s %7s   %8s %8s %6s %7s %7s %7s\n", "file", "tokens", "passes",
           "a pass", "rows", "gain", "plain s", "guess s", "gain", "passes", "a pass", "rows");
    for (int i = 5; i < argc && status == TACIT_OK; i++)
        status = compare(&b, argv[i], (size_t)atol(argv[4]), atoi(argv[3]));
    if (status != TACIT_OK)
        fprintf(stderr, "%s\n", tacit_status_name(status));
    tacit_model_close(model);
    return status != TACIT_OK;
}
