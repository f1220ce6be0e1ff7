/* SPDX-License-Identifier: Apache-2.0
 *
 * What a long context is worth and costs, by kind of KV cache:
 *
 *     kv_context MODEL TEXT [streams [context...]]
 *
 * The last tokens that are read are the same for every context (512, 2048 and 8192 unless given): they end where the
 * longest context ends in the text. One stream reads the tokens before them that fit into the context, LM_BATCH at a
 * time, and then these; bits a byte are of these alone. Its past is then copied to all streams (1 unless given), which
 * step on together, the kinds in turn. Seconds are of processor time of one thread, of the reading as a whole and of the
 * quickest step. With more than one stream, rows for positions that are dropped are left out.
 */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "model_text.h"

#include "base/cpu.h"
#include "engine/kv/kv_choose.h"
#include "engine/lm.h"

enum { MEASURED = 256, STEPS = 12, N_KINDS = 12, CONTEXTS_MAX = 8 };

static const struct {
    const char *name;
    enum kv_kind kind;
    uint32_t keep; /* as blocks do: by head, where heads can be told apart */
    bool alike;    /* all heads keep the same share */
} kinds[N_KINDS] = {{"8", KV_INT8, 0, false},         {"4", KV_K4V4, 0, false},
                    {"k4v3", KV_K4V3, 0, false},      {"3", KV_K3V3, 0, false},
                    {"k4v2", KV_K4V2, 0, false},      {"k3v2", KV_K3V2, 0, false},
                    {"30 alike", KV_INT8, 30, true},  {"30", KV_INT8, 30, false},
                    {"25", KV_INT8, 25, false},       {"4, 30", KV_K4V4, 30, false},
                    {"k4v2, 17", KV_K4V2, 17, false}, {"k4v3s, 17", KV_K4V3S, 17, false}};

struct bench {
    const struct lm_model *lm;
    struct file_bytes text;
    const struct tokenizer *tokenizer;
    uint32_t *tokens; /* of the text */
    size_t n_tokens, n_context, n_streams, end;
    float *logits;
};

/* What one kind took. */
struct result {
    struct lm_state *state; /* of all streams */
    double bits, read, step;
    size_t stream_bytes;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double bits_of(const float *logits, size_t n, uint32_t token)
{
    double top = (double)logits[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        top = (double)logits[i] > top ? (double)logits[i] : top;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - top);
    return (log(sum) + top - (double)logits[token]) / log(2.0);
}

/* The context's tokens but for the last, which the steps begin with. */
static enum tacit_status read_context(const struct bench *b, struct lm_state *one, struct result *r)
{
    const uint32_t *first = b->tokens + b->end - b->n_context;
    size_t n_before = b->n_context - MEASURED - 1, stride = lm_logit_stride(b->lm);
    double start = seconds();
    TRY(lm_prefill(one, 0, first, n_before, NULL));
    for (size_t i = 0; i < MEASURED; i += LM_BATCH) {
        const uint32_t *at = first + n_before + i;
        TRY(lm_prefill(one, 0, at, LM_BATCH, b->logits));
        r->read += seconds() - start;
        for (size_t j = 0; j < LM_BATCH; j++)
            r->bits += bits_of(b->logits + j * stride, b->lm->shape.n_vocab, at[j + 1]);
        start = seconds();
    }
    return TACIT_OK;
}

/* Has heads keep what they would keep in a block that begins with the context. */
static enum tacit_status choose_heads(const struct bench *b, struct lm_options *options,
                                      struct kv_heads *heads)
{
    const uint32_t *first = b->tokens + b->end - b->n_context;
    TRY(kv_heads_choose(heads, b->lm, options, options->kv_keep, first, b->n_context));
    if (heads->n == 0)
        options->kv_kind = KV_INT8;
    else
        options->kv_keep = 0;
    options->kv_heads = heads->n > 0 ? heads : NULL;
    return TACIT_OK;
}

static enum tacit_status begin(const struct bench *b, size_t kind, struct result *r)
{
    struct kv_heads heads;
    struct lm_options options = {1,
                                 (uint32_t)b->n_context + STEPS,
                                 1,
                                 cpu_features(),
                                 1,
                                 0,
                                 kinds[kind].kind,
                                 kinds[kind].keep,
                                 NULL};
    struct lm_state *one;
    if (options.kv_keep > 0 && !kinds[kind].alike)
        TRY(choose_heads(b, &options, &heads));
    TRY(lm_state_create(&one, b->lm, &options));
    options.n_streams = (uint32_t)b->n_streams;
    enum tacit_status status = read_context(b, one, r);
    r->stream_bytes = lm_stream_size(one, UINT64_MAX);
    uint8_t *saved = malloc(r->stream_bytes);
    if (status == TACIT_OK)
        status = saved ? lm_state_create(&r->state, b->lm, &options) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        lm_save_stream(one, 0, saved);
    lm_state_destroy(one);
    for (uint32_t i = 0; status == TACIT_OK && i < b->n_streams; i++)
        lm_restore_stream(r->state, i, saved);
    free(saved);
    return status;
}

static enum tacit_status step(const struct bench *b, struct result *r, size_t number)
{
    uint32_t tokens[TACIT_STREAMS_MAX];
    for (size_t i = 0; i < b->n_streams; i++)
        tokens[i] = b->tokens[(b->end - 1 + number + i) % b->n_tokens];
    double start = seconds();
    TRY(lm_step(r->state, tokens, b->logits));
    double taken = seconds() - start;
    r->step = number == 0 || taken < r->step ? taken : r->step;
    return TACIT_OK;
}

/* How many bytes of the text the measured tokens are. */
static double measured_bytes(const struct bench *b)
{
    size_t n = 0;
    const struct vocabulary *v = tokenizer_vocabulary(b->tokenizer);
    for (size_t i = b->end - MEASURED; i < b->end; i++)
        n += vocabulary_bytes(v, b->tokens[i]).n;
    return (double)n;
}

static enum tacit_status compare(const struct bench *b)
{
    struct result results[N_KINDS] = {{0}};
    enum tacit_status status = TACIT_OK;
    size_t n = b->n_streams > 1 ? N_KINDS - 1 : N_KINDS;
    for (size_t i = 0; i < n && status == TACIT_OK; i++)
        status = begin(b, i, &results[i]);
    for (size_t number = 0; number < STEPS; number++)
        for (size_t i = 0; i < n && status == TACIT_OK; i++)
            status = step(b, &results[i], number);
    for (size_t i = 0; i < n; i++) {
        const struct result *r = &results[i];
        if (status == TACIT_OK)
            printf("%7zu  %-9s  %7.4f  %11zu  %8.0f  %8.1f\n", b->n_context, kinds[i].name,
                   r->bits / measured_bytes(b), r->stream_bytes,
                   (double)(b->n_context - 1) / r->read, (double)b->n_streams / r->step);
        lm_state_destroy(r->state);
    }
    fflush(stdout);
    return status;
}

static enum tacit_status measure(struct bench *b, const char *name, const char *text,
                                 const size_t *contexts, size_t n)
{
    struct tacit_model *model;
    TRY(tacit_model_open(&model, name));
    b->lm = model_file_lm(model->file);
    b->tokenizer = model_file_tokenizer(model->file);
    TRY(model_text_read(&b->text, &b->tokens, &b->n_tokens, model, text, 1 << 20));
    size_t n_rows = b->n_streams > LM_BATCH ? b->n_streams : LM_BATCH;
    b->logits = aligned_alloc(64, n_rows * lm_logit_stride(b->lm) * sizeof *b->logits);
    for (size_t i = 0; i < n; i++)
        b->end = contexts[i] > b->end ? contexts[i] : b->end;
    if (!b->logits)
        return TACIT_ERR_MEMORY;
    if (b->end > b->n_tokens)
        return TACIT_ERR_ARGUMENT;
    printf("%7s  %-9s  %7s  %11s  %8s  %8s\n", "context", "KV", "bits", "bytes", "reads/s",
           "steps/s");
    for (size_t i = 0; i < n; i++) {
        b->n_context = contexts[i];
        TRY(compare(b));
    }
    tacit_model_close(model);
    return TACIT_OK;
}

int main(int argc, char **argv)
{
    size_t contexts[CONTEXTS_MAX] = {512, 2048, 8192}, n = 3;
    struct bench b = {.n_streams = argc > 3 ? strtoul(argv[3], NULL, 10) : 1};
    for (int i = 4; i < argc && i < 4 + CONTEXTS_MAX; i++) {
        n = (size_t)i - 3;
        contexts[i - 4] = strtoul(argv[i], NULL, 10);
    }
    bool ok = argc > 2 && b.n_streams >= 1 && b.n_streams <= TACIT_STREAMS_MAX;
    for (size_t i = 0; i < n; i++)
        ok = ok && contexts[i] > MEASURED && contexts[i] <= TACIT_CONTEXT_MAX - STEPS;
    if (!ok)
        return fprintf(stderr, "usage: kv_context MODEL TEXT [streams [context...]]\n"), 2;
    enum tacit_status status = measure(&b, argv[1], argv[2], contexts, n);
    if (status != TACIT_OK)
        fprintf(stderr, "kv_context: %s\n", tacit_status_name(status));
    return status != TACIT_OK;
}
