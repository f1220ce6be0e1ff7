/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "methods/context/context_choose.h"
#include "methods/language/language_choose.h"
#include "methods/language/language_coder.h"
#include "methods/language/language_heads.h"
#include "methods/language/language_layout.h"
#include "methods/language/language_primer.h"
#include "methods/language/language_rounds.h"
#include "methods/language/language_silent.h"
#include "methods/recall/language_recall.h"

static enum tacit_status make_items(struct language_coder *coder)
{
    const struct byte_buffer *content = &coder->job->content;
    size_t first[TACIT_STREAMS_MAX + 1];
    if (coder->layout.recalls) {
        coder->layout.n_streams = 1;
        coder->layout.n_bytes[0] = (uint32_t)content->size;
        coder->streams[0].items = coder->items;
        coder->streams[0].stop = coder->items + coder->n_items;
        return TACIT_OK;
    }
    coder->items = malloc(content->size * sizeof *coder->items);
    if (!coder->items)
        return TACIT_ERR_MEMORY;
    TRY(language_choose_items(coder->tokenizer, content,
                              language_choose_streams(coder->job->plan, content->size),
                              &coder->layout, coder->items, first));
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        coder->streams[i].items = coder->items + first[i];
        coder->streams[i].stop = coder->items + first[i + 1];
    }
    coder->n_items = first[coder->layout.n_streams];
    return TACIT_OK;
}

/* Has the layout read the end of the reference. Content too short to tell its type gets the
 * reference's type. */
static void choose_reading(const struct block_job *job, struct language_layout *layout)
{
    const struct tacit_reference *reference = job->reference;
    layout->referenced = layout->recalls || (reference && !job->plan->unmixed &&
                                             job->look->arrangement.speech.n_segments == 0);
    if (!layout->referenced)
        return;
    if (job->content.size < ALIKE_MAX && CONTENT_BIT(reference->type) & CONTENT_WORDS)
        layout->type = reference->type;
    layout->reading = (struct reference_reading){layout->type, LANGUAGE_USUAL_PART};
    if (layout->recalls)
        layout->reading.part = reference_part_for(reference, LEARNT_MAX);
    layout->model_part = LANGUAGE_USUAL_MODEL_PART;
}

static unsigned choose_memory(const struct codec_plan *plan, const struct language_layout *layout,
                              uint64_t n_bytes)
{
    uint32_t n_learnt =
        layout->referenced ? reference_n_learnt(plan->reference, layout->reading.part) : 0;
    unsigned log2 = context_memory_log2(plan, n_bytes, n_learnt);
    bool can_be_usual = layout->referenced && plan->memory_log2_max >= LANGUAGE_USUAL_MEMORY_LOG2;
    return can_be_usual && log2 < LANGUAGE_USUAL_MEMORY_LOG2 ? LANGUAGE_USUAL_MEMORY_LOG2 : log2;
}

/* Fills the layout, which stands in front of the coded bits. */
static enum tacit_status choose_layout(struct language_coder *coder)
{
    const struct block_job *job = coder->job;
    const struct codec_plan *plan = job->plan;
    uint32_t start = tokenizer_start(coder->tokenizer);
    bool arranged = !coder->layout.recalls && job->look->arrangement.speech.n_segments > 0;
    coder->layout.type = job->look->spoken_type;
    coder->layout.line_ends = job->look->line_ends;
    coder->layout.recoding.n_stretches = 0;
    if (job->look->recoding.n_stretches > 0)
        coder->layout.recoding = job->look->recoding;
    coder->layout.restate = job->look->restate;
    coder->layout.n_recoded = block_job_n_seen(job);
    if (arranged)
        coder->layout.arrangement = job->look->arrangement;
    coder->layout.n_spoken = (uint32_t)job->content.size;
    coder->layout.n_arranged = coder->layout.n_recoded;
    if (arranged)
        coder->layout.n_arranged -= coder->layout.arrangement.tar.n_removed;
    coder->layout.unmixed = plan->unmixed;
    coder->layout.first_token = start == VOCABULARY_NONE ? 0 : start;
    coder->layout.n_context = plan->n_context;
    TRY(make_items(coder));
    choose_reading(job, &coder->layout);
    TRY(language_heads_choose(coder));
    coder->layout.memory_log2 = choose_memory(plan, &coder->layout, coder->layout.n_arranged);
    coder->layout.primed = coder->layout.n_streams == 1 && !plan->unmixed &&
                           !coder->layout.referenced && language_primer_pays(&job->content);
    coder->layout.versed = language_layout_is_usual(&coder->layout);
    return TACIT_OK;
}

static void report(const struct language_coder *coder)
{
    struct tacit_model_report *to = &coder->job->report;
    to->n_tokens = coder->n_items;
    to->n_bare = coder->n_bare;
    to->model_bytes = coder->token.model_bytes;
}

static enum tacit_status run(struct language_coder *coder, struct language_rival *rival,
                             enum language_verdict *verdict)
{
    bool hopeless;
    if (!coder->layout.recalls)
        return language_rounds_run(coder, rival, verdict);
    TRY(language_recall_run(coder, &hopeless));
    *verdict = hopeless ? LANGUAGE_GIVEN_UP : LANGUAGE_GOES_ON;
    return TACIT_OK;
}

static enum tacit_status code_payload(struct language_coder *coder, size_t n_max,
                                      struct language_rival *rival, enum language_verdict *verdict)
{
    struct byte_buffer *payload = &coder->job->payload;
    uint8_t packed[LANGUAGE_LAYOUT_MAX];
    TRY(choose_layout(coder));
    TRY(language_coder_prepare(coder));
    size_t n_packed = language_layout_pack(packed, &coder->layout);
    *verdict = LANGUAGE_GIVEN_UP;
    if (n_packed > n_max)
        return TACIT_OK;
    TRY(byte_buffer_reserve(payload, n_max, n_max));
    memcpy(payload->data, packed, n_packed);
    uint8_t *out = payload->data + n_packed;
    token_coder_begin_encoding(&coder->token, out, n_max - n_packed);
    TRY(language_primer_read(coder));
    TRY(language_silent_run(coder));
    TRY(run(coder, rival, verdict));
    if (*verdict != LANGUAGE_GOES_ON)
        return TACIT_OK;
    size_t n_coded = token_coder_finish(&coder->token, out, n_max - n_packed);
    if (n_coded == SIZE_MAX)
        *verdict = LANGUAGE_GIVEN_UP;
    else
        payload->size = n_packed + n_coded;
    report(coder);
    return TACIT_OK;
}

static enum tacit_status code_arranged(struct language_coder *coder, size_t n_max,
                                       struct language_rival *rival, enum language_verdict *verdict)
{
    struct block_job *job = coder->job;
    TRY(language_choose_arrange(job));
    enum tacit_status status = code_payload(coder, n_max, rival, verdict);
    enum tacit_status restored = language_choose_restore(job);
    return status != TACIT_OK ? status : restored;
}

enum tacit_status language_block_encode(struct block_job *job, size_t n_max,
                                        struct language_rival *rival,
                                        enum language_verdict *verdict)
{
    struct language_coder *coder;
    job->payload.size = 0;
    *verdict = LANGUAGE_GIVEN_UP;
    if (!job->look->spoken)
        return TACIT_OK;
    TRY(language_coder_create(&coder, job, true));
    coder->token.counting = job->plan->report != NULL;
    enum tacit_status status = language_recall_plan(coder);
    if (status == TACIT_OK && coder->layout.recalls)
        status = code_payload(coder, n_max, NULL, verdict);
    else if (status == TACIT_OK && !job->look->restate.used)
        status = code_arranged(coder, n_max, rival, verdict);
    language_coder_destroy(coder);
    return status;
}

static enum tacit_status encode(struct block_job *job, size_t n_max)
{
    enum language_verdict verdict;
    return language_block_encode(job, n_max, NULL, &verdict);
}

/* Room for helpers and guesses is taken if the limit allows that. Otherwise decoding takes the
 * memory of one thread without guesses. */
static enum tacit_status measure_decoder(const struct block_job *job,
                                         const struct language_layout *layout, uint64_t *n_bytes,
                                         bool *helped)
{
    struct codec_plan plan = *job->plan;
    plan.reference = job->reference;
    uint32_t n_content = language_layout_span(layout, job->header.content_size);
    TRY(language_coder_memory(&plan, job->model, layout, n_content, 0, n_bytes));
    *helped = *n_bytes + n_content + job->payload.size <= plan.memory_limit;
    plan.n_threads = 1;
    plan.guessing = GUESSING_NOTHING;
    return *helped ? TACIT_OK
                   : language_coder_memory(&plan, job->model, layout, n_content, 0, n_bytes);
}

/* Restores content from what was coded. */
static enum tacit_status restore_content(struct language_coder *coder)
{
    const struct language_layout *layout = &coder->layout;
    struct byte_buffer *content = &coder->job->content;
    uint32_t n = coder->job->header.content_size, room = language_layout_span(layout, n);
    if (layout->arrangement.speech.n_segments > 0)
        TRY(arrangement_restore(&layout->arrangement, content, layout->n_recoded, room));
    if (layout->recoding.n_stretches > 0)
        TRY(recoding_restore(&layout->recoding, content, n - layout->line_ends.n_removed, n));
    content->size = n;
    if (layout->restate.used)
        tar_restate_restore(&layout->restate, reference_bytes(coder->job->reference), content->data,
                            n);
    return line_ends_restore(&layout->line_ends, content->data, n);
}

static enum tacit_status parse_layout(const struct block_job *job, struct language_layout *layout,
                                      size_t *n_layout)
{
    TRY(language_layout_parse(job->payload.data, job->payload.size, job->header.content_size,
                              job->reference, layout, n_layout));
    return layout->referenced && !job->reference ? TACIT_ERR_REFERENCE_MISSING : TACIT_OK;
}

static enum tacit_status decode_payload(struct language_coder *coder)
{
    struct block_job *job = coder->job;
    const struct byte_buffer *payload = &job->payload;
    size_t n_layout;
    enum language_verdict verdict;
    uint64_t n_bytes;
    bool helped;
    TRY(parse_layout(job, &coder->layout, &n_layout));
    TRY(measure_decoder(job, &coder->layout, &n_bytes, &helped));
    job->pool = helped ? job->pool : NULL;
    coder->guessing = helped && job->plan->guessing != GUESSING_NOTHING;
    uint32_t room = language_layout_span(&coder->layout, job->header.content_size);
    TRY(byte_buffer_reserve(&job->content, room, room));
    TRY(language_coder_prepare(coder));
    if (coder->layout.recalls)
        TRY(recall_create(&coder->recall, reference_bytes(job->reference), room, true));
    token_coder_begin_decoding(&coder->token, payload->data + n_layout, payload->size - n_layout);
    TRY(language_primer_read(coder));
    TRY(language_silent_run(coder));
    TRY(run(coder, NULL, &verdict));
    if (verdict != LANGUAGE_GOES_ON || !token_coder_is_done(&coder->token))
        return TACIT_ERR_CORRUPT;
    job->report = (struct tacit_model_report){.n_decoded = coder->n_decoded,
                                              .n_passes = coder->readers.n_passes,
                                              .n_read = coder->readers.n_fed};
    return restore_content(coder);
}

static enum tacit_status decode(struct block_job *job)
{
    struct language_coder *coder;
    TRY(language_coder_create(&coder, job, false));
    enum tacit_status status = decode_payload(coder);
    language_coder_destroy(coder);
    return status;
}

/* A layout with a segment of each type that may come, for the memory of the context models. */
static void list_silent(struct speech *speech, uint32_t content_set)
{
    for (unsigned i = 0; i < CONTENT_N_TYPES; i++)
        if (content_set & CONTENT_BIT(i))
            speech->segments[speech->n_segments++] =
                (struct speech_segment){.silent = true, .content.type = (enum content_type)i};
}

static uint64_t encode_memory(const struct codec_plan *plan, uint64_t content_size)
{
    if (!plan->model)
        return 0;
    struct language_layout layout = {.type = CONTENT_TEXT,
                                     .primed = true, /* for the memory that it takes */
                                     .unmixed = plan->unmixed,
                                     .n_context = plan->n_context,
                                     .n_streams = language_choose_streams(plan, content_size)};
    if (plan->reference && !plan->unmixed) {
        layout.referenced = true;
        layout.reading.part = LANGUAGE_USUAL_PART;
        layout.model_part = LANGUAGE_USUAL_MODEL_PART;
        layout.recalls = content_size >= RECALL_CONTENT_MIN;
    }
    layout.memory_log2 = choose_memory(plan, &layout, content_size);
    layout.versed = language_layout_is_usual(&layout);
    uint64_t n_bytes, n_choosing = language_heads_expect(plan, &layout);
    list_silent(&layout.arrangement.speech, content_set_within(plan->content_set, content_size));
    if (language_coder_memory(plan, plan->model, &layout, (uint32_t)content_size,
                              (size_t)content_size, &n_bytes) != TACIT_OK)
        return UINT64_MAX / 2;
    n_bytes = n_bytes > n_choosing ? n_bytes : n_choosing; /* which is done before */
    /* Memory for items, and for a payload beside the context models'. */
    return n_bytes + content_size * (sizeof(uint32_t) + 1) +
           context_sample_memory(plan, content_size);
}

static enum tacit_status decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    struct language_layout layout;
    size_t n_layout;
    bool helped;
    if (!job->model)
        return TACIT_ERR_MODEL_MISSING;
    TRY(parse_layout(job, &layout, &n_layout));
    TRY(measure_decoder(job, &layout, n_bytes, &helped));
    bool arranged = layout.arrangement.speech.n_segments > 0;
    *n_bytes +=
        (uint64_t)language_layout_span(&layout, job->header.content_size) * (arranged ? 2 : 1);
    if (layout.recoding.n_stretches > 0)
        *n_bytes += job->header.content_size;
    return TACIT_OK;
}

const struct block_method language_method = {.name = "model",
                                             .predicts = true,
                                             .encode = encode,
                                             .decode = decode,
                                             .needs_reference = language_layout_is_referenced,
                                             .cuts_text = language_layout_cuts_text,
                                             .encode_memory = encode_memory,
                                             .decode_memory = decode_memory};
