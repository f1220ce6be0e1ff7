/* SPDX-License-Identifier: Apache-2.0
 *
 * How near a language model comes to what the machine can do:
 *
 *     lm_speed MODEL TEXT [threads [tokens [bytes]]]
 *
 * tokens: about as many for each line of the first table; bytes: of TEXT, for the second
 *
 * Tokens a second of the model alone on TEXT, by number of streams: a decoder's steps (one token of
 * each stream) and an encoder's (64 tokens of all streams together, which it knows beforehand), as a
 * share of two rooflines measured in the same run (roofline.h): the instruction set's products on
 * registers alone and, for one stream's steps through weights that no cache holds, memory that is
 * read. Then of the whole codec, both directions, mixed with the
 * context models and not. Seconds are of processor time; the model's are those of the quickest tenth of
 * its passes, so that other work on the machine counts little. With several threads the rooflines are
 * those of as many threads.
 */
#include "roofline.h"

#include "model_text.h"

#include "base/try.h"
#include "engine/lm.h"
#include "tacit/buffer.h"

enum { WINDOW = 512, ROUND = 64, CACHED = 64 << 20 /* bytes that a cache may hold */ };

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct bench {
    const struct tacit_model *model;
    const struct lm_model *lm;
    uint32_t *tokens;
    size_t n_tokens; /* of the text */
    struct file_bytes text;
    unsigned n_threads;
    double peak; /* of all threads */
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Streams that read the text from places of their own, n_ahead tokens of each a pass. */
static enum tacit_status run(const struct bench *b, uint32_t n_streams, uint32_t n_ahead,
                             size_t n_passes, double *rate)
{
    struct lm_options options = {n_streams, WINDOW, b->n_threads, cpu_features(), 1, 0,
                                 KV_INT8,   0,      NULL};
    struct lm_state *state;
    size_t n_rows = (size_t)n_streams * n_ahead, n_warm = 8;
    TRY(lm_state_create(&state, b->lm, &options));
    struct lm_input *inputs = malloc(n_rows * sizeof *inputs);
    float *logits = aligned_alloc(64, n_rows * lm_logit_stride(b->lm) * sizeof *logits);
    double *taken = malloc(n_passes * sizeof *taken);
    enum tacit_status status = inputs && logits && taken ? TACIT_OK : TACIT_ERR_MEMORY;
    for (size_t pass = 0; pass < n_warm + n_passes && status == TACIT_OK; pass++) {
        for (size_t i = 0; i < n_rows; i++) {
            size_t stream = i / n_ahead, at = pass * n_ahead + i % n_ahead;
            inputs[i].stream = (uint32_t)stream;
            inputs[i].logits_row = (uint32_t)i;
            inputs[i].token = b->tokens[(b->n_tokens * stream / n_streams + at) % b->n_tokens];
        }
        double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
        status = lm_feed(state, 0, inputs, n_rows, logits);
        if (pass >= n_warm)
            taken[pass - n_warm] = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    }
    if (status == TACIT_OK) {
        qsort(taken, n_passes, sizeof *taken, compare);
        *rate = (double)(n_rows * b->n_threads) / taken[n_passes / 10];
    }
    free(taken);
    free(inputs);
    free(logits);
    lm_state_destroy(state);
    return status;
}

static enum tacit_status tabulate_model(const struct bench *b, size_t n_tokens)
{
    double products = (double)lm_shape_products(&b->lm->shape);
    double bytes = products * sizeof(struct lm_tile) / (LM_GROUP * LM_TILE_ROWS); /* a token's */
    double memory = roofline_read();
    printf("%7s  %8s %7s %6s   %8s %7s %6s\n", "streams", "steps/s", "GMAC/s", "peak", "ahead/s",
           "GMAC/s", "peak");
    for (uint32_t n = 1; n <= TACIT_STREAMS_MAX; n *= 2) {
        uint32_t n_ahead = n < ROUND ? ROUND / n : 1;
        double step, ahead;
        TRY(run(b, n, 1, 10 + n_tokens / n, &step));
        TRY(run(b, n, n_ahead, 10 + n_tokens / (n * n_ahead), &ahead));
        char step_share[8], ahead_share[8];
        printf("%7u  %8.0f %7.1f %6s   %8.0f %7.1f %6s\n", n, step, step * products / 1e9,
               roofline_share(step_share, step * products, b->peak), ahead, ahead * products / 1e9,
               roofline_share(ahead_share, ahead * products, b->peak));
        fflush(stdout);
        double read = bytes * step / b->n_threads;
        if (n == 1 && bytes > CACHED)
            printf("one stream reads %.1f GB/s of weights a thread, a plain loop %.1f: %s\n",
                   read / 1e9, memory / 1e9, roofline_share(step_share, read, memory));
    }
    return TACIT_OK;
}

/* The text as one archive, and back. */
static enum tacit_status run_codec(const struct bench *b, uint32_t n_streams, bool unmixed,
                                   double *to, double *from, size_t *n_out)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.model = b->model;
    options.n_threads = b->n_threads;
    options.n_streams = n_streams;
    options.unmixed = unmixed;
    size_t n = b->text.n_bytes, cap = tacit_buffer_bound(n);
    uint8_t *archive = malloc(cap), *back = malloc(n);
    enum tacit_status status = archive && back ? TACIT_OK : TACIT_ERR_MEMORY;
    double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (status == TACIT_OK)
        status = tacit_buffer_compress(b->text.data, n, archive, cap, n_out, &options);
    double middle = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (status == TACIT_OK)
        status = tacit_buffer_decompress(archive, *n_out, back, n, &n, &options);
    double end = seconds(CLOCK_PROCESS_CPUTIME_ID);
    *to = (double)(b->n_tokens * b->n_threads) / (middle - start);
    *from = (double)(b->n_tokens * b->n_threads) / (end - middle);
    free(archive);
    free(back);
    return status;
}

static enum tacit_status tabulate_codec(const struct bench *b)
{
    double products = (double)lm_shape_products(&b->lm->shape);
    printf("\n%7s %7s %9s  %8s %6s   %8s %6s\n", "streams", "mixed", "bytes", "to/s", "peak",
           "from/s", "peak");
    for (uint32_t n = 4; n <= 32; n *= 8)
        for (int unmixed = 0; unmixed < 2; unmixed++) {
            double to, from;
            size_t n_out;
            TRY(run_codec(b, n, unmixed, &to, &from, &n_out));
            char to_share[8], from_share[8];
            printf("%7u %7s %9zu  %8.0f %6s   %8.0f %6s\n", n, unmixed ? "no" : "yes", n_out, to,
                   roofline_share(to_share, to * products, b->peak), from,
                   roofline_share(from_share, from * products, b->peak));
            fflush(stdout);
        }
    return TACIT_OK;
}

static enum tacit_status measure(struct bench *b, const char *model, const char *text,
                                 size_t most_bytes, size_t n_tokens)
{
    struct tacit_model *opened;
    TRY(tacit_model_open(&opened, model));
    b->model = opened;
    b->lm = model_file_lm(opened->file);
    TRY(model_text_read(&b->text, &b->tokens, &b->n_tokens, b->model, text, most_bytes));
    double one = roofline_products(cpu_features());
    b->peak = one * b->n_threads;
    printf(
        "%.1f M multiply-accumulates a token; registers alone %.1f GMAC/s a thread, %u threads\n",
        (double)lm_shape_products(&b->lm->shape) / 1e6, one / 1e9, b->n_threads);
    TRY(tabulate_model(b, n_tokens));
    return tabulate_codec(b);
}

int main(int argc, char **argv)
{
    struct bench b = {.n_threads = argc > 3 ? (unsigned)atoi(argv[3]) : 1};
    if (argc < 3 || b.n_threads < 1)
        return fprintf(stderr, "usage: lm_speed MODEL TEXT [threads [tokens [bytes]]]\n"), 2;
    enum tacit_status status =
        measure(&b, argv[1], argv[2], argc > 5 ? strtoul(argv[5], NULL, 10) : 100000,
                argc > 4 ? strtoul(argv[4], NULL, 10) : 2000);
    if (status != TACIT_OK)
        fprintf(stderr, "lm_speed: %s\n", tacit_status_name(status));
    return status != TACIT_OK;
}
