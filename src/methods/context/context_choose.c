/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_choose.h"

#include <assert.h>
#include <stdlib.h>

#include "base/try.h"
#include "coder/binary_coder.h"
#include "methods/context/long_match.h"
#include "methods/recall/recall.h"
#include "predict/context_mixer.h"

enum {
    RAW_MIN = 1 << 16,      /* shorter segments are not probed */
    PROBE_BYTES = 1 << 15,  /* of a segment that looks random */
    PROBE_GAIN_PERCENT = 1, /* the least gain by modelling there */
    BEHIND_LOG2 = 5,        /* bytes of tables for each byte behind a reference */
    BEHIND_STRONG_LOG2 = 8, /* ... of strong models, while these have not more than */
    BEHIND_STRONG_MAX = 25,
};

unsigned context_memory_log2(const struct codec_plan *plan, uint64_t n_bytes, uint64_t n_learnt)
{
    unsigned log2 = context_memory_log2_for(plan->strength, n_bytes + n_learnt);
    if (n_learnt == 0 || n_bytes >= ALIKE_MAX)
        return log2 < plan->memory_log2_max ? log2 : plan->memory_log2_max;
    log2 = CONTEXT_MEMORY_LOG2_MIN;
    bool strong = plan->strength == CONTEXT_STRONG;
    for (; log2 < plan->memory_log2_max; log2++) {
        unsigned a_byte = strong && log2 < BEHIND_STRONG_MAX ? BEHIND_STRONG_LOG2 : BEHIND_LOG2;
        if ((n_bytes + n_learnt) >> (log2 - a_byte) == 0)
            break;
    }
    return log2;
}

/* Codes a sample with small, quick models. Returns whether they gain next to nothing. */
static enum tacit_status probe(const struct codec_plan *plan, const uint8_t *data, size_t n,
                               bool *random)
{
    struct context_config config = {.strength = CONTEXT_QUICK,
                                    .content_set = CONTENT_BIT(CONTENT_COMPRESSED),
                                    .memory_log2 = CONTEXT_MEMORY_LOG2_MIN};
    struct binary_encoder enc;
    struct context_mixer *cm;
    size_t n_max = n - n * PROBE_GAIN_PERCENT / 100;
    uint8_t *out = malloc(n_max);
    if (!out)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = context_mixer_create(&cm, &config, &plan->kernels);
    binary_encoder_init(&enc, out, n_max);
    for (size_t i = 0; status == TACIT_OK && i < n && !enc.overflow; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            binary_encode(&enc, data[i] >> bit & 1, context_mixer_predict(cm));
            context_mixer_update(cm, data[i] >> bit & 1);
        }
    }
    *random = binary_encoder_finish(&enc) == SIZE_MAX;
    context_mixer_destroy(cm);
    free(out);
    return status;
}

static enum tacit_status choose_raw(const struct codec_plan *plan, const uint8_t *data,
                                    struct context_segment *segment)
{
    size_t n = segment->n_bytes;
    if (segment->distance != 0 || segment->content.type != CONTENT_COMPRESSED || n < RAW_MIN)
        return TACIT_OK;
    return probe(plan, data + (n - PROBE_BYTES) / 2, PROBE_BYTES, &segment->raw);
}

/* Bytes [from, to) of a segment that starts at start. */
static struct context_segment part_of(const struct context_segment *segment, uint32_t start,
                                      uint32_t from, uint32_t to)
{
    struct context_segment part = *segment;
    part.n_bytes = to - from;
    part.content = content_behind(&segment->content, from - start);
    return part;
}

static void add_segment(struct context_layout *layout, const struct context_segment *segment)
{
    if (segment->n_bytes > 0)
        layout->segments[layout->n_segments++] = *segment;
}

/* Puts the copies over the segments, which keep their other bytes. There is room for all. */
static void carve(struct context_layout *layout, const struct content_segment *split,
                  size_t n_split, const struct long_match *matches, size_t n_matches)
{
    uint32_t start = 0, done = 0;
    size_t m = 0;
    for (size_t i = 0; i < n_split; i++) {
        struct context_segment segment = {.content = split[i].content};
        uint32_t end = start + split[i].n_bytes;
        while (done < end) {
            uint32_t stop = m < n_matches && matches[m].start < end ? matches[m].start : end;
            struct context_segment part = part_of(&segment, start, done, stop);
            add_segment(layout, &part);
            done = stop;
            if (m < n_matches && matches[m].start == done) {
                add_segment(layout, &(struct context_segment){.n_bytes = matches[m].n_bytes,
                                                              .distance = matches[m].distance});
                done += matches[m++].n_bytes;
            }
        }
        start = end;
    }
}

/* Each match cuts at most one segment in two, so that all segments fit the layout's room. */
enum { MATCHES_MAX = CONTEXT_SEGMENTS_MAX / 4 };
static_assert(BLOCK_SPLIT_MAX + 2 * MATCHES_MAX <= CONTEXT_SEGMENTS_MAX, "room for all");

/* The type of a short block is hard to tell, and the block costs less if it is coded like the
 * reference. So it gets the reference's type if both are some kind of text. Blocks of one kind then
 * share one set of models. */
static bool is_like_reference(const struct block_job *job)
{
    return job->content.size < ALIKE_MAX &&
           (CONTENT_BIT(job->reference->type) & CONTENT_WORDS) != 0 &&
           content_is_words(job->look->split, job->look->n_split);
}

static void choose_reading(const struct block_job *job, struct context_layout *layout)
{
    const struct tacit_reference *reference = job->reference;
    layout->referenced = reference != NULL;
    if (!reference)
        return;
    layout->reading =
        (struct reference_reading){reference->type, reference_part_for(reference, LEARNT_MAX)};
    if (!is_like_reference(job))
        return;
    for (uint32_t i = 0; i < layout->n_segments; i++)
        layout->segments[i].content = (struct content){reference->type, 0, 0};
}

static enum tacit_status choose_segments(const struct block_job *job, struct context_layout *layout)
{
    struct long_match *matches = calloc(MATCHES_MAX, sizeof *matches);
    size_t n_matches;
    if (!matches)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = long_match_find(reference_bytes(job->reference), job->content.data,
                                               job->content.size, matches, MATCHES_MAX, &n_matches);
    if (status == TACIT_OK)
        carve(layout, job->look->split, job->look->n_split, matches, n_matches);
    free(matches);
    return status;
}

bool context_can_recall(const struct block_job *job)
{
    const struct block_look *look = job->look;
    bool plain = job->reference && job->content.size >= RECALL_CONTENT_MIN;
    for (size_t i = 0; plain && i < look->n_split; i++)
        plain = context_layout_type_recalls(look->split[i].content.type);
    return plain;
}

/* Counts the bytes of each segment that the coded bits will not copy. */
static void count_coded(const struct block_job *job, const struct context_layout *layout,
                        struct recall *recall, uint32_t *n_coded)
{
    uint32_t n = (uint32_t)job->content.size, end = layout->segments[0].n_bytes, i = 0;
    for (uint32_t at = 0; at < n;) {
        while (at >= end)
            end += layout->segments[++i].n_bytes;
        n_coded[i]++;
        if (recall_finds(recall, job->content.data, ++at, 1))
            at += recall_length(recall, job->content.data, at, n, RECALL_LENGTH_MIN);
    }
}

/* A segment of which little is coded costs less as part of the one before. */
static void join_segments(struct context_layout *layout, const uint32_t *n_coded)
{
    enum { CODED_MIN = 64 };
    uint32_t n = 0;
    for (uint32_t i = 1; i < layout->n_segments; i++) {
        if (n_coded[i] < CODED_MIN)
            layout->segments[n].n_bytes += layout->segments[i].n_bytes;
        else
            layout->segments[++n] = layout->segments[i];
    }
    layout->n_segments = n + 1;
}

static enum tacit_status list_split(const struct block_job *job, struct context_layout *layout)
{
    struct recall recall;
    uint32_t *n_coded = calloc(job->look->n_split, sizeof *n_coded);
    enum tacit_status status = n_coded ? TACIT_OK : TACIT_ERR_MEMORY;
    carve(layout, job->look->split, job->look->n_split, NULL, 0);
    if (status == TACIT_OK)
        status = recall_create(&recall, reference_bytes(job->reference),
                               (uint32_t)job->content.size, false);
    if (status == TACIT_OK) {
        count_coded(job, layout, &recall, n_coded);
        join_segments(layout, n_coded);
        recall_destroy(&recall);
    }
    free(n_coded);
    return status;
}

/* Measured: it was trained on text, and gains 1 to 9 % there, but loses 3 % on databases and records, to whose inputs it
 * gives little. A bitmap makes a mixer of two layers, which has none. */
static bool gains_trained(const struct context_layout *layout)
{
    const uint32_t words = CONTENT_WORDS | CONTENT_BIT(CONTENT_NUMBERS);
    uint64_t n_words = 0, n_others = 0;
    if (layout->config.strength != CONTEXT_STRONG ||
        (layout->config.content_set & CONTENT_BIT(CONTENT_IMAGE1)) != 0)
        return false;
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        const struct context_segment *s = &layout->segments[i];
        bool of_words = (CONTENT_BIT(s->content.type) & words) != 0;
        n_words += context_layout_is_coded(s) && of_words ? s->n_bytes : 0;
        n_others += context_layout_is_coded(s) && !of_words ? s->n_bytes : 0;
    }
    return n_words > n_others;
}

enum tacit_status context_choose(const struct block_job *job, struct context_layout *layout)
{
    const struct codec_plan *plan = job->plan;
    const uint8_t *data = job->content.data;
    uint64_t n_coded = 0;
    layout->recalls = context_can_recall(job);
    TRY(layout->recalls ? list_split(job, layout) : choose_segments(job, layout));
    choose_reading(job, layout);
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        if (!layout->recalls)
            TRY(choose_raw(plan, data, &layout->segments[i]));
        n_coded += context_layout_is_coded(&layout->segments[i]) ? layout->segments[i].n_bytes : 0;
        data += layout->segments[i].n_bytes;
    }
    layout->line_ends = job->look->line_ends;
    layout->restate = job->look->restate;
    if (job->look->recoding.n_stretches > 0)
        layout->recoding = job->look->recoding;
    layout->config.strength = plan->strength;
    layout->config.memory_log2 = context_memory_log2(
        plan, n_coded,
        layout->referenced ? reference_n_learnt(job->reference, layout->reading.part) : 0);
    context_layout_set_contents(layout, job->reference, (uint32_t)job->content.size);
    context_layout_set_start(layout, gains_trained(layout));
    return TACIT_OK;
}
