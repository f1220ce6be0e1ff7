/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "methods/context/context_block.h"

enum {
    SAMPLE_PART = 32,
    SAMPLE_MIN = 1 << 13,
    SAMPLE_MAX = 1 << 16,
    SAMPLE_MEMORY_LOG2 = 23, /* of the tables, which take memory beside the language model's */
};

static struct codec_plan plan_of_sample(const struct codec_plan *plan)
{
    struct codec_plan sample = *plan;
    if (sample.memory_log2_max > SAMPLE_MEMORY_LOG2)
        sample.memory_log2_max = SAMPLE_MEMORY_LOG2;
    sample.content_set = CONTENT_WORDS;
    return sample;
}

static size_t sample_bytes(uint64_t content_size)
{
    uint64_t n = content_size / SAMPLE_PART;
    n = n < SAMPLE_MIN ? SAMPLE_MIN : n;
    return n < SAMPLE_MAX ? (size_t)n : SAMPLE_MAX;
}

/* Codes n_each bytes at each place, which a coder whose streams advance in lock-step also codes
 * first. */
static enum tacit_status copy_pieces(const struct byte_buffer *content, const uint32_t *places,
                                     uint32_t n_pieces, size_t n_each, struct byte_buffer *sample)
{
    TRY(byte_buffer_reserve(sample, n_pieces * n_each, n_pieces * n_each));
    for (uint32_t i = 0; i < n_pieces; i++) {
        size_t left = content->size - places[i], n = left < n_each ? left : n_each;
        memcpy(sample->data + sample->size, content->data + places[i], n);
        sample->size += n;
    }
    return TACIT_OK;
}

static enum tacit_status code(struct block_job *job, enum content_type type,
                              struct block_look *look)
{
    struct byte_buffer *content = &job->content;
    look->n_split = 1;
    look->spoken = true; /* as in the whole block, where words stay words */
    look->split[0] =
        (struct content_segment){.content = {.type = type}, .n_bytes = (uint32_t)content->size};
    job->look = look;
    job->header.content_size = (uint32_t)content->size;
    return context_method.encode(job, content->size - 1);
}

/* Codes n_each bytes at each place. *n: bytes in all; *n_coded: the bytes that the context models
 * make of them. */
static enum tacit_status measure(struct block_job *job, enum content_type type,
                                 const uint32_t *places, uint32_t n_pieces, size_t n_each,
                                 uint64_t *n, uint64_t *n_coded)
{
    struct codec_plan plan = plan_of_sample(job->plan);
    struct block_job part = {.plan = &plan, .watch = {.whole = &job->watch}};
    struct block_look *look = calloc(1, sizeof *look);
    enum tacit_status status = look ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = copy_pieces(&job->content, places, n_pieces, n_each, &part.content);
    if (status == TACIT_OK && part.content.size > 1)
        status = code(&part, type, look);
    *n = part.content.size;
    *n_coded = part.payload.size ? part.payload.size : part.content.size;
    block_job_free(&part);
    free(look);
    return status;
}

enum tacit_status context_sample_measure(struct block_job *job, enum content_type type,
                                         const uint32_t *places, uint32_t n_pieces,
                                         struct context_sample *sample)
{
    size_t n_each = sample_bytes(job->content.size) / n_pieces;
    TRY(measure(job, type, places, n_pieces, n_each / 2, &sample->n_half, &sample->half_coded));
    return measure(job, type, places, n_pieces, n_each, &sample->n_bytes, &sample->all_coded);
}

uint64_t context_sample_memory(const struct codec_plan *plan, uint64_t content_size)
{
    if (!plan->context || content_size < CONTEXT_SAMPLED_MIN)
        return 0;
    uint64_t n = sample_bytes(content_size);
    struct codec_plan sample = plan_of_sample(plan);
    return context_method.encode_memory(&sample, n) + sizeof(struct block_look) + 2 * n;
}
