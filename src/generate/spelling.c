/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/spelling.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

/* In tokens: beyond LOOK_BACK, looking back ends at the next word; at LOOK_BACK_MOST, where there
 * are no words, at any token. */
enum { LOOK_BACK_LEAST = 4, LOOK_BACK = 24, LOOK_BACK_MOST = 48 };

void spelling_release(struct spelling *s)
{
    free(s->items);
    free(s->bytes);
    free(s->probe);
}

static enum tacit_status grow(void **array, size_t *cap, size_t wanted, size_t unit)
{
    if (wanted <= *cap)
        return TACIT_OK;
    void *more = realloc(*array, 2 * wanted * unit);
    if (!more)
        return TACIT_ERR_MEMORY;
    *array = more;
    *cap = 2 * wanted;
    return TACIT_OK;
}

static enum tacit_status put_bytes(struct spelling *s, struct byte_view bytes)
{
    void *array = s->bytes;
    enum tacit_status status = grow(&array, &s->bytes_cap, s->n_bytes + bytes.n, 1);
    s->bytes = array;
    if (status == TACIT_OK)
        memcpy(s->bytes + s->n_bytes, bytes.data, bytes.n);
    return status;
}

/* Whether the tokenizer makes items[item .. n_items) and then `last`, unless that is none, of
 * bytes[byte .. n_bytes). */
static enum tacit_status is_spelled(struct spelling *s, size_t item, size_t byte, size_t n_bytes,
                                    uint32_t last, bool *same)
{
    void *array = s->probe;
    size_t n, n_kept = s->n_items - item, n_wanted = n_kept + (last != VOCABULARY_NONE);
    enum tacit_status status = grow(&array, &s->probe_cap, n_bytes - byte + 1, sizeof *s->probe);
    s->probe = array;
    TRY(status);
    TRY(tokenizer_encode(s->tokenizer, s->bytes + byte, n_bytes - byte, s->probe, &n));
    *same = n == n_wanted &&
            (n_kept == 0 || memcmp(s->probe, s->items + item, n_kept * sizeof *s->probe) == 0) &&
            (n == n_kept || s->probe[n_kept] == last);
    return TACIT_OK;
}

enum tacit_status spelling_allows(struct spelling *s, uint32_t token, bool *allowed)
{
    struct byte_view bytes = tokenizer_item_bytes(s->tokenizer, token);
    *allowed = false;
    TRY(put_bytes(s, bytes));
    return is_spelled(s, s->from_item, s->from_byte, s->n_bytes + bytes.n, token, allowed);
}

static bool begins_word(struct byte_view bytes)
{
    return bytes.n > 1 && bytes.data[0] == ' ' &&
           (bytes.data[1] >= 0x80 || (bytes.data[1] | 0x20) >= 'a');
}

/* Moves the end of looking back to the latest place that is far enough back. */
static enum tacit_status move_on(struct spelling *s)
{
    size_t byte = s->n_bytes, best = 0, best_byte = 0;
    bool anywhere = s->n_items - s->from_item > LOOK_BACK_MOST;
    for (size_t i = s->n_items; i-- > s->from_item + 1 && best == 0;) {
        struct byte_view bytes = tokenizer_item_bytes(s->tokenizer, s->items[i]);
        byte -= bytes.n;
        bool same = false;
        if (s->n_items - i >= LOOK_BACK_LEAST && (anywhere || begins_word(bytes)))
            TRY(is_spelled(s, i, byte, s->n_bytes, VOCABULARY_NONE, &same));
        best = same ? i : 0;
        best_byte = byte;
    }
    if (best > 0) {
        s->from_item = best;
        s->from_byte = best_byte;
    }
    return TACIT_OK;
}

enum tacit_status spelling_add(struct spelling *s, uint32_t token)
{
    struct byte_view bytes = tokenizer_item_bytes(s->tokenizer, token);
    void *array = s->items;
    enum tacit_status status = grow(&array, &s->items_cap, s->n_items + 1, sizeof *s->items);
    s->items = array;
    TRY(status);
    TRY(put_bytes(s, bytes));
    s->items[s->n_items++] = token;
    s->n_bytes += bytes.n;
    return s->n_items - s->from_item > LOOK_BACK ? move_on(s) : TACIT_OK;
}

enum tacit_status spelling_is_whole(struct spelling *s, bool *whole)
{
    *whole = true;
    return s->n_items ? is_spelled(s, 0, 0, s->n_bytes, VOCABULARY_NONE, whole) : TACIT_OK;
}
