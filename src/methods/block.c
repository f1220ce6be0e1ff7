/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/block.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/try.h"
#include "methods/context/context_block.h"
#include "methods/context/context_sample.h"
#include "methods/language/language_block.h"
#include "methods/language/language_choose.h"
#include "methods/zstd_block.h"
#include "tacit/archive.h"

enum { ZSTD_TRIED = 1 << 15 }; /* content up to this is tried with zstd in any case */

bool block_watch_stop(struct block_watch *watch, uint64_t n_done)
{
    /* A block may be tried by several methods: what is shown never goes back. */
    if (n_done > atomic_load_explicit(&watch->n_done, memory_order_relaxed))
        atomic_store_explicit(&watch->n_done, n_done, memory_order_relaxed);
    if (watch->stop && atomic_load_explicit(watch->stop, memory_order_relaxed))
        return true;
    return watch->tick && watch->tick(watch->tick_context);
}

/* Stored: the payload is the content. The buffers change places, nothing is copied. */
static void keep_stored(struct block_job *job)
{
    struct byte_buffer content = job->content;
    job->content = job->payload;
    job->payload = content;
    job->header.method = TACIT_METHOD_STORED;
}

/* Context models lose to long matches only where nearly everything is matches, or where they gain
 * next to nothing. */
static bool zstd_may_win(const struct block_job *job)
{
    size_t n = job->content.size, n_best = job->payload.size;
    return n <= ZSTD_TRIED || n_best == 0 || n_best < n / 16 || n_best > n - n / 8 ||
           job->n_raw > n / 4;
}

static enum tacit_status encode_zstd(struct block_job *job, size_t n_max)
{
    return zstd_block_encode(&job->content, job->plan->zstd_level, n_max, &job->payload,
                             &job->watch);
}

/* An encoder for one method: payload.size is 0 afterwards if it would be more than n_max. */
typedef enum tacit_status encode_method(struct block_job *job, size_t n_max);

/* Keeps the smaller of the payload that is there, if there is one, and this method's. */
static enum tacit_status try_method(struct block_job *job, uint8_t method, encode_method *encode)
{
    struct byte_buffer best = {0};
    size_t n_max = job->header.content_size - 1;
    if (job->payload.size > 0) {
        best = job->payload;
        n_max = best.size - 1;
        job->payload = (struct byte_buffer){0};
    }
    enum tacit_status status = n_max > 0 ? encode(job, n_max) : TACIT_OK;
    if (status == TACIT_OK && job->payload.size > 0) {
        job->header.method = method;
        byte_buffer_free(&best);
    } else if (best.data) {
        byte_buffer_free(&job->payload);
        job->payload = best;
    }
    return status;
}

/* Whether the model and the context models are compared on a sample first. */
static bool is_sampled(const struct block_job *job)
{
    enum content_type type;
    return job->model && job->plan->context && context_sample_pays(job->content.size) &&
           language_choose_type(job->look, &type);
}

/* The methods that predict. Context models are tried whole where that is soon done, or where a sample
 * does not leave the model well ahead of them. */
static enum tacit_status try_predictors(struct block_job *job)
{
    const struct codec_plan *plan = job->plan;
    struct block_rival rival = {.n_bytes = job->content.size};
    bool sampled = is_sampled(job);
    if (sampled) {
        TRY(context_sample_measure(job, language_choose_streams(plan, rival.n_bytes), &rival));
    } else if (plan->context) {
        TRY(try_method(job, TACIT_METHOD_CONTEXT, context_block_encode));
        rival.n_coded = job->payload.size;
    }
    job->report = (struct tacit_model_report){.context_content = rival.n_bytes,
                                              .context_bytes = rival.n_coded};
    if (job->model) {
        job->rival = sampled ? &rival : NULL;
        enum tacit_status status = try_method(job, TACIT_METHOD_MODEL, language_block_encode);
        job->rival = NULL;
        TRY(status);
    }
    if (sampled && !rival.beaten)
        TRY(try_method(job, TACIT_METHOD_CONTEXT, context_block_encode));
    return TACIT_OK;
}

static enum tacit_status try_models(struct block_job *job, struct block_look *look)
{
    struct byte_buffer *content = &job->content;
    line_ends_find(&look->line_ends, content->data, content->size);
    content->size = line_ends_apply(&look->line_ends, content->data, content->size);
    look->n_split = content_split(content->data, content->size, look->split, BLOCK_SPLIT_MAX);
    job->look = look;
    enum tacit_status status = try_predictors(job);
    job->look = NULL;
    content->size = job->header.content_size;
    enum tacit_status restored = line_ends_restore(&look->line_ends, content->data, content->size);
    return status != TACIT_OK ? status : restored;
}

static enum tacit_status try_all(struct block_job *job)
{
    if (job->plan->context || job->model) {
        struct block_look *look = malloc(sizeof *look);
        enum tacit_status status = look ? try_models(job, look) : TACIT_ERR_MEMORY;
        free(look);
        TRY(status);
    }
    if (job->plan->zstd_level > 0 && zstd_may_win(job))
        TRY(try_method(job, TACIT_METHOD_ZSTD, encode_zstd));
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
    if (job->payload.size == 0)
        keep_stored(job);
    job->header.payload_size = (uint32_t)job->payload.size;
    job->header.payload_check = hash64(job->payload.data, job->payload.size, 0);
    return TACIT_OK;
}

enum tacit_status block_decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    const struct format_block *header = &job->header;
    *n_bytes = header->content_size;
    switch (header->method) {
    case TACIT_METHOD_STORED:
        *n_bytes = 0;
        return TACIT_OK;
    case TACIT_METHOD_ZSTD:
        /* A zstd block takes four bytes at least and holds 128 KiB at most. */
        if (header->content_size > ((uint64_t)header->payload_size / 4 + 1) << 17)
            return TACIT_ERR_CORRUPT;
        *n_bytes += zstd_block_decode_memory();
        return TACIT_OK;
    case TACIT_METHOD_CONTEXT: {
        uint64_t n_models;
        TRY(context_block_decode_memory(job, &n_models));
        *n_bytes += n_models;
        return TACIT_OK;
    }
    case TACIT_METHOD_MODEL: {
        uint64_t n_models;
        TRY(language_block_decode_memory(job, &n_models));
        *n_bytes += n_models;
        return TACIT_OK;
    }
    default:
        return TACIT_ERR_UNSUPPORTED;
    }
}

static enum tacit_status decode_method(struct block_job *job)
{
    switch (job->header.method) {
    case TACIT_METHOD_STORED: {
        struct byte_buffer payload = job->payload;
        job->payload = job->content;
        job->content = payload;
        return TACIT_OK;
    }
    case TACIT_METHOD_ZSTD:
        return zstd_block_decode(&job->payload, &job->content, job->header.content_size);
    case TACIT_METHOD_CONTEXT:
        return context_block_decode(job);
    case TACIT_METHOD_MODEL:
        return language_block_decode(job);
    default:
        return TACIT_ERR_UNSUPPORTED;
    }
}

enum tacit_status block_decode(struct block_job *job)
{
    TRY(format_payload_verify(&job->header, job->payload.data));
    uint64_t n_bytes;
    TRY(block_decode_memory(job, &n_bytes));
    TRY(decode_method(job));
    return format_content_verify(&job->header, job->content.data);
}

void block_job_free(struct block_job *job)
{
    byte_buffer_free(&job->content);
    byte_buffer_free(&job->payload);
}
