/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/text/clean.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "workshop/net/random.h"

enum {
    SHINGLE = 50,
    MIN_DISTINCT = 12,
};

static const uint64_t BASE = 0x9E3779B97F4A7C15u;

/* The polynomial hash of the last SHINGLE bytes. */
struct roller {
    uint64_t h, out_factor;
    size_t n;
};

static struct roller roller_start(void)
{
    struct roller r = {0, 1, 0};
    for (int i = 0; i < SHINGLE; i++)
        r.out_factor *= BASE;
    return r;
}

/* Whether a whole shingle ends at text[at] that is one of those kept; *key is then its hash. */
static bool roll(struct roller *r, const uint8_t *text, size_t at, uint64_t *key)
{
    r->h = r->h * BASE + text[at] + 1;
    if (++r->n < SHINGLE)
        return false;
    if (r->n > SHINGLE)
        r->h -= r->out_factor * (text[at - SHINGLE] + 1u);
    *key = random_mix(r->h) | 1;
    return (random_mix(r->h) >> 62) == 0;
}

enum tacit_status shingles_open(struct shingles *set)
{
    const size_t n = (size_t)1 << 16;
    set->slots = calloc(n, sizeof *set->slots);
    set->mask = n - 1;
    set->n = 0;
    return set->slots ? TACIT_OK : TACIT_ERR_MEMORY;
}

void shingles_close(struct shingles *set)
{
    free(set->slots);
    set->slots = NULL;
}

static uint64_t *slot_of(const struct shingles *set, uint64_t key)
{
    size_t at = key >> 7 & set->mask;
    while (set->slots[at] && set->slots[at] != key)
        at = (at + 1) & set->mask;
    return &set->slots[at];
}

static enum tacit_status grow(struct shingles *set)
{
    const struct shingles old = *set;
    set->mask = old.mask * 2 + 1;
    set->slots = calloc(set->mask + 1, sizeof *set->slots);
    if (!set->slots) {
        *set = old;
        return TACIT_ERR_MEMORY;
    }
    for (size_t i = 0; i <= old.mask; i++)
        if (old.slots[i])
            *slot_of(set, old.slots[i]) = old.slots[i];
    free(old.slots);
    return TACIT_OK;
}

static bool is_plain(const uint8_t *shingle)
{
    bool seen[256] = {false};
    int distinct = 0;
    for (int i = 0; i < SHINGLE; i++) {
        distinct += !seen[shingle[i]];
        seen[shingle[i]] = true;
    }
    return distinct < MIN_DISTINCT;
}

enum tacit_status shingles_add(struct shingles *set, const uint8_t *text, size_t n)
{
    struct roller r = roller_start();
    uint64_t key;
    for (size_t i = 0; i < n; i++) {
        if (!roll(&r, text, i, &key) || is_plain(text + i + 1 - SHINGLE))
            continue;
        if (set->n * 2 > set->mask)
            TRY(grow(set));
        uint64_t *slot = slot_of(set, key);
        set->n += *slot == 0;
        *slot = key;
    }
    return TACIT_OK;
}

size_t shingles_cut(const struct shingles *set, uint8_t *text, size_t n)
{
    struct roller r = roller_start();
    uint64_t key;
    size_t kept = 0, from = 0; /* text[from..] is not yet moved or dropped */
    for (size_t i = 0; i < n; i++) {
        if (!roll(&r, text, i, &key) || *slot_of(set, key) != key || i < from)
            continue;
        size_t begin = i + 1 - SHINGLE, end = i + 1;
        while (begin > from && text[begin - 1] != '\n' && text[begin - 1] != 0)
            begin--;
        while (end < n && text[end] != '\n' && text[end] != 0)
            end++;
        if (begin > from) {
            memmove(text + kept, text + from, begin - from);
            kept += begin - from;
            text[kept++] = 0;
        }
        from = end < n ? end + 1 : n;
    }
    memmove(text + kept, text + from, n - from);
    return kept + (n - from);
}
