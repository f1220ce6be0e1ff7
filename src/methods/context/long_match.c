/* SPDX-License-Identifier: Apache-2.0
 *
 * The table keeps the hashes of windows that start at multiples of STRIDE; a rolling hash is looked
 * up at every byte. A repeat of LONG_MATCH_MIN bytes covers several whole windows, so it is found
 * unless later windows have taken their places in the table. Places count from the reference's
 * beginning; the content's begin at the next multiple of STRIDE behind it.
 */
#include "methods/context/long_match.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64, STRIDE = 512 };

#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

struct finder {
    struct byte_view reference;
    const uint8_t *data;
    size_t n;
    size_t first_place; /* of the content */
    uint32_t *places;   /* [1 << log2], place / STRIDE + 1, 0: none */
    unsigned log2;
    uint64_t hash; /* of the window at pos */
    size_t pos;
    uint64_t leaving; /* MULTIPLIER ^ WINDOW */
};

static uint64_t hash_window(const uint8_t *data, size_t pos, size_t n)
{
    uint64_t hash = 0;
    for (size_t i = pos; i < pos + WINDOW && i < n; i++)
        hash = hash * MULTIPLIER + data[i] + 1;
    return hash;
}

static void start_window(struct finder *f, size_t pos)
{
    f->pos = pos;
    f->hash = hash_window(f->data, pos, f->n);
}

static uint32_t *place_of(const struct finder *f, uint64_t hash)
{
    return &f->places[hash >> (64 - f->log2)];
}

static void add_reference(struct finder *f)
{
    for (size_t pos = 0; pos + WINDOW <= f->reference.n; pos += STRIDE)
        *place_of(f, hash_window(f->reference.data, pos, f->reference.n)) =
            (uint32_t)(pos / STRIDE + 1);
}

static void roll(struct finder *f)
{
    uint64_t out = f->data[f->pos] + 1u, in = f->data[f->pos + WINDOW] + 1u;
    f->hash = f->hash * MULTIPLIER + in - out * f->leaving;
    f->pos++;
}

/* The byte that lies distance before data[pos]. */
static uint8_t byte_before(const struct finder *f, size_t pos, size_t distance)
{
    return pos >= distance ? f->data[pos - distance]
                           : f->reference.data[f->reference.n - (distance - pos)];
}

/* The repeat around the window at pos and the one at a place, no earlier than first. */
static struct long_match extend(const struct finder *f, size_t pos, size_t place, size_t first)
{
    const uint8_t *data = f->data;
    size_t n_reference = f->reference.n, end = pos, start = pos;
    size_t distance =
        place < f->first_place ? pos + n_reference - place : pos + f->first_place - place;
    while (end < f->n && data[end] == byte_before(f, end, distance))
        end++;
    while (start > first && start + n_reference > distance &&
           data[start - 1] == byte_before(f, start - 1, distance))
        start--;
    return (struct long_match){(uint32_t)start, (uint32_t)(end - start), (uint32_t)distance};
}

static size_t find(struct finder *f, struct long_match *matches, size_t max)
{
    size_t n_found = 0, first = 0;
    size_t looked = 0; /* repeats up to here were found and too short; skipping them keeps time
                          linear */
    start_window(f, 0);
    while (n_found < max) {
        uint32_t *place = place_of(f, f->hash);
        struct long_match match = {0};
        if (*place != 0 && f->pos >= looked) {
            match = extend(f, f->pos, (size_t)(*place - 1) * STRIDE, first);
            looked = (size_t)match.start + match.n_bytes;
        }
        if (match.n_bytes >= LONG_MATCH_MIN) {
            matches[n_found++] = match;
            first = looked;
            if (f->n - first < LONG_MATCH_MIN)
                break;
            start_window(f, first);
            continue;
        }
        if (f->pos % STRIDE == 0)
            *place = (uint32_t)((f->first_place + f->pos) / STRIDE + 1);
        if (f->n - f->pos <= WINDOW)
            break;
        roll(f);
    }
    return n_found;
}

enum tacit_status long_match_find(struct byte_view reference, const uint8_t *data, size_t n,
                                  struct long_match *matches, size_t max, size_t *n_found)
{
    struct finder f = {.reference = reference, .data = data, .n = n, .log2 = 8, .leaving = 1};
    f.first_place = (reference.n + STRIDE - 1) / STRIDE * STRIDE;
    *n_found = 0;
    if (n < LONG_MATCH_MIN + STRIDE)
        return TACIT_OK;
    while (((size_t)1 << f.log2) < (reference.n + n) / STRIDE * 2)
        f.log2++;
    for (int i = 0; i < WINDOW; i++)
        f.leaving *= MULTIPLIER;
    f.places = calloc((size_t)1 << f.log2, sizeof *f.places);
    if (!f.places)
        return TACIT_ERR_MEMORY;
    add_reference(&f);
    *n_found = find(&f, matches, max);
    free(f.places);
    return TACIT_OK;
}
