/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/zstd_block.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/try.h"
#include "methods/reference/reference_data.h"

enum {
    TRIED = 1 << 15, /* content up to this is always tried */
    PIECE = 1 << 18, /* bytes a call, after which progress is noted; the payload depends on it */
    WINDOW_LOG_MIN = 10,
    WINDOW_LOG_MAX = 30, /* the limit of a block's size */
    LEVEL_LONG = 19,     /* from here on matches are searched over the whole block */
    DECODER_BYTES = 1 << 18,
    REST_MIN = 3 << 16,
    REST_MAX = 5 << 20,
};

static enum tacit_status status_of(size_t code)
{
    return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? TACIT_ERR_MEMORY
                                                                   : TACIT_ERR_UNSUPPORTED;
}

/* n_bytes: of content, and of a reference before it. */
static int window_log(uint64_t n_bytes)
{
    int log2 = WINDOW_LOG_MIN;
    while (log2 < WINDOW_LOG_MAX && ((uint64_t)1 << log2) < n_bytes)
        log2++;
    return log2;
}

static size_t set_parameters(ZSTD_CCtx *cctx, uint64_t content_size, struct byte_view reference,
                             int level)
{
    size_t code = ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 0);
    if (!ZSTD_isError(code) && (level >= LEVEL_LONG || reference.n > 0))
        code =
            ZSTD_CCtx_setParameter(cctx, ZSTD_c_windowLog, window_log(content_size + reference.n));
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setPledgedSrcSize(cctx, content_size);
    if (!ZSTD_isError(code) && reference.n > 0)
        code = ZSTD_CCtx_refPrefix(cctx, reference.data, reference.n);
    return code;
}

/* Stops once the output is longer than n_max. */
static enum tacit_status compress(ZSTD_CCtx *cctx, struct block_job *job, size_t n_max)
{
    const struct byte_buffer *content = &job->content;
    struct byte_buffer *out = &job->payload;
    ZSTD_inBuffer in = {content->data, 0, 0};
    ZSTD_outBuffer to = {out->data, n_max, 0};
    size_t left = 1;
    while (left != 0 && to.pos < to.size) {
        if (in.pos == in.size)
            in.size += content->size - in.size < PIECE ? content->size - in.size : PIECE;
        ZSTD_EndDirective end = in.size == content->size ? ZSTD_e_end : ZSTD_e_continue;
        left = ZSTD_compressStream2(cctx, &to, &in, end);
        if (ZSTD_isError(left))
            return status_of(left);
        if (end == ZSTD_e_continue)
            left = 1;
        if (block_watch_stop(&job->watch, in.pos))
            return TACIT_ERR_CANCELLED;
    }
    out->size = left == 0 ? to.pos : 0;
    return TACIT_OK;
}

/* n_best: length of the shortest payload so far. Zstd is shorter than the context models only if
 * nearly all content is matches, or if the context models gain next to nothing. */
static bool may_win(const struct block_job *job, size_t n_best)
{
    size_t n = job->content.size;
    return (n <= TRIED && !job->reference) || n_best < n / 16 || n_best > n - n / 8 ||
           job->n_raw > n / 4;
}

static enum tacit_status encode(struct block_job *job, size_t n_max)
{
    job->payload.size = 0;
    if (job->plan->zstd_level == 0 || !may_win(job, n_max + 1))
        return TACIT_OK;
    TRY(byte_buffer_reserve(&job->payload, n_max, n_max));
    ZSTD_CCtx *cctx = ZSTD_createCCtx();
    if (!cctx)
        return TACIT_ERR_MEMORY;
    size_t code = set_parameters(cctx, job->content.size, reference_bytes(job->reference),
                                 job->plan->zstd_level);
    enum tacit_status status = ZSTD_isError(code) ? status_of(code) : compress(cctx, job, n_max);
    ZSTD_freeCCtx(cctx);
    return status;
}

static enum tacit_status decode(struct block_job *job)
{
    const struct byte_buffer *payload = &job->payload;
    struct byte_buffer *content = &job->content;
    size_t content_size = job->header.content_size;
    /* Checks, before memory is taken, that one frame fills the payload and states the length of its
     * content. */
    if (ZSTD_findFrameCompressedSize(payload->data, payload->size) != payload->size ||
        ZSTD_getFrameContentSize(payload->data, payload->size) != content_size)
        return TACIT_ERR_CORRUPT;
    TRY(byte_buffer_reserve(content, content_size, content_size));
    ZSTD_DCtx *dctx = ZSTD_createDCtx();
    if (!dctx)
        return TACIT_ERR_MEMORY;
    struct byte_view reference = reference_bytes(job->reference);
    size_t n = reference.n > 0 ? ZSTD_DCtx_refPrefix(dctx, reference.data, reference.n) : 0;
    if (!ZSTD_isError(n))
        n = ZSTD_decompressDCtx(dctx, content->data, content_size, payload->data, payload->size);
    ZSTD_freeDCtx(dctx);
    if (ZSTD_isError(n))
        return ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation ? TACIT_ERR_MEMORY
                                                                    : TACIT_ERR_CORRUPT;
    content->size = n;
    return n == content_size ? TACIT_OK : TACIT_ERR_CORRUPT;
}

static uint64_t encode_memory(const struct codec_plan *plan, uint64_t content_size)
{
    if (plan->zstd_level == 0)
        return 0;
    /* Levels of btultra2 take 4 bytes for each of 2 * 2^window entries of two tables at most; the
     * stream keeps a copy of the window; measured beyond that: 5 MiB, less where the window is short. */
    bool is_long = plan->zstd_level >= LEVEL_LONG;
    uint64_t n_before = plan->reference ? plan->reference->n_bytes : 0;
    uint64_t window = (uint64_t)1 << window_log(content_size + n_before);
    uint64_t tables = is_long ? 16 * window : 8 * window;
    uint64_t tables_max = is_long ? (uint64_t)640 << 20 : (uint64_t)128 << 20;
    /* Beside the context models' payload it needs a buffer of its own. */
    uint64_t rest = 16 * window < REST_MAX ? 16 * window : REST_MAX;
    return (tables < tables_max ? tables : tables_max) + window + REST_MIN + rest +
           (plan->context ? content_size : 0);
}

static enum tacit_status decode_memory(const struct block_job *job, uint64_t *n_bytes)
{
    const struct format_block *header = &job->header;
    *n_bytes = (uint64_t)header->content_size + DECODER_BYTES;
    /* A zstd block takes four bytes at least and holds 128 KiB at most. */
    return header->content_size > ((uint64_t)header->payload_size / 4 + 1) << 17 ? TACIT_ERR_CORRUPT
                                                                                 : TACIT_OK;
}

static bool needs_reference(const uint8_t *payload, size_t n)
{
    (void)payload;
    (void)n;
    return true;
}

const struct block_method zstd_method = {.name = "zstd",
                                         .encode = encode,
                                         .decode = decode,
                                         .needs_reference = needs_reference,
                                         .encode_memory = encode_memory,
                                         .decode_memory = decode_memory};
