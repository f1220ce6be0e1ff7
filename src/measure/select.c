/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing records (tacit/select.h): the budget, the threads, and the methods that sort.
 */
#include "tacit/select.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/struct_size.h"
#include "base/try.h"
#include "measure/select_state.h"

enum tacit_status tacit_select_options_init_sized(struct tacit_select_options *options,
                                                  size_t struct_size)
{
    const struct tacit_select_options defaults = {
        .n_bytes = UINT64_MAX, .n_records = UINT64_MAX, .similarity = 0.8};
    options->struct_size = struct_size;
    return struct_give(options, &defaults, sizeof defaults);
}

bool selection_is_full(const struct selection *s)
{
    return s->n_records >= s->options.n_records || s->n_bytes >= s->options.n_bytes;
}

bool selection_fits(const struct selection *s, size_t n_bytes)
{
    return !selection_is_full(s) && n_bytes > 0 && n_bytes <= s->options.n_bytes - s->n_bytes;
}

enum tacit_status selection_choose(struct selection *s, const struct tacit_choice *choice)
{
    s->n_bytes += choice->n_bytes;
    s->n_records++;
    return s->chosen(s->context, choice) ? TACIT_ERR_CANCELLED : TACIT_OK;
}

enum tacit_status selection_report(struct selection *s, uint64_t n_done, uint64_t n_all)
{
    if (s->options.progress && s->options.progress(s->options.progress_context, n_done, n_all))
        return TACIT_ERR_CANCELLED;
    return TACIT_OK;
}

/* Shared by the threads of one selection_parallel. */
struct team {
    selection_work *work;
    void *context;
    size_t n;
    atomic_size_t next;
    atomic_bool stop;
};

struct member {
    struct team *team;
    struct thread_task task;
    unsigned reader;
    enum tacit_status status;
};

static void run_member(void *argument)
{
    enum { CHUNK = 4 };
    struct member *m = argument;
    struct team *team = m->team;
    while (m->status == TACIT_OK && !atomic_load(&team->stop)) {
        size_t begin = atomic_fetch_add(&team->next, CHUNK);
        if (begin >= team->n)
            return;
        for (size_t i = begin; i < begin + CHUNK && i < team->n && m->status == TACIT_OK; i++)
            m->status = team->work(team->context, m->reader, i);
    }
    if (m->status != TACIT_OK)
        atomic_store(&team->stop, true);
}

enum tacit_status selection_parallel(struct selection *s, size_t n, selection_work *work,
                                     void *context, bool reports)
{
    enum { WAIT_MS = 100 };
    struct team team = {.work = work, .context = context, .n = n};
    struct member members[TACIT_SELECT_THREADS_MAX];
    enum tacit_status status = TACIT_OK;
    for (unsigned i = 0; i < s->options.n_threads; i++) {
        members[i] = (struct member){&team, {run_member, &members[i], NULL, false}, i, TACIT_OK};
        thread_pool_submit(s->pool, &members[i].task);
    }
    for (unsigned i = 0; i < s->options.n_threads; i++) {
        while (!thread_task_wait(s->pool, &members[i].task, WAIT_MS)) {
            if (reports && status == TACIT_OK)
                status = selection_report(s, atomic_load(&team.next), n);
            if (status != TACIT_OK)
                atomic_store(&team.stop, true);
        }
        if (status == TACIT_OK)
            status = members[i].status;
    }
    return status;
}

struct keyed {
    uint64_t key;
    size_t record;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->record < y->record ? -1 : x->record > y->record;
}

static uint64_t scatter(uint64_t x)
{
    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* A key that is smaller for larger floats. */
static uint64_t key_of_score(float score)
{
    union {
        float f;
        uint32_t u;
    } bits = {.f = score};
    uint32_t ordered = bits.u >> 31 ? ~bits.u : bits.u | 0x80000000u;
    return ~ordered;
}

/* Takes records in the order of a key, as long as they fit. */
static enum tacit_status select_sorted(struct selection *s)
{
    size_t n = s->source->n_records, n_record;
    const float *scores = s->options.scores;
    bool by_score = s->options.method == TACIT_SELECT_SCORES;
    struct keyed *order = malloc((n ? n : 1) * sizeof *order);
    enum tacit_status status = order ? TACIT_OK : TACIT_ERR_MEMORY;
    for (size_t i = 0; status == TACIT_OK && i < n; i++) {
        uint64_t key = by_score ? key_of_score(scores[i])
                                : scatter(scatter(s->options.seed) + i * 0x9e3779b97f4a7c15u);
        order[i] = (struct keyed){key, i};
    }
    if (status == TACIT_OK)
        qsort(order, n, sizeof *order, by_key);
    for (size_t i = 0; status == TACIT_OK && i < n && !selection_is_full(s); i++) {
        struct tacit_choice choice = {.record = order[i].record, .nearest = SIZE_MAX};
        if (!s->source->read(s->source->context, 0, choice.record, &n_record))
            status = TACIT_ERR_IO;
        choice.n_bytes = n_record;
        choice.score = by_score ? (double)scores[choice.record] : 0;
        if (status == TACIT_OK && selection_fits(s, n_record))
            status = selection_choose(s, &choice);
    }
    free(order);
    return status;
}

enum tacit_status tacit_select(const struct tacit_select_source *source,
                               const struct tacit_select_options *given, tacit_choice_fn chosen,
                               tacit_choice_fn dropped, void *context)
{
    struct selection s = {source, {0}, chosen, dropped, context, NULL, 0, 0};
    const struct tacit_select_options *options = &s.options;
    tacit_select_options_init(&s.options);
    TRY(struct_take(&s.options, sizeof s.options, given));
    if (options->method > TACIT_SELECT_SCORES || options->measure > TACIT_MEASURE_CONTEXT ||
        !(options->similarity >= 0 && options->similarity <= 1) || source->n_records > UINT32_MAX ||
        (options->method == TACIT_SELECT_SCORES && !options->scores))
        return TACIT_ERR_ARGUMENT;
    if (s.options.n_threads == 0)
        s.options.n_threads = threads_available();
    if (s.options.n_threads > TACIT_SELECT_THREADS_MAX)
        s.options.n_threads = TACIT_SELECT_THREADS_MAX;
    if (options->method == TACIT_SELECT_RANDOM || options->method == TACIT_SELECT_SCORES)
        return select_sorted(&s);
    TRY(thread_pool_create(&s.pool, s.options.n_threads));
    enum tacit_status status =
        options->method == TACIT_SELECT_ZIP ? select_zip(&s) : select_dedup(&s);
    thread_pool_destroy(s.pool);
    return status;
}
