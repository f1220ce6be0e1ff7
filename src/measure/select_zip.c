/* SPDX-License-Identifier: Apache-2.0
 *
 * Greedy choice by novelty. All records are scored by themselves, then wait in a heap. A score can
 * only be too high, since records chosen later make a record cheaper. So each round takes the few
 * highest, scores them with all threads against the present choice, and accepts from the top down
 * those that are not below the waiting scores. Accepted records are learnt at once, and the next
 * record is scored against them too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "measure/novelty.h"
#include "measure/select_state.h"

enum {
    ROUND = 256,      /* scored together */
    ROUND_MAX = 1024, /* once patience is used up */
    ACCEPT = 64,      /* of these, so many are taken at most */
    AHEAD = 8,        /* for each thread: records scored again before their turn */
};

/* How much below the waiting scores a score may be and still count as the highest: waiting scores
 * would fall too if they were computed again. Where many records are equally good, no score stays
 * the highest; so after PATIENCE of the fastest measure's scores, a round's best records are taken
 * whatever the waiting scores. */
static const float slack = 0.99f;

enum { PATIENCE = 2000000, PATIENCE_RECORD = 4, PATIENCE_CHOSEN = 16 };

struct waiting {
    float score; /* bits a byte */
    uint32_t record;
    uint32_t n_chosen; /* when it was scored */
};

struct zip {
    struct selection *selection;
    const struct novelty_ops *ops;
    void *measure;
    struct waiting *heap; /* [n_heap], the highest first */
    size_t n_heap;
    uint32_t *n_bytes; /* [n_records] */
    float *alone;      /* [n_records] */
    uint64_t n_scored; /* again */
    struct waiting round[ROUND_MAX];
    bool patient;
    size_t n_round;
    size_t turn, n_ahead; /* records of the round from turn on that are scored in: */
    struct waiting ahead[AHEAD * TACIT_SELECT_THREADS_MAX];
};

static bool above(const struct waiting *a, const struct waiting *b)
{
    return a->score > b->score || (a->score == b->score && a->record < b->record);
}

static void sift_down(struct zip *z, size_t i)
{
    struct waiting moved = z->heap[i];
    for (size_t child; (child = 2 * i + 1) < z->n_heap; i = child) {
        if (child + 1 < z->n_heap && above(&z->heap[child + 1], &z->heap[child]))
            child++;
        if (!above(&z->heap[child], &moved))
            break;
        z->heap[i] = z->heap[child];
    }
    z->heap[i] = moved;
}

static struct waiting pop(struct zip *z)
{
    struct waiting top = z->heap[0];
    z->heap[0] = z->heap[--z->n_heap];
    if (z->n_heap > 0)
        sift_down(z, 0);
    return top;
}

static void push(struct zip *z, struct waiting w)
{
    size_t i = z->n_heap++;
    for (; i > 0 && above(&w, &z->heap[(i - 1) / 2]); i = (i - 1) / 2)
        z->heap[i] = z->heap[(i - 1) / 2];
    z->heap[i] = w;
}

static enum tacit_status score(struct zip *z, unsigned reader, struct waiting *w)
{
    size_t n;
    double bits = 0;
    const struct tacit_select_source *source = z->selection->source;
    const void *data = source->read(source->context, reader, w->record, &n);
    if (!data || n > UINT32_MAX)
        return TACIT_ERR_IO;
    z->n_bytes[w->record] = (uint32_t)n;
    if (n > 0)
        TRY(z->ops->bits(z->measure, reader, data, n, &bits));
    w->score = n ? (float)(bits / (double)n) : 0;
    w->n_chosen = (uint32_t)z->selection->n_records;
    return TACIT_OK;
}

static enum tacit_status score_alone(void *context, unsigned reader, size_t i)
{
    struct zip *z = context;
    struct waiting *w = &z->heap[i];
    w->record = (uint32_t)i;
    TRY(score(z, reader, w));
    z->alone[i] = w->score;
    return TACIT_OK;
}

static enum tacit_status score_again(void *context, unsigned reader, size_t i)
{
    struct zip *z = context;
    if (z->round[i].n_chosen == (uint32_t)z->selection->n_records)
        return TACIT_OK;
    return score(z, reader, &z->round[i]);
}

static enum tacit_status score_ahead(void *context, unsigned reader, size_t i)
{
    struct zip *z = context;
    z->ahead[i] = z->round[z->turn + i];
    return score(z, reader, &z->ahead[i]);
}

/* The score of the round's record i against the present choice. Threads also score records behind
 * it: most records are refused, so these scores are still right when their turn comes. */
static enum tacit_status score_in_turn(struct zip *z, size_t i)
{
    struct waiting *w = &z->round[i];
    uint32_t n_chosen = (uint32_t)z->selection->n_records;
    if (w->n_chosen == n_chosen)
        return TACIT_OK;
    if (i >= z->turn + z->n_ahead || z->ahead[i - z->turn].n_chosen != n_chosen) {
        unsigned n_threads = z->selection->options.n_threads;
        size_t n = n_threads > 1 ? AHEAD * (size_t)n_threads : 1;
        z->turn = i;
        z->n_ahead = n < z->n_round - i ? n : z->n_round - i;
        TRY(n == 1 ? score_ahead(z, 0, 0)
                   : selection_parallel(z->selection, z->n_ahead, score_ahead, z, false));
    }
    *w = z->ahead[i - z->turn];
    return TACIT_OK;
}

static int highest_first(const void *a, const void *b)
{
    return above(a, b) ? -1 : above(b, a);
}

static enum tacit_status accept(struct zip *z, const struct waiting *w)
{
    struct selection *s = z->selection;
    struct tacit_choice choice = {.record = w->record,
                                  .score = (double)w->score,
                                  .alone = (double)z->alone[w->record],
                                  .nearest = SIZE_MAX};
    const void *data = s->source->read(s->source->context, 0, w->record, &choice.n_bytes);
    if (!data)
        return TACIT_ERR_IO;
    TRY(z->ops->learn(z->measure, data, choice.n_bytes));
    return selection_choose(s, &choice);
}

/* Accepts from the top of the sorted round down; the rest goes back to the heap. */
static enum tacit_status accept_round(struct zip *z)
{
    size_t n_accepted = 0, i = 0;
    z->turn = z->n_ahead = 0;
    for (; i < z->n_round && n_accepted < ACCEPT; i++) {
        struct waiting *w = &z->round[i];
        float waits = z->patient && z->n_heap > 0 ? z->heap[0].score : 0;
        if (!selection_fits(z->selection, z->n_bytes[w->record]))
            continue;
        TRY(score_in_turn(z, i));
        if (i + 1 < z->n_round && z->round[i + 1].score > waits)
            waits = z->round[i + 1].score;
        if (w->score < waits * slack) {
            push(z, *w);
            continue;
        }
        TRY(accept(z, w));
        n_accepted++;
    }
    for (; i < z->n_round; i++)
        push(z, z->round[i]);
    return TACIT_OK;
}

static enum tacit_status choose(struct zip *z)
{
    struct selection *s = z->selection;
    bool by_records = s->options.n_bytes == UINT64_MAX;
    while (z->n_heap > 0 && !selection_is_full(s)) {
        z->n_round = 0;
        z->patient = z->n_scored * z->ops->slowness <
                     PATIENCE + PATIENCE_RECORD * (uint64_t)s->source->n_records +
                         PATIENCE_CHOSEN * s->n_records;
        while (z->n_round < (z->patient ? ROUND : ROUND_MAX) && z->n_heap > 0) {
            struct waiting w = pop(z);
            if (selection_fits(s, z->n_bytes[w.record]))
                z->round[z->n_round++] = w;
        }
        TRY(selection_parallel(s, z->n_round, score_again, z, false));
        z->n_scored += z->n_round;
        qsort(z->round, z->n_round, sizeof *z->round, highest_first);
        TRY(accept_round(z));
        TRY(selection_report(s, by_records ? s->n_records : s->n_bytes,
                             by_records ? s->options.n_records : s->options.n_bytes));
    }
    return TACIT_OK;
}

static enum tacit_status open_measure(struct zip *z, uint64_t n_bytes)
{
    z->ops->destroy(z->measure);
    return z->ops->create(&z->measure, n_bytes, z->selection->options.n_threads);
}

static enum tacit_status run(struct zip *z)
{
    struct selection *s = z->selection;
    size_t n = z->n_heap = s->source->n_records;
    uint64_t n_bytes = 0;
    z->heap = malloc((n + 1) * sizeof *z->heap);
    z->n_bytes = malloc((n + 1) * sizeof *z->n_bytes);
    z->alone = malloc((n + 1) * sizeof *z->alone);
    if (!z->heap || !z->n_bytes || !z->alone)
        return TACIT_ERR_MEMORY;
    TRY(open_measure(z, 0));
    TRY(selection_parallel(s, n, score_alone, z, true));
    for (size_t i = 0; i < n; i++)
        n_bytes += z->n_bytes[i];
    for (size_t i = n / 2; i-- > 0;)
        sift_down(z, i);
    TRY(open_measure(z, n_bytes < s->options.n_bytes ? n_bytes : s->options.n_bytes));
    return choose(z);
}

enum tacit_status select_zip(struct selection *selection)
{
    static const struct novelty_ops *const measures[] = {
        [TACIT_MEASURE_FAST] = &novelty_fast,
        [TACIT_MEASURE_ZSTD] = &novelty_zstd,
        [TACIT_MEASURE_CONTEXT] = &novelty_context,
    };
    struct zip *z = calloc(1, sizeof *z);
    if (!z)
        return TACIT_ERR_MEMORY;
    z->selection = selection;
    z->ops = measures[selection->options.measure];
    enum tacit_status status = run(z);
    z->ops->destroy(z->measure);
    free(z->heap);
    free(z->n_bytes);
    free(z->alone);
    free(z);
    return status;
}
