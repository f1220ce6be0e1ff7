/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/context/context_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/strict_math.h"
#include "base/try.h"
#include "coder/binary_coder.h"
#include "content/transform.h"
#include "methods/context/context_choose.h"
#include "methods/context/context_layout.h"
#include "methods/context/context_marks.h"
#include "methods/context/context_words.h"
#include "methods/recall/recall.h"
#include "predict/context_mixer.h"

enum {
    WATCH_BYTES = 4096, /* bytes after which progress is noted and memory grows */
};

/* Encoder or decoder of one block: the same walk over the same segments. */
struct context_coder {
    bool encoding;
    struct context_mixer *cm;
    struct reference_models *models; /* what cm is of, if there is a reference */
    struct binary_encoder enc;
    struct binary_decoder dec;
    struct block_job *job;
    size_t n_raw; /* encoder: bytes of raw segments so far */
    struct recall recall;
    size_t known; /* content up to here was copied in the coded bits */
    struct context_layout layout;
};

/* The only place where a bit is predicted, coded and learnt, so that encoder and decoder always
 * agree.
 */
static inline int step(struct context_coder *coder, int bit)
{
    uint32_t p1 = context_mixer_predict(coder->cm);
    if (coder->encoding)
        binary_encode(&coder->enc, bit, p1);
    else
        bit = binary_decode(&coder->dec, p1);
    context_mixer_update(coder->cm, bit);
    return bit;
}

static inline uint8_t step_byte(struct context_coder *coder, unsigned byte)
{
    unsigned out = 0;
    for (int i = 7; i >= 0; i--)
        out = out << 1 | (unsigned)step(coder, byte >> i & 1);
    return (uint8_t)out;
}

/* The encoder fails if its output does not fit, the decoder if it has read past the end by more
 * than it looks ahead. */
static bool hopeless(const struct context_coder *coder)
{
    return coder->encoding ? coder->enc.overflow : coder->dec.pos > coder->dec.n_in + 8;
}

static size_t n_coded(const struct context_coder *coder)
{
    return coder->n_raw + coder->enc.n_out;
}

static uint32_t room(const struct context_coder *coder)
{
    return context_layout_room(&coder->layout, coder->job->header.content_size);
}

/* Of the content as it is when it is not recoded, for progress, when `at` bytes are coded. */
static uint64_t n_content_done(const struct context_coder *coder, size_t at)
{
    return (uint64_t)at * coder->job->header.content_size / room(coder);
}

/* The models learn a copy's end, by which they find the bytes that follow its source in the
 * reference. */
static enum tacit_status show_copy(struct context_coder *coder, size_t end, size_t n_copied)
{
    size_t n = n_copied < RECALL_SHOWN ? n_copied : RECALL_SHOWN;
    const uint8_t *shown = coder->job->content.data + end - n;
    return reference_models_learn(coder->cm, shown, n, &coder->job->watch);
}

/* Behind a byte, whose repeat is found: what follows there is copied to *at, which moves behind it. */
static enum tacit_status recall_at(struct context_coder *coder, size_t *at)
{
    struct byte_buffer *content = &coder->job->content;
    struct recall *recall = &coder->recall;
    uint32_t from = (uint32_t)*at, end = coder->job->header.content_size, n = 0;
    if (coder->encoding)
        n = recall_length(recall, content->data, from, end, RECALL_LENGTH_MIN);
    n = recall_code(recall, RECALL_BY_WINDOW, n, coder->encoding ? &coder->enc : NULL,
                    coder->encoding ? NULL : &coder->dec);
    if (n > end - from)
        return TACIT_ERR_CORRUPT;
    if (n == 0)
        return TACIT_OK;
    TRY(byte_buffer_reserve(content, from + n, room(coder)));
    if (!coder->encoding)
        recall_copy(recall, content->data, from, n);
    context_marks_note(coder->job->marks, from, from + n, n_coded(coder));
    *at = coder->known = from + n;
    return show_copy(coder, *at, n);
}

static enum tacit_status code_bytes(struct context_coder *coder, size_t start, size_t end)
{
    struct byte_buffer *content = &coder->job->content;
    while (start < end) {
        size_t stop = end - start < WATCH_BYTES ? end : start + WATCH_BYTES;
        if (block_watch_stop(&coder->job->watch, n_content_done(coder, start)))
            return TACIT_ERR_CANCELLED;
        if (hopeless(coder))
            return coder->encoding ? TACIT_OK : TACIT_ERR_CORRUPT;
        TRY(byte_buffer_reserve(content, stop, room(coder)));
        context_mixer_expect(coder->cm, stop - start);
        for (bool copied = false; start < stop && !copied;) {
            if (start % CONTEXT_MARKS_STEP == 0)
                context_marks_note(coder->job->marks, start, start + 1, n_coded(coder));
            content->data[start] = step_byte(coder, coder->encoding ? content->data[start] : 0);
            size_t next = ++start;
            if (coder->layout.recalls &&
                recall_finds(&coder->recall, content->data, (uint32_t)start, 1))
                TRY(recall_at(coder, &start));
            copied = start != next;
        }
    }
    return TACIT_OK;
}

/* What the coded bits did not copy of a segment that ends at end. */
static enum tacit_status code_rest(struct context_coder *coder,
                                   const struct context_segment *segment, size_t start)
{
    size_t end = start + segment->n_bytes, from = coder->known > start ? coder->known : start;
    struct content content = content_behind(&segment->content, (uint32_t)(from - start));
    if (from >= end)
        return TACIT_OK;
    TRY(context_mixer_set_content(coder->cm, &content));
    return code_bytes(coder, from, end);
}

static enum tacit_status code_segment(struct context_coder *coder,
                                      const struct context_segment *segment, size_t start)
{
    struct byte_buffer *content = &coder->job->content;
    /* With a reference, which is not transformed, calls stay untransformed, so that they are found
     * in it. */
    bool transformed = !(coder->layout.referenced && segment->content.type == CONTENT_X86);
    if (coder->layout.recalls)
        return code_rest(coder, segment, start);
    TRY(context_mixer_set_content(coder->cm, &segment->content));
    if (coder->encoding && transformed)
        transform_apply(&segment->content, content->data + start, segment->n_bytes);
    enum tacit_status status = code_bytes(coder, start, start + segment->n_bytes);
    /* The encoder's content is always restored. */
    if (transformed && (coder->encoding || status == TACIT_OK))
        transform_restore(&segment->content, content->data + start, segment->n_bytes);
    return status;
}

/* Bytes before the content come from the reference. A copy may overlap its source, so it goes byte
 * by byte, in order. */
static void copy_segment(const struct context_coder *coder, const struct context_segment *segment,
                         size_t start)
{
    uint8_t *to = coder->job->content.data + start;
    uint32_t i = 0;
    if (segment->distance > start) {
        struct byte_view reference = reference_bytes(coder->job->reference);
        size_t before = segment->distance - start;
        i = before < segment->n_bytes ? (uint32_t)before : segment->n_bytes;
        memcpy(to, reference.data + (reference.n - before), i);
    }
    for (; i < segment->n_bytes; i++)
        to[i] = to[(ptrdiff_t)i - (ptrdiff_t)segment->distance];
}

/* raw: the payload's raw bytes, written or read in order of segments. */
static enum tacit_status code_segments(struct context_coder *coder, uint8_t *raw)
{
    struct byte_buffer *content = &coder->job->content;
    size_t start = 0;
    for (uint32_t i = 0; i < coder->layout.n_segments; i++) {
        const struct context_segment *segment = &coder->layout.segments[i];
        size_t n = segment->n_bytes;
        TRY(context_layout_is_coded(segment)
                ? code_segment(coder, segment, start)
                : byte_buffer_reserve(content, start + n, room(coder)));
        if (!context_layout_is_coded(segment))
            context_marks_note(coder->job->marks, start, start + n, n_coded(coder));
        if (segment->raw) {
            uint8_t *at = content->data + start;
            memcpy(coder->encoding ? raw : at, coder->encoding ? at : raw, n);
            raw += n;
            coder->n_raw += n;
        } else if (segment->distance != 0) {
            if (!coder->encoding)
                copy_segment(coder, segment, start);
            if (coder->layout.referenced && coder->cm)
                TRY(show_copy(coder, start + n, n));
        }
        start += n;
    }
    context_marks_note(coder->job->marks, start, start + 1, n_coded(coder));
    return TACIT_OK;
}

static enum tacit_status coder_create(struct context_coder **coder_out, struct block_job *job,
                                      bool encoding)
{
    *coder_out = NULL;
    TRY(strict_float_check()); /* in the thread that computes */
    struct context_coder *coder = calloc(1, sizeof *coder);
    if (!coder)
        return TACIT_ERR_MEMORY;
    coder->encoding = encoding;
    coder->job = job;
    *coder_out = coder;
    return TACIT_OK;
}

static void coder_destroy(struct context_coder *coder)
{
    if (coder->models)
        reference_models_give_back(coder->job->reference, coder->models);
    else
        context_mixer_destroy(coder->cm);
    recall_destroy(&coder->recall);
    free(coder);
}

static enum tacit_status make_models(struct context_coder *coder)
{
    const struct context_layout *layout = &coder->layout;
    const struct kernels *kernels = &coder->job->plan->kernels;
    if (layout->config.content_set == 0)
        return TACIT_OK;
    if (!layout->referenced)
        return context_mixer_create(&coder->cm, &layout->config, kernels);
    TRY(reference_models_take(coder->job->reference, &layout->config, &layout->reading, kernels,
                              &coder->job->watch, &coder->models));
    coder->cm = coder->models->cm;
    return TACIT_OK;
}

/* Needs the layout. Makes the models, then codes all segments. */
static enum tacit_status code_all(struct context_coder *coder, uint8_t *raw)
{
    TRY(make_models(coder));
    if (coder->layout.recalls)
        TRY(recall_create(&coder->recall, reference_bytes(coder->job->reference),
                          coder->job->header.content_size, false));
    return code_segments(coder, raw);
}

static enum tacit_status code_payload(struct context_coder *coder, size_t n_max)
{
    struct byte_buffer *payload = &coder->job->payload;
    TRY(byte_buffer_reserve(payload, n_max, n_max));
    uint8_t *packed = malloc(CONTEXT_LAYOUT_BYTES_MAX);
    if (!packed)
        return TACIT_ERR_MEMORY;
    uint64_t n_raw = context_layout_n_raw(&coder->layout);
    size_t n_packed = context_layout_pack(packed, &coder->layout);
    bool fits = n_packed + n_raw <= n_max;
    if (fits)
        memcpy(payload->data, packed, n_packed);
    free(packed);
    if (!fits)
        return TACIT_OK;
    size_t n_front = n_packed + (size_t)n_raw;
    binary_encoder_init(&coder->enc, payload->data + n_front, n_max - n_front);
    TRY(code_all(coder, payload->data + n_packed));
    size_t n_coded = binary_encoder_finish(&coder->enc);
    payload->size = n_coded == SIZE_MAX ? 0 : n_front + n_coded;
    return TACIT_OK;
}

static enum tacit_status encode(struct block_job *job, size_t n_max)
{
    struct context_coder *coder;
    struct context_words words;
    job->payload.size = 0;
    TRY(coder_create(&coder, job, true));
    enum tacit_status status = context_words_begin(&words, job);
    if (status == TACIT_OK)
        status = context_choose(job, &coder->layout);
    job->n_raw = (size_t)context_layout_n_raw(&coder->layout);
    if (status == TACIT_OK)
        status = code_payload(coder, n_max);
    context_words_end(&words, job);
    coder_destroy(coder);
    return status;
}

/* Restores content from what was coded. */
static enum tacit_status restore_content(struct context_coder *coder)
{
    const struct context_layout *layout = &coder->layout;
    struct byte_buffer *content = &coder->job->content;
    uint32_t n = coder->job->header.content_size;
    if (layout->recoding.n_stretches > 0)
        TRY(recoding_restore(&layout->recoding, content, n - layout->line_ends.n_removed, n));
    TRY(byte_buffer_reserve(content, n, n));
    content->size = n;
    if (layout->restate.used)
        tar_restate_restore(&layout->restate, reference_bytes(coder->job->reference), content->data,
                            n);
    return line_ends_restore(&layout->line_ends, content->data, n);
}

static enum tacit_status decode_payload(struct context_coder *coder)
{
    struct block_job *job = coder->job;
    const struct byte_buffer *payload = &job->payload;
    size_t n_layout;
    TRY(context_layout_parse(payload->data, payload->size, job->header.content_size, job->reference,
                             &coder->layout, &n_layout));
    size_t n_front = n_layout + (size_t)context_layout_n_raw(&coder->layout);
    binary_decoder_init(&coder->dec, payload->data + n_front, payload->size - n_front);
    TRY(code_all(coder, payload->data + n_layout));
    return restore_content(coder);
}

static enum tacit_status decode(struct block_job *job)
{
    struct context_coder *coder;
    TRY(coder_create(&coder, job, false));
    enum tacit_status status = decode_payload(coder);
    coder_destroy(coder);
    return status;
}

/* 0 if the configuration is out of range. */
static uint64_t models_memory(const struct context_config *config)
{
    return config->reference > 0 ? reference_models_memory(config)
                                 : context_mixer_memory_needed(config);
}

static uint64_t encode_memory(const struct codec_plan *plan, uint64_t content_size)
{
    if (!plan->context)
        return 0;
    struct context_config config = {.strength = plan->strength,
                                    .content_set =
                                        content_set_within(plan->content_set, content_size),
                                    .memory_log2 = context_memory_log2(plan, content_size, 0)};
    if (plan->reference) {
        struct reference_reading reading = {CONTENT_DEFAULT,
                                            reference_part_for(plan->reference, LEARNT_MAX)};
        config.memory_log2 = context_memory_log2(plan, content_size,
                                                 reference_n_learnt(plan->reference, reading.part));
        reference_models_configure(plan->reference, (uint32_t)content_size, &reading, &config);
    }
    uint64_t n_recall =
        plan->reference ? recall_memory(plan->reference->n_bytes, content_size, false) : 0;
    return models_memory(&config) + sizeof(struct context_coder) + CONTEXT_LAYOUT_BYTES_MAX +
           context_marks_memory(content_size) + context_words_memory(plan, content_size) + n_recall;
}

static enum tacit_status decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    struct context_layout *layout = malloc(sizeof *layout);
    size_t n_layout;
    *n_bytes = job->header.content_size + sizeof(struct context_coder);
    if (!layout)
        return TACIT_ERR_MEMORY;
    enum tacit_status status =
        context_layout_parse(job->payload.data, job->payload.size, job->header.content_size,
                             job->reference, layout, &n_layout);
    if (status == TACIT_OK && layout->config.content_set != 0) {
        uint64_t n_models = models_memory(&layout->config);
        *n_bytes += n_models;
        status = n_models == 0 ? TACIT_ERR_UNSUPPORTED : TACIT_OK;
    }
    if (status == TACIT_OK && layout->recoding.n_stretches > 0)
        *n_bytes += layout->recoding.n_bytes;
    if (status == TACIT_OK && layout->recalls)
        *n_bytes += recall_memory(job->reference->n_bytes, job->header.content_size, false);
    free(layout);
    return status;
}

const struct block_method context_method = {.name = "context",
                                            .predicts = true,
                                            .encode = encode,
                                            .decode = decode,
                                            .needs_reference = context_layout_is_referenced,
                                            .encode_memory = encode_memory,
                                            .decode_memory = decode_memory};
