/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/block.h"

#include <string.h>

#include "base/hash.h"
#include "base/try.h"
#include "codec/context_block.h"
#include "codec/language_block.h"
#include "codec/zstd_block.h"
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
static bool zstd_may_win(const struct block_job *job, size_t n_raw)
{
    size_t n = job->content.size, n_context = job->payload.size;
    return n <= ZSTD_TRIED || n_context == 0 || n_context < n / 16 || n_context > n - n / 8 ||
           n_raw > n / 4;
}

static enum tacit_status try_context(struct block_job *job, size_t *n_raw)
{
    TRY(context_block_encode(job, job->content.size - 1, n_raw));
    if (job->payload.size > 0)
        job->header.method = TACIT_METHOD_CONTEXT;
    return TACIT_OK;
}

/* Replaces the payload if the language model's is smaller. */
static enum tacit_status try_model(struct block_job *job)
{
    size_t n_max = (job->payload.size ? job->payload.size : job->content.size) - 1;
    struct byte_buffer other = job->payload;
    if (!job->model || n_max == 0 || !language_block_may_help(job->content.data, job->content.size))
        return TACIT_OK;
    job->payload = (struct byte_buffer){0};
    enum tacit_status status = language_block_encode(job, n_max);
    if (status == TACIT_OK && job->payload.size > 0) {
        job->header.method = TACIT_METHOD_MODEL;
    } else {
        struct byte_buffer worse = job->payload;
        job->payload = other;
        other = worse;
    }
    byte_buffer_free(&other);
    return status;
}

/* Replaces the payload if zstd's is smaller. */
static enum tacit_status try_zstd(struct block_job *job)
{
    size_t n_max = (job->payload.size ? job->payload.size : job->content.size) - 1;
    struct byte_buffer out = {0};
    if (n_max == 0)
        return TACIT_OK;
    enum tacit_status status =
        zstd_block_encode(&job->content, job->plan->zstd_level, n_max, &out, &job->watch);
    if (status == TACIT_OK && out.size > 0) {
        struct byte_buffer worse = job->payload;
        job->payload = out;
        out = worse;
        job->header.method = TACIT_METHOD_ZSTD;
    }
    byte_buffer_free(&out);
    return status;
}

enum tacit_status block_encode(struct block_job *job)
{
    const struct codec_plan *plan = job->plan;
    size_t n = job->content.size, n_raw = 0;
    job->header.content_size = (uint32_t)n;
    job->header.content_check = hash64(job->content.data, n, 0);
    job->payload.size = 0;
    if (n > 1 && plan->context)
        TRY(try_context(job, &n_raw));
    if (n > 1)
        TRY(try_model(job));
    if (n > 1 && plan->zstd_level > 0 && zstd_may_win(job, n_raw))
        TRY(try_zstd(job));
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
