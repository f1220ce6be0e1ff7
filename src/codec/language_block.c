/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/language_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "codec/context_choose.h"
#include "codec/language_layout.h"
#include "codec/token_coder.h"
#include "model/lm.h"
#include "model/model.h"

enum {
    FIRST_TOKEN = 0, /* ends a document in most vocabularies: the start of the next one */
};

/* One segment's place. */
struct segment {
    uint32_t start, end;   /* in the block's content */
    uint32_t at;           /* content done */
    const uint32_t *items; /* encoder: what is left of it as items */
};

/* Encoder or decoder of one block: the same walk over the same segments. */
struct language_coder {
    struct block_job *job;
    const struct tacit_model *model;
    struct language_layout layout;
    struct token_coder token;
    struct lm_state *lm;
    uint32_t *items; /* encoder: of the whole block */
    float *logits;
    void *memory; /* logits and the distribution */
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
    coder->logits =
        arena_take(arena, coder->layout.n_streams * lm_logit_stride(lm) * sizeof *coder->logits);
    token_distribution_lay_out(&coder->token.distribution, arena, coder->model->trie,
                               lm->shape.n_vocab);
}

/* Bytes beyond content, payload and the model itself. */
static enum tacit_status memory_needed(const struct codec_plan *plan,
                                       const struct tacit_model *model,
                                       const struct language_layout *layout, uint32_t content_size,
                                       uint64_t *n_bytes)
{
    struct language_coder coder = {.model = model, .layout = *layout};
    struct cm_config config = mixer_config(layout, content_size);
    struct lm_options options = lm_options(plan, layout);
    struct arena sizes = {0};
    uint64_t n_lm;
    lay_out(&coder, &sizes);
    TRY(lm_state_memory_needed(&model_file_lm(model->file)->shape, &options, &n_lm));
    *n_bytes = sizeof coder + sizes.used + cm_memory_needed(&config) + n_lm;
    return TACIT_OK;
}

/* With the layout known: models and buffers. */
static enum tacit_status prepare(struct language_coder *coder)
{
    const struct codec_plan *plan = coder->job->plan;
    struct cm_config config = mixer_config(&coder->layout, coder->job->header.content_size);
    struct lm_options options = lm_options(plan, &coder->layout);
    coder->token.kernels = &plan->kernels;
    TRY(cm_create(&coder->token.cm, &config, &plan->kernels));
    TRY(lm_state_create(&coder->lm, model_file_lm(coder->model->file), &options));
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
        s->start = s->at = start;
        s->end = start += coder->layout.n_bytes[i];
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

/* One token of one segment; *token: what the model reads next of it. */
static enum tacit_status code_token(struct language_coder *coder, uint32_t stream, uint32_t *token)
{
    struct segment *s = &coder->segments[stream];
    const struct lm_model *lm = model_file_lm(coder->model->file);
    const float *logits = coder->logits + stream * lm_logit_stride(lm);
    cm_select_stream(coder->token.cm, stream, s->start);
    uint32_t item = coder->token.encoding ? *s->items++ : 0;
    item = token_coder_step(&coder->token, logits, item);
    struct byte_view bytes = tokenizer_item_bytes(model_file_tokenizer(coder->model->file), item);
    if (bytes.n > s->end - s->at)
        return TACIT_ERR_CORRUPT;
    if (!coder->token.encoding)
        memcpy(coder->job->content.data + s->at, bytes.data, bytes.n);
    s->at += (uint32_t)bytes.n;
    /* A bare byte is none of the model's tokens: the model does not see it. */
    *token = s->at == s->end || item >= lm->shape.n_vocab ? LM_NO_TOKEN : item;
    return TACIT_OK;
}

static bool hopeless(const struct token_coder *token)
{
    return token->encoding ? token->enc.overflow : token->dec.pos > token->dec.n_in + 8;
}

/* All segments, in lock-step. */
static enum tacit_status code_all(struct language_coder *coder)
{
    uint32_t tokens[LANGUAGE_STREAMS_MAX], n_left = coder->layout.n_streams;
    uint64_t n_done = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        tokens[i] = coder->layout.first_token;
    while (n_left > 0) {
        TRY(lm_step(coder->lm, tokens, coder->logits));
        n_left = 0;
        n_done = 0;
        for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
            struct segment *s = &coder->segments[i];
            tokens[i] = LM_NO_TOKEN;
            if (s->at < s->end)
                TRY(code_token(coder, i, &tokens[i]));
            n_left += s->at < s->end;
            n_done += s->at - s->start;
        }
        if (block_watch_stop(&coder->job->watch, n_done))
            return TACIT_ERR_CANCELLED;
        if (hopeless(&coder->token))
            return coder->token.encoding ? TACIT_OK : TACIT_ERR_CORRUPT;
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
    coder->model = job->model;
    coder->token.encoding = encoding;
    *coder_out = coder;
    return TACIT_OK;
}

/* What most of the content is, if that is text. */
static bool text_type(const uint8_t *data, size_t n, enum content_type *type)
{
    enum { PROBES_MAX = 64 };
    struct content_segment split[PROBES_MAX];
    size_t n_of_type[CONTENT_N_TYPES] = {0}, n_text = 0;
    size_t n_segments = content_split(data, n, split, PROBES_MAX);
    for (size_t i = 0; i < n_segments; i++)
        n_of_type[split[i].content.type] += split[i].n_bytes;
    *type = CONTENT_TEXT;
    for (unsigned i = 0; i < CONTENT_N_TYPES; i++) {
        if (i != CONTENT_TEXT && i != CONTENT_MARKUP && i != CONTENT_TABLE)
            continue;
        n_text += n_of_type[i];
        if (n_of_type[i] > n_of_type[*type])
            *type = (enum content_type)i;
    }
    return n_text > n / 2;
}

bool language_block_may_help(const uint8_t *data, size_t n)
{
    enum content_type type;
    return text_type(data, n, &type);
}

static uint32_t choose_streams(const struct codec_plan *plan, size_t n)
{
    uint32_t wanted = plan->n_streams ? plan->n_streams : 1 + (uint32_t)(n / plan->stream_bytes);
    uint32_t most = plan->n_streams ? LANGUAGE_STREAMS_MAX : plan->streams_max;
    if (wanted > most)
        wanted = most;
    return wanted > n ? (uint32_t)n : wanted;
}

/* Cuts the content near equal parts and writes each as items. */
static enum tacit_status make_items(struct language_coder *coder)
{
    const struct byte_buffer *content = &coder->job->content;
    const struct tokenizer *tokenizer = model_file_tokenizer(coder->model->file);
    size_t n = content->size, start = 0, n_items = 0;
    uint32_t n_streams = choose_streams(coder->job->plan, n), n_made = 0;
    coder->items = malloc(n * sizeof *coder->items);
    if (!coder->items)
        return TACIT_ERR_MEMORY;
    for (uint32_t i = 1; i <= n_streams; i++) {
        size_t end = n;
        if (i < n_streams) {
            size_t wanted = (size_t)((uint64_t)n * i / n_streams);
            end = wanted > start ? tokenizer_cut(content->data, n, wanted) : start;
        }
        if (end <= start)
            continue; /* cut back to where the last segment ended */
        size_t n_segment;
        coder->segments[n_made].items = coder->items + n_items;
        TRY(tokenizer_encode(tokenizer, content->data + start, end - start, coder->items + n_items,
                             &n_segment));
        coder->layout.n_bytes[n_made++] = (uint32_t)(end - start);
        n_items += n_segment;
        start = end;
    }
    coder->layout.n_streams = n_made;
    return TACIT_OK;
}

static enum tacit_status encode(struct language_coder *coder, size_t n_max)
{
    struct block_job *job = coder->job;
    const struct codec_plan *plan = job->plan;
    text_type(job->content.data, job->content.size, &coder->layout.type);
    coder->layout.memory_log2 = context_memory_log2(plan, job->content.size);
    coder->layout.first_token = FIRST_TOKEN;
    coder->layout.n_context = plan->n_context;
    TRY(make_items(coder));
    TRY(prepare(coder));
    uint8_t packed[LANGUAGE_LAYOUT_MAX];
    size_t n_packed = language_layout_pack(packed, &coder->layout);
    if (n_packed > n_max)
        return TACIT_OK;
    TRY(byte_buffer_reserve(&job->payload, n_max, n_max));
    memcpy(job->payload.data, packed, n_packed);
    bc_encoder_init(&coder->token.enc, job->payload.data + n_packed, n_max - n_packed);
    TRY(code_all(coder));
    size_t n_coded = bc_encoder_finish(&coder->token.enc);
    job->payload.size = n_coded == SIZE_MAX ? 0 : n_packed + n_coded;
    return TACIT_OK;
}

enum tacit_status language_block_encode(struct block_job *job, size_t n_max)
{
    struct language_coder *coder;
    job->payload.size = 0;
    TRY(begin(&coder, job, true));
    enum tacit_status status = encode(coder, n_max);
    release(coder);
    return status;
}

static enum tacit_status decode(struct language_coder *coder)
{
    struct block_job *job = coder->job;
    const struct byte_buffer *payload = &job->payload;
    size_t n_layout;
    TRY(language_layout_parse(payload->data, payload->size, job->header.content_size,
                              &coder->layout, &n_layout));
    TRY(byte_buffer_reserve(&job->content, job->header.content_size, job->header.content_size));
    TRY(prepare(coder));
    bc_decoder_init(&coder->token.dec, payload->data + n_layout, payload->size - n_layout);
    TRY(code_all(coder));
    job->content.size = job->header.content_size;
    return TACIT_OK;
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
                                     .memory_log2 = context_memory_log2(plan, content_size),
                                     .n_context = plan->n_context,
                                     .n_streams = choose_streams(plan, (size_t)content_size)};
    uint64_t n_bytes;
    if (memory_needed(plan, plan->model, &layout, (uint32_t)content_size, &n_bytes) != TACIT_OK)
        return UINT64_MAX / 2;
    return n_bytes + content_size * sizeof(uint32_t);
}

enum tacit_status language_block_decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    struct language_layout layout;
    size_t n_layout;
    if (!job->model)
        return TACIT_ERR_MODEL_MISSING;
    TRY(language_layout_parse(job->payload.data, job->payload.size, job->header.content_size,
                              &layout, &n_layout));
    return memory_needed(job->plan, job->model, &layout, job->header.content_size, n_bytes);
}
