/* SPDX-License-Identifier: Apache-2.0
 *
 * Bits a byte and tokens a second of a model on a file of token ids (32 bits, little-endian):
 *
 *     lm_eval_dev MODEL IDS N_BYTES [window [streams [threads [cpu [first [max_tokens
 * [context]]]]]]]
 *
 *     lm_eval_dev MODEL export PATH     writes it as .tmodel
 *
 * Disjoint windows of `window` tokens, `streams` at a time in lock-step (0: one by one, by
 * prefill), each starting from nothing but the token `first`. cpu: a mask of CPU_... flags, in
 * hexadecimal.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/hash.h"
#include "base/strict_math.h"
#include "engine/lm.h"
#include "model/model_file.h"

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double bits_of(const float *logits, size_t n, uint32_t token)
{
    double top = -1e30, sum = 0;
    for (size_t i = 0; i < n; i++)
        top = logits[i] > top ? logits[i] : top;
    for (size_t i = 0; i < n; i++)
        sum += expf(logits[i] - (float)top);
    return (log(sum) - (logits[token] - top)) / log(2);
}

static uint32_t *read_ids(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    uint32_t *ids = NULL;
    uint8_t bytes[4];
    if (!f)
        return NULL;
    for (*n = 0; fread(bytes, 4, 1, f) == 1; ids[(*n)++] = load_le32(bytes))
        if ((*n & (*n - 1)) == 0)
            ids = realloc(ids, (2 * *n + 1) * sizeof *ids);
    fclose(f);
    return ids;
}

struct evaluation {
    const struct lm_model *model;
    struct lm_state *state;
    float *logits;
    const uint32_t *ids;
    size_t n, window, n_streams;
    uint32_t first;
    double bits, seconds, cpu_seconds;
    uint64_t hash; /* of all logits, in the order of windows and tokens within a step */
};

static void score(struct evaluation *e, const float *logits, uint32_t token)
{
    e->bits += bits_of(logits, e->model->shape.n_vocab, token);
    for (size_t i = 0; i < e->model->shape.n_vocab; i++) {
        uint8_t bytes[4];
        store_le32(bytes, strict_to_bits(logits[i]));
        e->hash = hash64(bytes, sizeof bytes, e->hash);
    }
}

/* n_streams windows in lock-step, from window w on. */
static void step_windows(struct evaluation *e, size_t w)
{
    uint32_t tokens[TACIT_STREAMS_MAX];
    for (size_t s = 0; s < e->n_streams; s++)
        lm_reset_stream(e->state, (uint32_t)s);
    for (size_t i = 0; i < e->window; i++) {
        for (size_t s = 0; s < e->n_streams; s++) {
            size_t at = (w + s) * e->window + i;
            tokens[s] = at >= e->n ? LM_NO_TOKEN : i == 0 ? e->first : e->ids[at - 1];
        }
        double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
        lm_step(e->state, tokens, e->logits);
        e->seconds += now(CLOCK_MONOTONIC) - wall;
        e->cpu_seconds += now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        for (size_t s = 0; s < e->n_streams; s++)
            if (tokens[s] != LM_NO_TOKEN)
                score(e, e->logits + s * lm_logit_stride(e->model),
                      e->ids[(w + s) * e->window + i]);
    }
}

static void prefill_window(struct evaluation *e, size_t w)
{
    size_t begin = w * e->window, n = e->n - begin < e->window ? e->n - begin : e->window;
    for (size_t i = 0; i < n; i += LM_BATCH) {
        uint32_t tokens[LM_BATCH];
        size_t m = n - i < LM_BATCH ? n - i : LM_BATCH;
        for (size_t j = 0; j < m; j++)
            tokens[j] = i + j == 0 ? e->first : e->ids[begin + i + j - 1];
        if (i == 0)
            lm_reset_stream(e->state, 0);
        double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
        lm_prefill(e->state, 0, tokens, m, e->logits);
        e->seconds += now(CLOCK_MONOTONIC) - wall;
        e->cpu_seconds += now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        for (size_t j = 0; j < m; j++)
            score(e, e->logits + j * lm_logit_stride(e->model), e->ids[begin + i + j]);
    }
}

static unsigned long argument(int argc, char **argv, int i, unsigned long otherwise, int base)
{
    return argc > i ? strtoul(argv[i], NULL, base) : otherwise;
}

int main(int argc, char **argv)
{
    struct evaluation e = {.window = argument(argc, argv, 4, 512, 10)};
    struct model_file *file;
    if (argc < 4)
        return 2;
    double start = now(CLOCK_MONOTONIC);
    enum tacit_status status = model_file_open(&file, argv[1], NULL);
    if (status == TACIT_OK && strcmp(argv[2], "export") == 0)
        return model_file_export(file, argv[3]) != TACIT_OK;
    const struct lm_model *model = status == TACIT_OK ? model_file_lm(file) : NULL;
    if (status != TACIT_OK || !(e.ids = read_ids(argv[2], &e.n)))
        return fprintf(stderr, "%s\n", tacit_status_name(status)), 1;
    printf("load %.2f s, %.1f MB, %.1f M products a token, identity %02x%02x%02x%02x\n",
           now(CLOCK_MONOTONIC) - start, (double)model->n_bytes / 1e6,
           (double)lm_shape_products(&model->shape) / 1e6, model->identity[0], model->identity[1],
           model->identity[2], model->identity[3]);
    e.model = model;
    e.n_streams = argument(argc, argv, 5, 32, 10);
    e.first = (uint32_t)argument(argc, argv, 8, 0, 10);
    size_t n_max = argument(argc, argv, 9, e.n, 10), n_all = e.n;
    e.n = n_max < e.n ? n_max : e.n;
    struct lm_options options = {.n_streams = e.n_streams ? (uint32_t)e.n_streams : 1,
                                 .n_context = (uint32_t)argument(argc, argv, 10, e.window, 10),
                                 .n_threads = (uint32_t)argument(argc, argv, 6, 1, 10),
                                 .cpu_features =
                                     cpu_features() & (uint32_t)argument(argc, argv, 7, ~0u, 16)};
    size_t n_rows = options.n_streams > LM_BATCH ? options.n_streams : LM_BATCH;
    e.logits = aligned_alloc(64, n_rows * lm_logit_stride(model) * sizeof *e.logits);
    status = lm_state_create(&e.state, model, &options);
    if (status != TACIT_OK || !e.logits)
        return fprintf(stderr, "%s\n", tacit_status_name(status)), 1;
    size_t n_windows = (e.n + e.window - 1) / e.window;
    for (size_t w = 0; w < n_windows; w += e.n_streams ? e.n_streams : 1)
        e.n_streams ? step_windows(&e, w) : prefill_window(&e, w);
    double n_bytes = strtod(argv[3], NULL) * (double)e.n / (double)n_all;
    printf("window %zu, streams %zu: %zu tokens, %.5f bits a token, %.5f bits a byte; "
           "%.0f tokens/s (%.0f a CPU second); logits %016llx\n",
           e.window, e.n_streams, e.n, e.bits / (double)e.n, e.bits / n_bytes,
           (double)e.n / e.seconds, (double)e.n / e.cpu_seconds, (unsigned long long)e.hash);
    lm_state_destroy(e.state);
    model_file_close(file);
    return 0;
}
