/* SPDX-License-Identifier: Apache-2.0
 *
 * An encoder lists the items of the whole block before it codes them, since the model reads several at once. An item
 * behind which a repeat is found is marked. One behind which bytes are copied is marked, too, and their number follows,
 * marked in the same way.
 */
#include "methods/recall/language_recall.h"

#include <stdlib.h>

#include "base/try.h"
#include "methods/context/context_choose.h"
#include "methods/language/language_primer.h"

enum {
    CHUNK_BYTES = 4096,              /* are cut into items at once */
    SHOWN_BYTES = 256,               /* at a copy's end that the models learn */
    COPY_MIN = 64,                   /* bytes that an encoder copies at least */
    ROWS_MAX = LANGUAGE_PRIMER_ROWS, /* items that the model reads at once */
};

/* Marks of listed items and numbers. */
#define FOUND      (UINT32_C(1) << 31)
#define COPIED     (UINT32_C(1) << 30)
#define KIND_SHIFT 28 /* how it was found */
#define VALUE      ((UINT32_C(1) << KIND_SHIFT) - 1)

static size_t chunk_end(const struct byte_buffer *content, size_t start)
{
    size_t end = start + CHUNK_BYTES;
    if (content->size - start <= CHUNK_BYTES)
        return content->size;
    size_t cut = tokenizer_cut(content->data, content->size, end);
    return cut > start ? cut : end;
}

/* Lists what is copied behind an item, which has n_new bytes, moves *at behind that and returns how many numbers are listed. */
static uint32_t list_copies(struct language_coder *coder, uint32_t *item, uint32_t n_new,
                            uint32_t *at)
{
    const struct byte_buffer *content = &coder->job->content;
    uint32_t n_all = (uint32_t)content->size, n_listed = 0;
    while (*at < n_all && recall_finds(&coder->recall, content->data, *at, n_new)) {
        uint32_t end = n_all - *at > VALUE ? *at + VALUE : n_all;
        uint32_t n = recall_length(&coder->recall, content->data, *at, end, COPY_MIN);
        item[n_listed] |= FOUND | (uint32_t)coder->recall.kind << KIND_SHIFT;
        if (n == 0)
            break;
        item[n_listed++] |= COPIED;
        item[n_listed] = n;
        *at += n;
        recall_note(&coder->recall, *at);
        coder->n_copied += n;
        n_new = 0;
    }
    return n_listed;
}

/* Lists the next items up to a copy, and moves *at behind them and the copies. An item has a byte at least, and a copy
 * many, so that there is room. */
static enum tacit_status list_chunk(struct language_coder *coder, uint32_t *at)
{
    const struct byte_buffer *content = &coder->job->content;
    uint32_t *items = coder->items + coder->n_items, n_numbers = 0;
    size_t n;
    TRY(tokenizer_encode(coder->tokenizer, content->data + *at, chunk_end(content, *at) - *at,
                         items, &n));
    for (size_t i = 0; i < n && n_numbers == 0; i++) {
        uint32_t n_bytes = (uint32_t)tokenizer_item_bytes(coder->tokenizer, items[i]).n;
        *at += n_bytes;
        n_numbers = list_copies(coder, &items[i], n_bytes, at);
        if (n_numbers > 0)
            n = i + 1;
    }
    coder->n_items += n + n_numbers;
    return TACIT_OK;
}

enum tacit_status language_recall_plan(struct language_coder *coder)
{
    const struct block_job *job = coder->job;
    uint32_t n = (uint32_t)job->content.size;
    if (!context_can_recall(job) || job->plan->unmixed)
        return TACIT_OK;
    coder->items = malloc(job->content.size * sizeof *coder->items);
    if (!coder->items)
        return TACIT_ERR_MEMORY;
    TRY(recall_create(&coder->recall, reference_bytes(job->reference), n, true));
    for (uint32_t at = 0; at < n;)
        TRY(list_chunk(coder, &at));
    coder->layout.recalls = coder->n_copied >= n / 2;
    if (coder->layout.recalls)
        return TACIT_OK;
    recall_destroy(&coder->recall);
    free(coder->items);
    coder->items = NULL;
    coder->n_items = 0;
    return TACIT_OK;
}

/* Where a repeat is found: *n bytes (an encoder's) are copied. */
static enum tacit_status code_copy(struct language_coder *coder, enum recall_kind kind, uint32_t *n)
{
    struct language_stream *s = &coder->streams[0];
    struct mixed_token_coder *bits = &coder->token.mixed;
    bool encoding = coder->token.encoding;
    *n = recall_code(&coder->recall, kind, *n, encoding ? &bits->enc : NULL,
                     encoding ? NULL : &bits->dec);
    if (*n > s->end - s->at)
        return TACIT_ERR_CORRUPT;
    if (*n == 0)
        return TACIT_OK;
    if (!encoding)
        recall_copy(&coder->recall, coder->job->content.data, s->at, *n);
    s->at += *n;
    recall_note(&coder->recall, s->at);
    return TACIT_OK;
}

/* Codes what is copied behind an item of n_new bytes, listed by an encoder. The models learn the end of that. */
static enum tacit_status code_copies(struct language_coder *coder, const uint32_t *listed,
                                     uint32_t n_new)
{
    struct language_stream *s = &coder->streams[0];
    const uint8_t *content = coder->job->content.data;
    bool encoding = coder->token.encoding;
    uint32_t from = s->at;
    while (s->at < s->end && (encoding ? (*listed & FOUND) != 0
                                       : recall_finds(&coder->recall, content, s->at, n_new))) {
        uint32_t mark = encoding ? *listed : (uint32_t)coder->recall.kind << KIND_SHIFT;
        uint32_t n = encoding && mark & COPIED ? *++listed & VALUE : 0;
        TRY(code_copy(coder, (enum recall_kind)(mark >> KIND_SHIFT & 3), &n));
        if (n == 0)
            break;
        n_new = 0;
    }
    uint32_t n_shown = s->at - from < SHOWN_BYTES ? s->at - from : SHOWN_BYTES;
    if (n_shown == 0 || s->at == s->end)
        return TACIT_OK;
    language_coder_keep_logits(coder, s);
    return language_primer_learn(coder, content + s->at - n_shown, n_shown);
}

/* How many items the model can read at once: a decoder knows none that follows. */
static size_t count_ahead(const struct language_coder *coder, const struct language_stream *s)
{
    size_t n = 1;
    if (!coder->token.encoding)
        return 1;
    while (n < ROWS_MAX && s->items + n < s->stop && !(s->items[n - 1] & COPIED))
        n++;
    return n;
}

static enum tacit_status code_items(struct language_coder *coder, const uint32_t *listed, size_t n)
{
    struct language_stream *s = &coder->streams[0];
    uint32_t items[ROWS_MAX];
    for (size_t i = 0; i < n; i++)
        items[i] = listed[i] & VALUE;
    TRY(language_coder_feed(coder, items, n));
    for (size_t i = 0; i < n; i++) {
        uint32_t from = s->at;
        TRY(language_coder_step(coder, 0, items[i]));
        TRY(code_copies(coder, &listed[i], s->at - from));
    }
    language_coder_keep_logits(coder, s);
    return TACIT_OK;
}

/* The next item that an encoder has listed behind one, and behind the numbers of bytes that are copied there. */
static const uint32_t *next_item(const uint32_t *listed)
{
    while (*listed & COPIED)
        listed++;
    return listed + 1;
}

enum tacit_status language_recall_run(struct language_coder *coder, bool *hopeless)
{
    struct language_stream *s = &coder->streams[0];
    const uint32_t unknown = 0;
    *hopeless = false;
    while (s->at < s->end) {
        const uint32_t *listed = coder->token.encoding ? s->items : &unknown;
        size_t n = count_ahead(coder, s);
        if (block_watch_stop(&coder->job->watch, s->at))
            return TACIT_ERR_CANCELLED;
        TRY(code_items(coder, listed, n));
        if (coder->token.encoding)
            s->items = next_item(&listed[n - 1]);
        *hopeless = token_coder_is_hopeless(&coder->token);
        if (*hopeless)
            return coder->token.encoding ? TACIT_OK : TACIT_ERR_CORRUPT;
    }
    return TACIT_OK;
}
