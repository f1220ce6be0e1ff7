/* SPDX-License-Identifier: Apache-2.0
 *
 * Novelty (novelty.h) by zstd, with the records chosen before as its dictionary.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/byte_buffer.h"
#include "base/try.h"
#include "measure/novelty.h"

enum { LEVEL = 6, WINDOW = 1 << 19 };

struct scorer {
    ZSTD_CCtx *cctx;
    struct byte_buffer out;
};

struct zstd {
    struct byte_buffer learnt; /* the latest WINDOW bytes and some before */
    ZSTD_CDict *dictionary;    /* NULL: nothing was learnt */
    size_t n_frame;            /* bytes that every frame has */
    unsigned n_scorers;
    struct scorer scorers[];
};

static void zstd_destroy(void *measure)
{
    struct zstd *z = measure;
    for (unsigned i = 0; z && i < z->n_scorers; i++) {
        ZSTD_freeCCtx(z->scorers[i].cctx);
        byte_buffer_free(&z->scorers[i].out);
    }
    if (z) {
        ZSTD_freeCDict(z->dictionary);
        byte_buffer_free(&z->learnt);
    }
    free(z);
}

/* An error of zstd's in memory is a lack of memory, since level and sizes are valid. */
static enum tacit_status compress(struct zstd *z, struct scorer *s, const uint8_t *data, size_t n,
                                  size_t *n_out)
{
    size_t cap = ZSTD_compressBound(n);
    TRY(byte_buffer_reserve(&s->out, cap, cap));
    *n_out = z->dictionary
                 ? ZSTD_compress_usingCDict(s->cctx, s->out.data, cap, data, n, z->dictionary)
                 : ZSTD_compressCCtx(s->cctx, s->out.data, cap, data, n, LEVEL);
    return ZSTD_isError(*n_out) ? TACIT_ERR_MEMORY : TACIT_OK;
}

static enum tacit_status zstd_create(void **measure, uint64_t n_bytes, unsigned n_scorers)
{
    (void)n_bytes; /* the window is small enough to have all of it */
    struct zstd *z = calloc(1, sizeof *z + n_scorers * sizeof *z->scorers);
    *measure = NULL;
    if (!z)
        return TACIT_ERR_MEMORY;
    z->n_scorers = n_scorers;
    enum tacit_status status = TACIT_OK;
    for (unsigned i = 0; i < n_scorers; i++) {
        z->scorers[i].cctx = ZSTD_createCCtx();
        if (!z->scorers[i].cctx)
            status = TACIT_ERR_MEMORY;
    }
    if (status == TACIT_OK)
        status = compress(z, &z->scorers[0], (const uint8_t *)"", 0, &z->n_frame);
    if (status != TACIT_OK) {
        zstd_destroy(z);
        return status;
    }
    *measure = z;
    return TACIT_OK;
}

static enum tacit_status zstd_bits(void *measure, unsigned scorer, const uint8_t *data, size_t n,
                                   double *bits)
{
    struct zstd *z = measure;
    size_t n_out;
    TRY(compress(z, &z->scorers[scorer], data, n, &n_out));
    *bits = n_out > z->n_frame ? (double)(8 * (n_out - z->n_frame)) : 0;
    return TACIT_OK;
}

/* zstd would read bytes that begin like a trained dictionary as one. */
static bool looks_trained(const uint8_t *data, size_t n)
{
    static const uint8_t magic[] = {0x37, 0xa4, 0x30, 0xec};
    return n >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

static enum tacit_status zstd_learn(void *measure, const uint8_t *data, size_t n)
{
    struct zstd *z = measure;
    struct byte_buffer *learnt = &z->learnt;
    size_t n_new = n < WINDOW ? n : WINDOW;
    TRY(byte_buffer_append(learnt, data + (n - n_new), n_new));
    size_t n_window = learnt->size < WINDOW ? learnt->size : WINDOW;
    const uint8_t *window = learnt->data + (learnt->size - n_window);
    bool skip = looks_trained(window, n_window);
    ZSTD_freeCDict(z->dictionary);
    z->dictionary = ZSTD_createCDict(window + skip, n_window - skip, LEVEL);
    if (!z->dictionary)
        return TACIT_ERR_MEMORY;
    if (learnt->size >= 3 * (size_t)WINDOW) { /* rarely, so that few bytes are moved */
        memmove(learnt->data, window, n_window);
        learnt->size = n_window;
    }
    return TACIT_OK;
}

const struct novelty_ops novelty_zstd = {zstd_create, zstd_destroy, zstd_bits, zstd_learn, 1};
