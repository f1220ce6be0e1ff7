/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/zstd_block.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/try.h"

enum {
    PIECE = 1 << 18, /* fed at once: how often progress is seen; part of what fixes the bytes */
    WINDOW_LOG_MIN = 10,
    WINDOW_LOG_MAX = 30, /* a block's limit */
    LEVEL_LONG = 19,     /* from here on matches are searched over the whole block */
};

static enum tacit_status status_of(size_t code)
{
    return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? TACIT_ERR_MEMORY
                                                                   : TACIT_ERR_UNSUPPORTED;
}

static int window_log(uint64_t content_size)
{
    int log2 = WINDOW_LOG_MIN;
    while (log2 < WINDOW_LOG_MAX && ((uint64_t)1 << log2) < content_size)
        log2++;
    return log2;
}

static size_t set_parameters(ZSTD_CCtx *cctx, uint64_t content_size, int level)
{
    size_t code = ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 0);
    if (!ZSTD_isError(code) && level >= LEVEL_LONG)
        code = ZSTD_CCtx_setParameter(cctx, ZSTD_c_windowLog, window_log(content_size));
    if (!ZSTD_isError(code))
        code = ZSTD_CCtx_setPledgedSrcSize(cctx, content_size);
    return code;
}

static enum tacit_status compress(ZSTD_CCtx *cctx, const struct byte_buffer *content, size_t n_max,
                                  struct byte_buffer *out, struct block_watch *watch)
{
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
        if (watch && block_watch_stop(watch, in.pos))
            return TACIT_ERR_CANCELLED;
    }
    out->size = left == 0 ? to.pos : 0;
    return TACIT_OK;
}

enum tacit_status zstd_block_encode(const struct byte_buffer *content, int level, size_t n_max,
                                    struct byte_buffer *out, struct block_watch *watch)
{
    out->size = 0;
    TRY(byte_buffer_reserve(out, n_max, n_max));
    ZSTD_CCtx *cctx = ZSTD_createCCtx();
    if (!cctx)
        return TACIT_ERR_MEMORY;
    size_t code = set_parameters(cctx, content->size, level);
    enum tacit_status status =
        ZSTD_isError(code) ? status_of(code) : compress(cctx, content, n_max, out, watch);
    ZSTD_freeCCtx(cctx);
    return status;
}

enum tacit_status zstd_block_decode(const struct byte_buffer *payload, struct byte_buffer *content,
                                    size_t content_size)
{
    /* One frame that fills the payload and says how long its content is, before memory is taken. */
    if (ZSTD_findFrameCompressedSize(payload->data, payload->size) != payload->size ||
        ZSTD_getFrameContentSize(payload->data, payload->size) != content_size)
        return TACIT_ERR_CORRUPT;
    TRY(byte_buffer_reserve(content, content_size, content_size));
    ZSTD_DCtx *dctx = ZSTD_createDCtx();
    if (!dctx)
        return TACIT_ERR_MEMORY;
    size_t n = ZSTD_decompressDCtx(dctx, content->data, content_size, payload->data, payload->size);
    ZSTD_freeDCtx(dctx);
    if (ZSTD_isError(n))
        return ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation ? TACIT_ERR_MEMORY
                                                                    : TACIT_ERR_CORRUPT;
    content->size = n;
    return n == content_size ? TACIT_OK : TACIT_ERR_CORRUPT;
}

uint64_t zstd_block_encode_memory(uint64_t content_size, int level)
{
    /* Levels of btultra2 take 4 bytes for each of 2 * 2^window entries of two tables at most; the
     * stream keeps a copy of the window. */
    uint64_t window = (uint64_t)1 << window_log(content_size);
    uint64_t tables = level >= LEVEL_LONG ? 16 * window : 8 * window;
    uint64_t tables_max = level >= LEVEL_LONG ? (uint64_t)640 << 20 : (uint64_t)128 << 20;
    return (tables < tables_max ? tables : tables_max) + window + ((uint64_t)4 << 20);
}

uint64_t zstd_block_decode_memory(void)
{
    return (uint64_t)1 << 18;
}
