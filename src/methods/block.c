/* SPDX-License-Identifier: Apache-2.0
 *
 * An encoder tries the language model, the context models, then all methods that do not predict. It
 * keeps the shortest payload, and stores the content if no payload is shorter.
 *
 * The language model is many times slower than the context models. Its payload is kept only for a
 * gain that is worth its time: plan->least_gain, a share of the context models' bytes. On content
 * from a certain size on, the language model starts alone and is compared with samples
 * (language_rival.h). If it is well ahead, the context models need not code the whole block. If it
 * gains too little, it is given up. In between, and on short content, the context models code the
 * whole block, and the language model goes on as long as its payload may become shorter than
 * theirs.
 */
#include "methods/block.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/try.h"
#include "content/number_find.h"
#include "methods/block_methods.h"
#include "methods/context/context_marks.h"
#include "methods/language/language_block.h"
#include "methods/language/language_choose.h"
#include "tacit/archive.h"

enum {
    /* Content up to this, with a reference, is coded by the language model to its end: there is too little of it to judge by a
     * part. It is also coded without the reference. */
    ALONE_MAX = 1 << 14,
    NUMBERS_SILENT_MIN = 1 << 16,
};

/* Sets the present payload, if there is one, aside. Returns how long a shorter payload may be. */
static size_t set_aside(struct block_job *job, struct byte_buffer *best)
{
    *best = (struct byte_buffer){0};
    if (job->payload.size == 0)
        return job->header.content_size - 1;
    *best = job->payload;
    job->payload = (struct byte_buffer){0};
    return best->size - 1;
}

/* If the method made a payload, it is shorter than the best so far and takes its place. */
static enum tacit_status keep_shorter(struct block_job *job, struct byte_buffer *best,
                                      enum tacit_method method, enum tacit_status status)
{
    if (status == TACIT_OK && job->payload.size > 0) {
        job->header.method = (uint8_t)method;
        byte_buffer_free(best);
    } else if (best->data) {
        byte_buffer_free(&job->payload);
        job->payload = *best;
    }
    return status;
}

static enum tacit_status try_method(struct block_job *job, enum tacit_method method)
{
    struct byte_buffer best;
    size_t n_max = set_aside(job, &best);
    enum tacit_status status = n_max > 0 ? block_method_of(method)->encode(job, n_max) : TACIT_OK;
    return keep_shorter(job, &best, method, status);
}

static enum tacit_status try_language(struct block_job *job, struct language_rival *rival,
                                      enum language_verdict *verdict)
{
    struct byte_buffer best;
    size_t n_max = set_aside(job, &best);
    if (best.data)
        n_max -= (size_t)((uint64_t)n_max * job->plan->least_gain / 1000);
    *verdict = LANGUAGE_GIVEN_UP;
    enum tacit_status status =
        n_max > 0 ? language_block_encode(job, n_max, rival, verdict) : TACIT_OK;
    return keep_shorter(job, &best, TACIT_METHOD_MODEL, status);
}

static void report_context(struct block_job *job, uint64_t n_content, uint64_t n_coded)
{
    job->report =
        (struct tacit_model_report){.context_content = n_content, .context_bytes = n_coded};
}

/* Whether the whole block takes a fifth more bytes for its length than the sample. */
static bool is_unlike(const struct context_sample *sample, uint64_t n_content, uint64_t n_coded)
{
    return n_coded * sample->n_bytes > sample->all_coded * n_content * 6 / 5;
}

/* Tries without the reference too, since a reference of another kind does harm. */
static enum tacit_status try_without_reference(struct block_job *job)
{
    enum language_verdict verdict;
    const struct tacit_reference *reference = job->reference;
    job->reference = NULL;
    enum tacit_status status = try_language(job, NULL, &verdict);
    job->reference = reference;
    return status;
}

/* Tries the context models, then the language model against their payload of the whole block.
 * lost: a sample in which the language model has lost, or NULL; it is tried again if the rest of
 * the block is unlike the sample. promising: it has gained in a sample. */
static enum tacit_status try_in_turn(struct block_job *job, const struct context_sample *lost,
                                     bool promising, struct context_marks *marks)
{
    struct language_rival rival = {
        .least_gain = job->plan->least_gain, .patient = lost != NULL, .promising = promising};
    enum language_verdict verdict;
    uint64_t n_content = job->content.size;
    job->marks = marks;
    enum tacit_status status = try_method(job, TACIT_METHOD_CONTEXT);
    job->marks = NULL;
    report_context(job, n_content, job->payload.size);
    /* Marks are about the content's own order. */
    bool arranged = job->look->arrangement.speech.n_segments > 0;
    if (status != TACIT_OK ||
        (lost && (arranged || !is_unlike(lost, n_content, job->payload.size))))
        return status;
    if (!arranged && job->payload.size > 0)
        rival.marks = marks;
    rival.n_whole = job->payload.size;
    bool is_record = job->reference && !arranged && n_content < ALONE_MAX;
    TRY(try_language(job, rival.marks && !is_record ? &rival : NULL, &verdict));
    return is_record ? try_without_reference(job) : TACIT_OK;
}

static enum tacit_status try_both(struct block_job *job, const struct context_sample *lost,
                                  bool promising)
{
    struct context_marks marks;
    TRY(context_marks_create(&marks, job->content.size));
    enum tacit_status status = try_in_turn(job, lost, promising, &marks);
    context_marks_destroy(&marks);
    return status;
}

static enum tacit_status try_with_samples(struct block_job *job)
{
    struct language_rival rival = {.least_gain = job->plan->least_gain};
    enum language_verdict verdict;
    TRY(try_language(job, &rival, &verdict));
    if (verdict != LANGUAGE_GOES_ON)
        return try_both(job, verdict == LANGUAGE_GIVEN_UP ? &rival.sample : NULL,
                        language_rival_promises(&rival));
    /* Silent bytes cost the context models less when they code them alone. If there are many, the
     * whole block decides. */
    if (language_choose_n_spoken(job) <= job->content.size / 2)
        TRY(try_method(job, TACIT_METHOD_CONTEXT));
    job->report.context_content = rival.sample.n_bytes;
    job->report.context_bytes = rival.sample.all_coded;
    return TACIT_OK;
}

/* job->look is there. */
static enum tacit_status try_predictors(struct block_job *job)
{
    enum language_verdict verdict;
    bool sampled = language_choose_n_spoken(job) >= CONTEXT_SAMPLED_MIN && !job->reference;
    if (job->look->spoken && job->plan->context)
        return sampled ? try_with_samples(job) : try_both(job, NULL, false);
    if (job->look->spoken)
        return try_language(job, NULL, &verdict);
    TRY(job->plan->context ? try_method(job, TACIT_METHOD_CONTEXT) : TACIT_OK);
    report_context(job, job->content.size, job->payload.size);
    return TACIT_OK;
}

/* How many bytes recoded content may have. What is longer than a block may become takes memory that
 * a limit does not count. */
static size_t recoded_max(const struct codec_plan *plan)
{
    return plan->memory_limit == UINT64_MAX ? TACIT_BLOCK_SIZE_MAX : (size_t)plan->block_bound;
}

/* Whether pictures or sound lie in the content. */
static bool has_headed(struct block_look *look, const struct byte_buffer *content)
{
    uint32_t set = 0;
    look->n_split = content_split(content->data, content->size, look->split, BLOCK_SPLIT_MAX);
    for (size_t i = 0; i < look->n_split; i++)
        set |= CONTENT_BIT(look->split[i].content.type);
    return (set & CONTENT_HEADED) != 0;
}

/* With a reference, whose bytes are as they are, the content stays as it is too, but for the headers of a tar; and so does content
 * with pictures or sound, whose rows a stretch found by mistake would shift. */
static enum tacit_status take_out(struct block_job *job, struct block_look *look)
{
    struct byte_buffer *content = &job->content;
    look->line_ends.n_removed = look->line_ends.n_bare = 0;
    look->recoding.n_stretches = 0;
    look->restate.used = false;
    if (job->reference)
        tar_restate_apply(&look->restate, reference_bytes(job->reference), content->data,
                          content->size);
    if (job->reference)
        return TACIT_OK;
    line_ends_find(&look->line_ends, content->data, content->size);
    content->size = line_ends_apply(&look->line_ends, content->data, content->size);
    recoding_find(&look->recoding, content->data, content->size, recoded_max(job->plan));
    if (look->recoding.n_stretches > 0 && has_headed(look, content))
        look->recoding.n_stretches = 0;
    return look->recoding.n_stretches > 0 ? recoding_apply(&look->recoding, content) : TACIT_OK;
}

/* Lean models gain nothing by it, and blocks with a reference are coded as the reference is. */
static void find_numbers(const struct block_job *job, struct block_look *look)
{
    const struct byte_buffer *content = &job->content;
    if (job->plan->strength != CONTEXT_LEAN && !job->reference)
        look->n_split = number_find(content->data, look->split, look->n_split, BLOCK_SPLIT_MAX);
}

/* Whether the language model may read numbers: where there is little else in short content, it competes with context models that
 * know of numbers. Elsewhere numbers are silent. */
static bool may_read_numbers(const struct block_job *job, const struct block_look *look)
{
    size_t n = job->content.size;
    return job->model && n < NUMBERS_SILENT_MIN &&
           number_find_bytes(job->content.data, look->split, look->n_split) >= n - n / 4;
}

/* Until look_ends the predictors see the content without the CRs that line_ends takes out, and
 * recoded. */
static enum tacit_status look_begins(struct block_job *job, struct block_look *look)
{
    struct byte_buffer *content = &job->content;
    enum tacit_status status = take_out(job, look);
    job->look = look;
    if (status != TACIT_OK) {
        look->recoding.n_stretches = 0; /* it is not applied */
        return status;
    }
    look->n_split = content_split(content->data, content->size, look->split, BLOCK_SPLIT_MAX);
    look->spoken = false;
    look->arrangement.speech.n_segments = 0;
    bool lets_read = may_read_numbers(job, look);
    if (!lets_read)
        find_numbers(job, look);
    if (job->model)
        status = language_choose_spoken(look, content, !job->plan->unmixed);
    if (lets_read)
        find_numbers(job, look);
    return status;
}

static enum tacit_status look_ends(struct block_job *job, size_t n_content)
{
    const struct block_look *look = job->look;
    job->look = NULL;
    if (look->restate.used)
        tar_restate_restore(&look->restate, reference_bytes(job->reference), job->content.data,
                            job->content.size);
    if (look->recoding.n_stretches > 0)
        TRY(recoding_restore(&look->recoding, &job->content, n_content - look->line_ends.n_removed,
                             n_content));
    job->content.size = n_content;
    return line_ends_restore(&look->line_ends, job->content.data, n_content);
}

static enum tacit_status look_and_predict(struct block_job *job, struct block_look *look)
{
    enum tacit_status status = look_begins(job, look);
    if (status == TACIT_OK)
        status = try_predictors(job);
    enum tacit_status restored = look_ends(job, job->header.content_size);
    return status != TACIT_OK ? status : restored;
}

bool block_can_be_helped(const struct block_job *job, uint64_t n_content)
{
    enum { HELPED_MIN = 1 << 13 };
    return job->model && n_content >= HELPED_MIN;
}

enum tacit_status block_content_set(struct block_job *job, uint32_t *content_set)
{
    size_t n = job->content.size;
    struct block_look *look = malloc(sizeof *look);
    *content_set = CONTENT_BIT(CONTENT_DEFAULT);
    if (!look)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = look_begins(job, look);
    for (size_t i = 0; i < look->n_split; i++)
        *content_set |= CONTENT_BIT(look->split[i].content.type);
    *content_set |= speech_silent_set(&look->arrangement.speech);
    enum tacit_status restored = look_ends(job, n);
    free(look);
    return status != TACIT_OK ? status : restored;
}

static enum tacit_status try_all(struct block_job *job)
{
    if (job->plan->context || job->model) {
        struct block_look *look = malloc(sizeof *look);
        enum tacit_status status = look ? look_and_predict(job, look) : TACIT_ERR_MEMORY;
        free(look);
        TRY(status);
    }
    for (unsigned i = 0; i < block_methods_end(); i++)
        if (!block_method_of(i)->predicts)
            TRY(try_method(job, (enum tacit_method)i));
    return TACIT_OK;
}

enum tacit_status block_encode(struct block_job *job)
{
    size_t n = job->content.size;
    job->header.content_size = (uint32_t)n;
    job->header.content_check = hash64(job->content.data, n, 0);
    job->payload.size = 0;
    job->n_raw = 0;
    if (n > 1)
        TRY(try_all(job));
    if (job->payload.size == 0) {
        job->header.method = TACIT_METHOD_STORED;
        TRY(block_method_of(TACIT_METHOD_STORED)->encode(job, n));
    }
    job->header.payload_size = (uint32_t)job->payload.size;
    job->header.payload_check = hash64(job->payload.data, job->payload.size, 0);
    return TACIT_OK;
}

bool block_needs_reference(const struct format_block *header, const uint8_t *payload)
{
    const struct block_method *method = block_method_of(header->method);
    return method && method->needs_reference &&
           method->needs_reference(payload, header->payload_size);
}

bool block_cuts_text(const struct format_block *header, const uint8_t *payload)
{
    const struct block_method *method = block_method_of(header->method);
    return method && method->cuts_text && method->cuts_text(payload, header->payload_size);
}

enum tacit_status block_decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    const struct block_method *method = block_method_of(job->header.method);
    *n_bytes = 0;
    return method ? method->decode_memory(job, n_bytes) : TACIT_ERR_VERSION;
}

enum tacit_status block_decode(struct block_job *job)
{
    uint64_t n_bytes;
    /* Checked first, so that a damaged block is never reported as one that needs too much
     * memory. */
    TRY(format_payload_verify(&job->header, job->payload.data));
    enum tacit_status status = block_decode_memory(job, &n_bytes);
    if (status == TACIT_ERR_VERSION && job->header.brief)
        return TACIT_ERR_CORRUPT; /* brief form's payload was not verified: rather damage */
    TRY(status);
    if (n_bytes + job->payload.size > job->plan->memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    TRY(block_method_of(job->header.method)->decode(job));
    return format_content_verify(&job->header, job->content.data);
}
