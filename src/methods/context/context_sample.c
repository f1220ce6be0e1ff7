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

/* A lock-step coder that has done as much has been at the same bytes. */
static enum tacit_status take_sample(const struct byte_buffer *content, uint32_t n_pieces,
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

static enum tacit_status measure(struct block_job *sample, struct block_look *look)
{
    struct byte_buffer *content = &sample->content;
    look->n_split = content_split(content->data, content->size, look->split, BLOCK_SPLIT_MAX);
    sample->look = look;
    sample->header.content_size = (uint32_t)content->size;
    return context_block_encode(sample, content->size - 1);
}

enum tacit_status context_sample_measure(const struct block_job *job, uint32_t n_pieces,
                                         struct block_rival *rival)
{
    struct block_job sample = {.plan = job->plan,
                               .watch = {.stop = job->watch.stop,
                                         .tick = job->watch.tick,
                                         .tick_context = job->watch.tick_context}};
    struct block_look *look = calloc(1, sizeof *look);
    enum tacit_status status = look ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = take_sample(&job->content, n_pieces, &sample.content);
    if (status == TACIT_OK)
        status = measure(&sample, look);
    size_t n = sample.content.size;
    *rival = (struct block_rival){.n_bytes = n,
                                  .n_coded = sample.payload.size ? sample.payload.size : n};
    block_job_free(&sample);
    free(look);
    return status;
}
