/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "methods/context/context_choose.h"
#include "methods/language/language_choose.h"
#include "methods/language/language_coder.h"
#include "methods/language/language_layout.h"
#include "methods/language/language_primer.h"
#include "model/model.h"

enum { PAIR_STREAMS_MIN = 4 };

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

static void lay_out(struct language_coder *coder, unsigned n_rounds, struct arena *arena)
{
    const struct lm_model *lm = model_file_lm(coder->model->file);
    size_t n_rows = (size_t)coder->n_ahead * coder->layout.n_streams;
    size_t row = lm_logit_stride(lm) * sizeof(float);
    coder->logit_stride = lm_logit_stride(lm);
    for (unsigned i = 0; i < n_rounds; i++) {
        coder->rounds[i].inputs = arena_take(arena, n_rows * sizeof(struct lm_input));
        coder->rounds[i].logits = arena_take(arena, n_rows * row);
    }
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        coder->segments[i].kept = arena_take(arena, row);
    language_primer_lay_out(coder, arena);
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

/* Whether a second thread pays. A decoder's halves of fewer streams take a pass over the weights each,
 * which costs what taking turns gains. */
static bool may_pair(const struct codec_plan *plan, bool encoding, uint32_t n_streams)
{
    return plan->n_threads > 1 && (encoding || n_streams >= PAIR_STREAMS_MIN);
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
    lay_out(coder, may_pair(plan, n_items > 0, layout->n_streams) ? LANGUAGE_ROUNDS : 1, &sizes);
    free(coder);
    TRY(lm_state_memory_needed(&model_file_lm(model->file)->shape, &options, &n_lm));
    *n_bytes = sizeof *coder + sizes.used + n_lm;
    if (!layout->unmixed)
        *n_bytes += cm_memory_needed(&config);
    return TACIT_OK;
}

/* Takes a reader along if a processor is idle. Without one it is slower, and the same bytes. */
static enum tacit_status pair_up(struct language_coder *coder)
{
    const struct block_job *job = coder->job;
    if (!may_pair(job->plan, coder->token.encoding, coder->layout.n_streams) || !job->n_busy ||
        atomic_load(job->n_busy) >= job->plan->n_threads)
        return TACIT_OK;
    enum tacit_status status = crew_create(&coder->crew, 2);
    return status == TACIT_ERR_THREAD ? TACIT_OK : status;
}

static void place_segments(struct language_coder *coder)
{
    uint32_t start = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        struct language_segment *s = &coder->segments[i];
        s->at = start;
        s->end = start += coder->layout.n_bytes[i];
        s->before = s->planned_before = coder->layout.first_token;
        s->planned = s->items;
    }
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
    TRY(pair_up(coder));
    unsigned n_rounds = coder->crew ? LANGUAGE_ROUNDS : 1;
    struct arena arena = {0};
    lay_out(coder, n_rounds, &arena);
    coder->memory = aligned_alloc(ARENA_ALIGN, arena.used);
    if (!coder->memory)
        return TACIT_ERR_MEMORY;
    arena = (struct arena){coder->memory, arena.used, 0};
    lay_out(coder, n_rounds, &arena);
    place_segments(coder);
    return TACIT_OK;
}

static void release(struct language_coder *coder)
{
    crew_destroy(coder->crew);
    cm_destroy(coder->token.cm);
    lm_state_destroy(coder->lm);
    free(coder->memory);
    free(coder->items);
    free(coder);
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
    coder->token.counting = plan->report != NULL;
    coder->layout.memory_log2 = context_memory_log2(plan, job->content.size);
    coder->layout.first_token = start == VOCABULARY_NONE ? 0 : start;
    coder->layout.n_context = plan->n_context;
    TRY(make_items(coder));
    coder->layout.primed =
        coder->layout.n_streams == 1 && !plan->unmixed && language_primer_pays(&job->content);
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
    TRY(language_primer_read(coder));
    TRY(language_rounds_run(coder, &given_up));
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
    TRY(language_primer_read(coder));
    TRY(language_rounds_run(coder, &given_up));
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
                                     .primed = true, /* for the room it takes */
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
