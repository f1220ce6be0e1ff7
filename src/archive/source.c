/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/source.h"

#include "base/threads/threads.h"
#include "base/try.h"
#include "methods/block.h"

enum tacit_status source_read(const struct tacit_source *source, uint64_t offset, void *data,
                              uint64_t n_bytes)
{
    if (offset > source->size || n_bytes > source->size - offset)
        return TACIT_ERR_TRUNCATED;
    return n_bytes ? source->read_at(source->context, offset, data, (size_t)n_bytes) : TACIT_OK;
}

enum tacit_status source_read_header(const struct tacit_source *source, uint64_t offset,
                                     struct format_header *header, size_t *n_header)
{
    uint8_t data[FORMAT_HEADER_MAX];
    uint64_t n = source->size - offset;
    if (n > sizeof data)
        n = sizeof data;
    TRY(source_read(source, offset, data, n));
    return format_header_parse(data, (size_t)n, header, n_header);
}

enum tacit_status source_is_zero(const struct tacit_source *source, uint64_t offset, bool *is_zero)
{
    uint8_t data[4096];
    size_t piece = 16; /* enough where another archive follows */
    *is_zero = true;
    for (size_t n; *is_zero && offset < source->size; offset += n, piece = sizeof data) {
        uint64_t left = source->size - offset;
        n = left < piece ? (size_t)left : piece;
        TRY(source_read(source, offset, data, n));
        for (size_t i = 0; i < n && *is_zero; i++)
            *is_zero = data[i] == 0;
    }
    return TACIT_OK;
}

enum tacit_status source_decode_block(const struct tacit_source *source, uint64_t offset,
                                      struct block_job *job)
{
    uint64_t n_payload = job->header.payload_size;
    job->content.size = 0;
    if (job->header.content_size > job->plan->content_limit)
        return TACIT_ERR_CONTENT_LIMIT;
    if (n_payload > job->plan->memory_limit)
        return TACIT_ERR_MEMORY_LIMIT;
    if (offset > source->size || n_payload > source->size - offset)
        return TACIT_ERR_TRUNCATED;
    TRY(byte_buffer_reserve(&job->payload, n_payload, n_payload));
    TRY(source_read(source, offset, job->payload.data, n_payload));
    job->payload.size = n_payload;
    return block_decode(job);
}

void source_lend_threads(struct thread_pool **pool, struct block_job *job)
{
    const bool is_of_model = job->header.method == TACIT_METHOD_MODEL;
    if (!*pool && job->plan->n_threads > 1 && is_of_model &&
        block_can_be_helped(job, job->header.content_size))
        (void)thread_pool_create(pool, job->plan->n_threads);
    job->pool = *pool;
    job->alone = true;
}
