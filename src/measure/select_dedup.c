/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes records in order, without near duplicates of earlier ones. All threads make signatures, a
 * batch at a time; a hash table has the bands of the records kept, and a record is compared with
 * records that have a band in common with it.
 */
#include <stdlib.h>

#include "base/try.h"
#include "measure/min_hash.h"
#include "measure/select_state.h"

enum { BATCH = 4096, NO_RECORD = UINT32_MAX };

struct band_entry {
    uint32_t tag;
    uint32_t record; /* NO_RECORD: free */
};

struct dedup {
    struct selection *selection;
    struct band_entry *table; /* [2^table_log2], open addressing */
    unsigned table_log2;
    size_t n_entries;
    size_t first; /* of the batch */
    struct min_hash signatures[BATCH];
    size_t n_bytes[BATCH];
};

static enum tacit_status sign(void *context, unsigned reader, size_t i)
{
    struct dedup *d = context;
    const struct tacit_select_source *source = d->selection->source;
    const void *data = source->read(source->context, reader, d->first + i, &d->n_bytes[i]);
    if (!data)
        return TACIT_ERR_IO;
    if (d->n_bytes[i] > 0)
        min_hash_make(&d->signatures[i], data, d->n_bytes[i]);
    return TACIT_OK;
}

static enum tacit_status allocate(struct dedup *d, unsigned log2)
{
    size_t n = (size_t)1 << log2;
    d->table = malloc(n * sizeof *d->table);
    if (!d->table)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        d->table[i].record = NO_RECORD;
    d->table_log2 = log2;
    return TACIT_OK;
}

static void insert(struct dedup *d, uint32_t tag, uint32_t record)
{
    size_t mask = ((size_t)1 << d->table_log2) - 1, at = tag & mask;
    while (d->table[at].record != NO_RECORD)
        at = (at + 1) & mask;
    d->table[at] = (struct band_entry){tag, record};
    d->n_entries++;
}

static enum tacit_status grow(struct dedup *d)
{
    struct band_entry *old = d->table;
    size_t n_old = (size_t)1 << d->table_log2;
    enum tacit_status status = allocate(d, d->table_log2 + 1);
    if (status != TACIT_OK) {
        d->table = old;
        return status;
    }
    d->n_entries = 0;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].record != NO_RECORD)
            insert(d, old[i].tag, old[i].record);
    free(old);
    return TACIT_OK;
}

static enum tacit_status compare(struct dedup *d, const struct min_hash *signature, uint32_t record,
                                 struct tacit_choice *choice)
{
    struct min_hash other;
    size_t n;
    const struct tacit_select_source *source = d->selection->source;
    const void *data = source->read(source->context, 0, record, &n);
    if (!data)
        return TACIT_ERR_IO;
    min_hash_make(&other, data, n);
    double similarity = min_hash_similarity(signature, &other);
    if (choice->nearest == SIZE_MAX || similarity > choice->similarity) {
        choice->similarity = similarity;
        choice->nearest = record;
    }
    return TACIT_OK;
}

/* The most similar of the records that share a band. If many share a common band, only the first
 * few are compared. */
static enum tacit_status find_nearest(struct dedup *d, const struct min_hash *signature,
                                      struct tacit_choice *choice)
{
    enum { PER_BAND = 8 };
    size_t mask = ((size_t)1 << d->table_log2) - 1;
    for (unsigned band = 0; band < MIN_HASH_BANDS; band++) {
        uint32_t tag = (uint32_t)min_hash_band(signature, band);
        unsigned n = 0;
        for (size_t at = tag & mask; d->table[at].record != NO_RECORD && n < PER_BAND;
             at = (at + 1) & mask) {
            if (d->table[at].tag != tag || d->table[at].record == choice->nearest)
                continue;
            TRY(compare(d, signature, d->table[at].record, choice));
            n++;
        }
        if (choice->similarity >= d->selection->options.similarity)
            break;
    }
    return TACIT_OK;
}

static enum tacit_status decide(struct dedup *d, size_t i)
{
    struct selection *s = d->selection;
    struct tacit_choice choice = {
        .record = d->first + i, .n_bytes = d->n_bytes[i], .nearest = SIZE_MAX};
    if (!selection_fits(s, choice.n_bytes))
        return TACIT_OK;
    TRY(find_nearest(d, &d->signatures[i], &choice));
    if (choice.nearest != SIZE_MAX && choice.similarity >= s->options.similarity)
        return s->dropped && s->dropped(s->context, &choice) ? TACIT_ERR_CANCELLED : TACIT_OK;
    if (2 * (d->n_entries + MIN_HASH_BANDS) > (size_t)1 << d->table_log2)
        TRY(grow(d));
    for (unsigned band = 0; band < MIN_HASH_BANDS; band++)
        insert(d, (uint32_t)min_hash_band(&d->signatures[i], band), (uint32_t)choice.record);
    return selection_choose(s, &choice);
}

static enum tacit_status run(struct dedup *d)
{
    struct selection *s = d->selection;
    size_t n = s->source->n_records;
    TRY(allocate(d, 16));
    for (; d->first < n && !selection_is_full(s); d->first += BATCH) {
        size_t n_batch = n - d->first < BATCH ? n - d->first : BATCH;
        TRY(selection_parallel(s, n_batch, sign, d, false));
        for (size_t i = 0; i < n_batch; i++)
            TRY(decide(d, i));
        TRY(selection_report(s, d->first + n_batch, n));
    }
    return TACIT_OK;
}

enum tacit_status select_dedup(struct selection *selection)
{
    struct dedup *d = calloc(1, sizeof *d);
    if (!d)
        return TACIT_ERR_MEMORY;
    d->selection = selection;
    enum tacit_status status = run(d);
    free(d->table);
    free(d);
    return status;
}
