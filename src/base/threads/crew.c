/* SPDX-License-Identifier: Apache-2.0 */
#include "base/threads/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/threads/spin.h"
#include "base/try.h"

enum { SPINS = 100 }; /* some microseconds; spinning longer delays other work on the machine */

struct crew_member {
    struct crew *crew;
    pthread_t thread;
    unsigned index;
};

struct crew {
    unsigned n_members, n_started;                 /* n_started: threads, the caller not counted */
    atomic_uint n_waiting, n_meetings, n_sleeping; /* at barriers */
    pthread_mutex_t mutex;
    pthread_cond_t wake;  /* a job is there */
    pthread_cond_t met;   /* n_meetings has risen */
    unsigned long n_jobs; /* under the mutex, as the next three */
    bool ending;
    crew_job *job;
    void *context;
    struct crew_member members[];
};

static bool has_met(struct crew *crew, unsigned meeting)
{
    return atomic_load_explicit(&crew->n_meetings, memory_order_acquire) != meeting;
}

/* By sequential consistency, either the last thread to arrive sees that a thread sleeps, or the
 * sleeping thread sees that all have met. Both sides read-modify-write before they load: qemu-user
 * lets a load overtake a plain store, even a sequentially consistent one, when it emulates aarch64
 * on x86. */
static void sleep_until_met(struct crew *crew, unsigned meeting)
{
    pthread_mutex_lock(&crew->mutex);
    atomic_fetch_add(&crew->n_sleeping, 1);
    while (atomic_load(&crew->n_meetings) == meeting)
        pthread_cond_wait(&crew->met, &crew->mutex);
    atomic_fetch_sub(&crew->n_sleeping, 1);
    pthread_mutex_unlock(&crew->mutex);
}

static void wake_sleepers(struct crew *crew)
{
    if (atomic_load(&crew->n_sleeping) == 0)
        return;
    pthread_mutex_lock(&crew->mutex);
    pthread_cond_broadcast(&crew->met);
    pthread_mutex_unlock(&crew->mutex);
}

void crew_barrier(struct crew *crew)
{
    if (crew->n_members == 1)
        return;
    unsigned meeting = atomic_load_explicit(&crew->n_meetings, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&crew->n_waiting, 1, memory_order_acq_rel) + 1 ==
        crew->n_members) {
        atomic_store_explicit(&crew->n_waiting, 0, memory_order_relaxed);
        atomic_fetch_add(&crew->n_meetings, 1); /* not a store: see sleep_until_met */
        wake_sleepers(crew);
        return;
    }
    for (unsigned n = 0; n < SPINS; n++) {
        if (has_met(crew, meeting))
            return;
        spin_pause();
    }
    sleep_until_met(crew, meeting);
}

static void *member_main(void *argument)
{
    struct crew_member *member = argument;
    struct crew *crew = member->crew;
    for (unsigned long n_done = 0;; n_done++) {
        pthread_mutex_lock(&crew->mutex);
        while (crew->n_jobs == n_done && !crew->ending)
            pthread_cond_wait(&crew->wake, &crew->mutex);
        bool ending = crew->ending;
        crew_job *job = crew->job;
        void *context = crew->context;
        pthread_mutex_unlock(&crew->mutex);
        if (ending)
            return NULL;
        job(context, crew, member->index);
        crew_barrier(crew);
    }
}

void crew_run(struct crew *crew, crew_job *job, void *context)
{
    if (crew->n_members > 1) {
        pthread_mutex_lock(&crew->mutex);
        crew->job = job;
        crew->context = context;
        crew->n_jobs++;
        pthread_cond_broadcast(&crew->wake);
        pthread_mutex_unlock(&crew->mutex);
    }
    job(context, crew, 0);
    crew_barrier(crew);
}

static enum tacit_status start_threads(struct crew *crew)
{
    for (unsigned i = 1; i < crew->n_members; i++) {
        crew->members[i] = (struct crew_member){.crew = crew, .index = i};
        if (pthread_create(&crew->members[i].thread, NULL, member_main, &crew->members[i]) != 0)
            return TACIT_ERR_THREAD;
        crew->n_started++;
    }
    return TACIT_OK;
}

static enum tacit_status make_locks(struct crew *crew)
{
    if (pthread_mutex_init(&crew->mutex, NULL) != 0)
        return TACIT_ERR_THREAD;
    if (pthread_cond_init(&crew->wake, NULL) == 0) {
        if (pthread_cond_init(&crew->met, NULL) == 0)
            return TACIT_OK;
        pthread_cond_destroy(&crew->wake);
    }
    pthread_mutex_destroy(&crew->mutex);
    return TACIT_ERR_THREAD;
}

enum tacit_status crew_create(struct crew **crew_out, unsigned n_members)
{
    *crew_out = NULL;
    struct crew *crew = calloc(1, sizeof *crew + n_members * sizeof crew->members[0]);
    if (!crew)
        return TACIT_ERR_MEMORY;
    crew->n_members = n_members;
    enum tacit_status status = make_locks(crew);
    if (status != TACIT_OK) {
        free(crew);
        return status;
    }
    status = start_threads(crew);
    if (status != TACIT_OK)
        crew_destroy(crew);
    else
        *crew_out = crew;
    return status;
}

void crew_destroy(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->ending = true;
    pthread_cond_broadcast(&crew->wake);
    pthread_mutex_unlock(&crew->mutex);
    for (unsigned i = 1; i <= crew->n_started; i++)
        pthread_join(crew->members[i].thread, NULL);
    pthread_cond_destroy(&crew->met);
    pthread_cond_destroy(&crew->wake);
    pthread_mutex_destroy(&crew->mutex);
    free(crew);
}

unsigned crew_size(const struct crew *crew)
{
    return crew->n_members;
}

void crew_share(const struct crew *crew, unsigned member, size_t n, size_t *begin, size_t *end)
{
    *begin = n * member / crew->n_members;
    *end = n * (member + 1) / crew->n_members;
}
