/* SPDX-License-Identifier: Apache-2.0
 *
 * The hashes of the windows that start at multiples of STRIDE are kept; a rolling hash is looked up
 * at every byte. A repeat of LONG_MATCH_MIN bytes covers several whole windows, so it is found
 * unless their places in the table were taken by later ones.
 */
#include "methods/context/long_match.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64, STRIDE = 512 };

#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

struct finder {
    const uint8_t *data;
    size_t n;
    uint32_t *places; /* [1 << log2], place / STRIDE + 1, 0: none */
    unsigned log2;
    uint64_t hash; /* of the window at pos */
    size_t pos;
    uint64_t leaving; /* MULTIPLIER ^ WINDOW */
};

static void start_window(struct finder *f, size_t pos)
{
    f->pos = pos;
    f->hash = 0;
    for (size_t i = pos; i < pos + WINDOW && i < f->n; i++)
        f->hash = f->hash * MULTIPLIER + f->data[i] + 1;
}

static void roll(struct finder *f)
{
    uint64_t out = f->data[f->pos] + 1u, in = f->data[f->pos + WINDOW] + 1u;
    f->hash = f->hash * MULTIPLIER + in - out * f->leaving;
    f->pos++;
}

/* The repeat around the windows at pos and source, no earlier than first. */
static struct long_match extend(const struct finder *f, size_t pos, size_t source, size_t first)
{
    const uint8_t *data = f->data;
    size_t distance = pos - source, end = pos, start = pos;
    while (end < f->n && data[end] == data[end - distance])
        end++;
    while (start > first && start > distance && data[start - 1] == data[start - 1 - distance])
        start--;
    return (struct long_match){(uint32_t)start, (uint32_t)(end - start), (uint32_t)distance};
}

static size_t find(struct finder *f, struct long_match *matches, size_t max)
{
    size_t n_found = 0, first = 0;
    size_t looked = 0; /* up to here a repeat was found and was too short: time stays linear */
    start_window(f, 0);
    while (n_found < max) {
        uint32_t *place = &f->places[f->hash >> (64 - f->log2)];
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
            *place = (uint32_t)(f->pos / STRIDE + 1);
        if (f->n - f->pos <= WINDOW)
            break;
        roll(f);
    }
    return n_found;
}

enum tacit_status long_match_find(const uint8_t *data, size_t n, struct long_match *matches,
                                  size_t max, size_t *n_found)
{
    struct finder f = {.data = data, .n = n, .log2 = 8, .leaving = 1};
    *n_found = 0;
    if (n < LONG_MATCH_MIN + STRIDE)
        return TACIT_OK;
    while (((size_t)1 << f.log2) < n / STRIDE * 2)
        f.log2++;
    for (int i = 0; i < WINDOW; i++)
        f.leaving *= MULTIPLIER;
    f.places = calloc((size_t)1 << f.log2, sizeof *f.places);
    if (!f.places)
        return TACIT_ERR_MEMORY;
    *n_found = find(&f, matches, max);
    free(f.places);
    return TACIT_OK;
}
