/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "methods/context/context_block.h"

enum { SAMPLED_MIN = 1 << 15, SAMPLE_MIN = 1 << 13, SAMPLE_PART = 8 };

bool context_sample_pays(size_t content_size)
{
    return content_size >= SAMPLED_MIN;
}

/* The first bytes of each piece: a coder whose streams advance in lock-step codes these first, too. */
static enum tacit_status copy_parts(const struct byte_buffer *content, uint32_t n_pieces,
                                    struct byte_buffer *sample)
{
    size_t n = content->size, n_wanted = n / SAMPLE_PART;
    if (n_wanted < SAMPLE_MIN)
        n_wanted = SAMPLE_MIN;
    size_t n_each = n_wanted / n_pieces;
    TRY(byte_buffer_reserve(sample, n_wanted, n_wanted));
    for (uint32_t i = 0; i < n_pieces; i++) {
        size_t start = (size_t)((uint64_t)n * i / n_pieces);
        memcpy(sample->data + sample->size, content->data + start, n_each);
        sample->size += n_each;
    }
    return TACIT_OK;
}

static enum tacit_status code(struct block_job *job, struct block_look *look)
{
    struct byte_buffer *content = &job->content;
    look->n_split = content_split(content->data, content->size, look->split, BLOCK_SPLIT_MAX);
    job->look = look;
    job->header.content_size = (uint32_t)content->size;
    return context_method.encode(job, content->size - 1);
}

enum tacit_status context_sample_measure(const struct block_job *job, uint32_t n_pieces,
                                         struct context_sample *sample)
{
    struct block_job part = {.plan = job->plan,
                             .watch = {.stop = job->watch.stop,
                                       .tick = job->watch.tick,
                                       .tick_context = job->watch.tick_context}};
    struct block_look *look = calloc(1, sizeof *look);
    enum tacit_status status = look ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = copy_parts(&job->content, n_pieces, &part.content);
    if (status == TACIT_OK)
        status = code(&part, look);
    size_t n = part.content.size;
    *sample =
        (struct context_sample){.n_bytes = n, .n_coded = part.payload.size ? part.payload.size : n};
    block_job_free(&part);
    free(look);
    return status;
}
