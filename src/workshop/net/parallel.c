/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/parallel.h"

#include <pthread.h>

struct job {
    void (*work)(void *context, size_t index);
    void *context;
    size_t index;
};

static void *start(void *p)
{
    const struct job *job = p;
    job->work(job->context, job->index);
    return NULL;
}

enum tacit_status parallel_run(size_t n, void (*work)(void *context, size_t index), void *context)
{
    pthread_t threads[PARALLEL_MAX];
    struct job jobs[PARALLEL_MAX];
    if (!n || n > PARALLEL_MAX)
        return TACIT_ERR_ARGUMENT;
    size_t n_started = 1;
    for (; n_started < n; n_started++) {
        jobs[n_started] = (struct job){work, context, n_started};
        if (pthread_create(&threads[n_started], NULL, start, &jobs[n_started]) != 0)
            break;
    }
    work(context, 0);
    for (size_t i = 1; i < n_started; i++)
        pthread_join(threads[i], NULL);
    return n_started == n ? TACIT_OK : TACIT_ERR_THREAD;
}
