/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/stored_block.h"

static void swap_buffers(struct block_job *job)
{
    struct byte_buffer content = job->content;
    job->content = job->payload;
    job->payload = content;
}

static enum tacit_status encode(struct block_job *job, size_t n_max)
{
    if (job->content.size <= n_max)
        swap_buffers(job);
    else
        job->payload.size = 0;
    return TACIT_OK;
}

static enum tacit_status decode(struct block_job *job)
{
    swap_buffers(job);
    return TACIT_OK;
}

static uint64_t encode_memory(const struct codec_plan *plan, uint64_t content_size)
{
    (void)plan;
    (void)content_size;
    return 0;
}

static enum tacit_status decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    *n_bytes = 0;
    return job->payload.size == job->header.content_size ? TACIT_OK : TACIT_ERR_CORRUPT;
}

const struct block_method stored_method = {.name = "stored",
                                           .encode = encode,
                                           .decode = decode,
                                           .encode_memory = encode_memory,
                                           .decode_memory = decode_memory};
