/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the methods of tacit/select.h.
 */
#ifndef TACIT_MEASURE_SELECT_STATE_H
#define TACIT_MEASURE_SELECT_STATE_H

#include <stdbool.h>

#include "base/threads/threads.h"
#include "tacit/select.h"

struct selection {
    const struct tacit_select_source *source;
    struct tacit_select_options options;
    tacit_choice_fn chosen, dropped;
    void *context;
    struct thread_pool *pool;
    uint64_t n_bytes, n_records; /* chosen so far */
};

/* Whether the rest of the budget has room for a record. */
bool selection_fits(const struct selection *selection, size_t n_bytes);
bool selection_is_full(const struct selection *selection);

/* Takes the record off the budget and reports it to the caller. */
enum tacit_status selection_choose(struct selection *selection, const struct tacit_choice *choice);

/* TACIT_ERR_CANCELLED if the caller wants to stop. */
enum tacit_status selection_report(struct selection *selection, uint64_t n_done, uint64_t n_all);

/* Runs work(context, reader, i) for i in 0 .. n - 1 on all threads, and reports now and then, n_done
 * of n_all counted from the first. */
typedef enum tacit_status selection_work(void *context, unsigned reader, size_t i);
enum tacit_status selection_parallel(struct selection *selection, size_t n, selection_work *work,
                                     void *context, bool reports);

enum tacit_status select_zip(struct selection *selection);
enum tacit_status select_dedup(struct selection *selection);

#endif
