/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/language_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "codec/context_choose.h"
#include "codec/language_choose.h"
#include "codec/language_layout.h"
#include "codec/token_coder.h"
#include "model/lm.h"
#include "model/model.h"

enum { SAMPLE_BYTES = 1 << 13 }; /* until then the encoder does not give up */

/* One segment's place. */
struct segment {
    uint32_t at, end;             /* in the block's content: done, and where it ends */
    const uint32_t *items, *stop; /* encoder: what is left of it as items */
    uint32_t unread;              /* what the model has not read yet, or LM_NO_TOKEN */
    const float *logits;          /* for the item that comes now */
    const float *next_logits;     /* of this round's rows: after `unread` */
    float *kept_logits;           /* room for a row that outlives its round */
};

/* Encoder or decoder of one block: the same walk over the same segments. */
struct language_coder {
    struct block_job *job;
    const struct tacit_model *model;
    const struct tokenizer *tokenizer;
    size_t logit_stride;
    struct language_layout layout;
    struct token_coder token;
    struct lm_state *lm;
    uint32_t *items;        /* encoder: of the whole block */
    size_t n_items, n_bare; /* encoder: n_bare of those done */
    uint32_t n_ahead;       /* items of each segment that are coded in one round */
    struct lm_input *inputs;
    float *logits; /* of a round */
    void *memory;
    struct segment segments[LANGUAGE_STREAMS_MAX];
};

static struct cm_config mixer_config(const struct language_layout *layout, uint32_t content_size)
{
    return (struct cm_config){.strength = CM_STRONG,
                              .content_set = CONTENT_BIT(layout->type),
                              .memory_log2 = layout->memory_log2,
                              .n_streams = layout->n_streams,
                              .span = content_size,
                              .hinted = true};
}

static struct lm_options lm_options(const struct codec_plan *plan,
                                    const struct language_layout *layout)
{
    return (struct lm_options){.n_streams = layout->n_streams,
                               .n_context = layout->n_context,
                               .n_threads = plan->n_lm_threads,
                               .cpu_features = plan->cpu_features};
}

static void lay_out(struct language_coder *coder, struct arena *arena)
{
    const struct lm_model *lm = model_file_lm(coder->model->file);
    size_t n_rows = (size_t)coder->n_ahead * coder->layout.n_streams;
    size_t row = lm_logit_stride(lm) * sizeof *coder->logits;
    coder->logit_stride = lm_logit_stride(lm);
    coder->inputs = arena_take(arena, n_rows * sizeof *coder->inputs);
    coder->logits = arena_take(arena, n_rows * row);
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        coder->segments[i].kept_logits = arena_take(arena, row);
    coder->token.unmixed = coder->layout.unmixed;
    token_coder_lay_out(&coder->token, arena, coder->model->trie,
                        tokenizer_vocabulary(coder->tokenizer)->n_tokens, coder->n_items);
}

/* An encoder knows what comes: it may read ahead, which takes fewer passes over the weights. */
static uint32_t choose_ahead(bool encoding, uint32_t n_streams)
{
    return encoding && n_streams < LM_BATCH ? LM_BATCH / n_streams : 1;
}

static void describe(struct language_coder *coder, const struct codec_plan *plan,
                     const struct tacit_model *model, bool encoding)
{
    coder->model = model;
    coder->tokenizer = model_file_tokenizer(model->file);
    coder->token.encoding = encoding;
    coder->token.kernels = &plan->kernels;
}

/* Bytes beyond content, payload and the model itself. n_items: of an encoder, 0 of a decoder. */
static enum tacit_status memory_needed(const struct codec_plan *plan,
                                       const struct tacit_model *model,
                                       const struct language_layout *layout, uint32_t content_size,
                                       size_t n_items, uint64_t *n_bytes)
{
    struct language_coder *coder = calloc(1, sizeof *coder);
    struct cm_config config = mixer_config(layout, content_size);
    struct lm_options options = lm_options(plan, layout);
    struct arena sizes = {0};
    uint64_t n_lm;
    if (!coder)
        return TACIT_ERR_MEMORY;
    describe(coder, plan, model, n_items > 0);
    coder->layout = *layout;
    coder->n_items = n_items;
    coder->n_ahead = choose_ahead(n_items > 0, layout->n_streams);
    lay_out(coder, &sizes);
    free(coder);
    TRY(lm_state_memory_needed(&model_file_lm(model->file)->shape, &options, &n_lm));
    *n_bytes = sizeof *coder + sizes.used + n_lm;
    if (!layout->unmixed)
        *n_bytes += cm_memory_needed(&config);
    return TACIT_OK;
}

/* With the layout known: models and buffers. */
static enum tacit_status prepare(struct language_coder *coder)
{
    const struct codec_plan *plan = coder->job->plan;
    struct cm_config config = mixer_config(&coder->layout, coder->job->header.content_size);
    struct lm_options options = lm_options(plan, &coder->layout);
    const struct lm_model *lm = model_file_lm(coder->model->file);
    if (coder->layout.first_token >= lm->shape.n_vocab)
        return TACIT_ERR_CORRUPT;
    if (!coder->layout.unmixed)
        TRY(cm_create(&coder->token.cm, &config, &plan->kernels));
    TRY(lm_state_create(&coder->lm, lm, &options));
    coder->n_ahead = choose_ahead(coder->token.encoding, coder->layout.n_streams);
    struct arena arena = {0};
    lay_out(coder, &arena);
    coder->memory = aligned_alloc(ARENA_ALIGN, arena.used);
    if (!coder->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){coder->memory, arena.used, 0};
    lay_out(coder, &arena);
    uint32_t start = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        struct segment *s = &coder->segments[i];
        s->at = start;
        s->end = start += coder->layout.n_bytes[i];
        s->unread = coder->layout.first_token;
    }
    return TACIT_OK;
}

static void release(struct language_coder *coder)
{
    cm_destroy(coder->token.cm);
    lm_state_destroy(coder->lm);
    free(coder->memory);
    free(coder->items);
    free(coder);
}

/* A bare byte is none of the model's tokens: the model does not see it. */
static uint32_t token_of(const struct language_coder *coder, uint32_t item)
{
    return item < tokenizer_vocabulary(coder->tokenizer)->n_tokens ? item : LM_NO_TOKEN;
}

/* The model reads, of each segment, what it has not read yet and, in the encoder, what it will have
 * to read in this round. */
static enum tacit_status read_round(struct language_coder *coder)
{
    size_t n = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        struct segment *s = &coder->segments[i];
        s->next_logits = coder->logits + n * coder->logit_stride;
        if (s->at == s->end)
            continue;
        if (s->unread != LM_NO_TOKEN)
            coder->inputs[n++] = (struct lm_input){i, s->unread};
        for (uint32_t j = 0; j + 1 < coder->n_ahead && s->items + j + 1 < s->stop; j++)
            if (token_of(coder, s->items[j]) != LM_NO_TOKEN)
                coder->inputs[n++] = (struct lm_input){i, s->items[j]};
    }
    return lm_feed(coder->lm, coder->inputs, n, coder->logits);
}

/* One item of one segment. */
static enum tacit_status code_item(struct language_coder *coder, uint32_t stream)
{
    struct segment *s = &coder->segments[stream];
    if (s->unread != LM_NO_TOKEN) {
        s->logits = s->next_logits;
        s->next_logits += coder->logit_stride;
    }
    if (coder->token.cm)
        cm_select_stream(coder->token.cm, stream, s->at);
    uint32_t item = coder->token.encoding ? *s->items++ : 0;
    item = token_coder_step(&coder->token, s->logits, item);
    struct byte_view bytes = tokenizer_item_bytes(coder->tokenizer, item);
    if (bytes.n > s->end - s->at)
        return TACIT_ERR_CORRUPT;
    if (!coder->token.encoding)
        memcpy(coder->job->content.data + s->at, bytes.data, bytes.n);
    s->at += (uint32_t)bytes.n;
    s->unread = token_of(coder, item);
    coder->n_bare += s->unread == LM_NO_TOKEN;
    return TACIT_OK;
}

/* Logits that a segment needs again, because its last item was a bare byte, are kept. */
static void end_round(struct language_coder *coder)
{
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        struct segment *s = &coder->segments[i];
        if (s->at == s->end || s->unread != LM_NO_TOKEN || s->logits == s->kept_logits)
            continue;
        memcpy(s->kept_logits, s->logits, coder->logit_stride * sizeof *s->logits);
        s->logits = s->kept_logits;
    }
}

/* A few items of every segment, in lock-step. Returns bytes left by *n_left. */
static enum tacit_status code_round(struct language_coder *coder, uint64_t *n_left)
{
    TRY(read_round(coder));
    for (uint32_t j = 0; j < coder->n_ahead; j++)
        for (uint32_t i = 0; i < coder->layout.n_streams; i++)
            if (coder->segments[i].at < coder->segments[i].end)
                TRY(code_item(coder, i));
    end_round(coder);
    *n_left = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        *n_left += coder->segments[i].end - coder->segments[i].at;
    return TACIT_OK;
}

/* Decided half-way, so that content which the model does not know is not crawled through: whether what
 * is done took much more than its share of what all must stay below. The first part of content takes
 * more than its share from any predictor that learns, hence the margin. */
static bool is_losing(const struct language_coder *coder, uint64_t n_done, uint64_t n_all,
                      size_t n_max)
{
    if (!coder->token.encoding || n_done < SAMPLE_BYTES || n_done < n_all / 2)
        return false;
    return (uint64_t)token_coder_n_coded(&coder->token) * n_all > (n_done + n_done / 4) * n_max;
}

/* n_max: of an encoder's bits. TACIT_OK with coder->job->payload.size 0: given up. */
static enum tacit_status code_all(struct language_coder *coder, size_t n_max, bool *given_up)
{
    uint64_t n_all = coder->segments[coder->layout.n_streams - 1].end, n_left = n_all;
    *given_up = false;
    while (n_left > 0) {
        TRY(code_round(coder, &n_left));
        if (block_watch_stop(&coder->job->watch, n_all - n_left))
            return TACIT_ERR_CANCELLED;
        *given_up = token_coder_is_hopeless(&coder->token) ||
                    is_losing(coder, n_all - n_left, n_all, n_max);
        if (*given_up)
            break;
    }
    return TACIT_OK;
}

static enum tacit_status begin(struct language_coder **coder_out, struct block_job *job,
                               bool encoding)
{
    *coder_out = NULL;
    if (!job->model)
        return TACIT_ERR_MODEL_MISSING;
    TRY(strict_float_check()); /* in the thread that will compute */
    struct language_coder *coder = calloc(1, sizeof *coder);
    if (!coder)
        return TACIT_ERR_MEMORY;
    coder->job = job;
    describe(coder, job->plan, job->model, encoding);
    *coder_out = coder;
    return TACIT_OK;
}

static enum tacit_status make_items(struct language_coder *coder)
{
    const struct byte_buffer *content = &coder->job->content;
    size_t first[LANGUAGE_STREAMS_MAX + 1];
    coder->items = malloc(content->size * sizeof *coder->items);
    if (!coder->items)
        return TACIT_ERR_MEMORY;
    TRY(language_choose_items(coder->tokenizer, content,
                              language_choose_streams(coder->job->plan, content->size),
                              &coder->layout, coder->items, first));
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        coder->segments[i].items = coder->items + first[i];
        coder->segments[i].stop = coder->items + first[i + 1];
    }
    coder->n_items = first[coder->layout.n_streams];
    return TACIT_OK;
}

static enum tacit_status encode(struct language_coder *coder, size_t n_max)
{
    struct block_job *job = coder->job;
    const struct codec_plan *plan = job->plan;
    uint32_t start = tokenizer_start(coder->tokenizer);
    coder->layout.line_ends = job->look->line_ends;
    coder->layout.unmixed = plan->unmixed;
    coder->layout.memory_log2 = context_memory_log2(plan, job->content.size);
    coder->layout.first_token = start == VOCABULARY_NONE ? 0 : start;
    coder->layout.n_context = plan->n_context;
    TRY(make_items(coder));
    TRY(prepare(coder));
    uint8_t packed[LANGUAGE_LAYOUT_MAX];
    size_t n_packed = language_layout_pack(packed, &coder->layout);
    if (n_packed > n_max)
        return TACIT_OK;
    n_max -= n_packed;
    TRY(byte_buffer_reserve(&job->payload, n_packed + n_max, n_packed + n_max));
    memcpy(job->payload.data, packed, n_packed);
    token_coder_begin_encoding(&coder->token, job->payload.data + n_packed, n_max);
    bool given_up;
    TRY(code_all(coder, n_max, &given_up));
    if (given_up)
        return TACIT_OK;
    size_t n_coded = token_coder_finish(&coder->token, job->payload.data + n_packed, n_max);
    job->payload.size = n_coded == SIZE_MAX ? 0 : n_packed + n_coded;
    job->report.n_words = coder->n_items;
    job->report.n_bare = coder->n_bare;
    job->report.model_bytes = coder->token.model_bytes;
    return TACIT_OK;
}

enum tacit_status language_block_encode(struct block_job *job, size_t n_max)
{
    struct language_coder *coder;
    enum content_type type;
    job->payload.size = 0;
    if (!language_choose_type(job->look, &type))
        return TACIT_OK;
    TRY(begin(&coder, job, true));
    coder->layout.type = type;
    enum tacit_status status = encode(coder, n_max);
    release(coder);
    return status;
}

static enum tacit_status decode(struct language_coder *coder)
{
    struct block_job *job = coder->job;
    const struct byte_buffer *payload = &job->payload;
    size_t n_layout;
    bool given_up;
    TRY(language_layout_parse(payload->data, payload->size, job->header.content_size,
                              &coder->layout, &n_layout));
    TRY(byte_buffer_reserve(&job->content, job->header.content_size, job->header.content_size));
    TRY(prepare(coder));
    token_coder_begin_decoding(&coder->token, payload->data + n_layout, payload->size - n_layout);
    TRY(code_all(coder, 0, &given_up));
    if (given_up || !token_coder_is_done(&coder->token))
        return TACIT_ERR_CORRUPT;
    job->content.size = job->header.content_size;
    return line_ends_restore(&coder->layout.line_ends, job->content.data, job->content.size);
}

enum tacit_status language_block_decode(struct block_job *job)
{
    struct language_coder *coder;
    TRY(begin(&coder, job, false));
    enum tacit_status status = decode(coder);
    release(coder);
    return status;
}

uint64_t language_block_encode_memory(const struct codec_plan *plan, uint64_t content_size)
{
    struct language_layout layout = {.type = CONTENT_TEXT,
                                     .unmixed = plan->unmixed,
                                     .memory_log2 = context_memory_log2(plan, content_size),
                                     .n_context = plan->n_context,
                                     .n_streams = language_choose_streams(plan, content_size)};
    uint64_t n_bytes;
    if (memory_needed(plan, plan->model, &layout, (uint32_t)content_size, (size_t)content_size,
                      &n_bytes) != TACIT_OK)
        return UINT64_MAX / 2;
    /* Items, and a payload beside the context models'. */
    return n_bytes + content_size * (sizeof(uint32_t) + 1);
}

enum tacit_status language_block_decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    struct language_layout layout;
    size_t n_layout;
    if (!job->model)
        return TACIT_ERR_MODEL_MISSING;
    TRY(language_layout_parse(job->payload.data, job->payload.size, job->header.content_size,
                              &layout, &n_layout));
    return memory_needed(job->plan, job->model, &layout, job->header.content_size, 0, n_bytes);
}
