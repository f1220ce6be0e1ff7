/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/batch_gradient.h"

#include <stdlib.h>
#include <string.h>

#include "base/threads/threads.h"
#include "base/try.h"
#include "workshop/net/memory.h"
#include "workshop/net/ops.h"

static enum tacit_status open_member(struct batch_gradient *b, struct batch_member *member,
                                     const struct teacher *teacher, unsigned sees)
{
    TRY(net_work_open(&member->work, b->net, false));
    if (teacher->file)
        TRY(teacher_view_open(&member->view, teacher, b->net, sees));
    member->grad = memory_zeroed(b->n * sizeof *member->grad);
    return member->grad ? TACIT_OK : TACIT_ERR_MEMORY;
}

enum tacit_status batch_gradient_open(struct batch_gradient *b, const struct net *net,
                                      const struct teacher *teacher, unsigned sees, size_t n,
                                      unsigned n_threads)
{
    memset(b, 0, sizeof *b);
    if (n_threads == 0)
        n_threads = threads_available();
    b->net = net;
    b->n = n;
    b->n_threads = n_threads < BATCH_WINDOWS ? n_threads : BATCH_WINDOWS;
    b->sum = memory_zeroed(n * sizeof *b->sum);
    if (!b->sum)
        return TACIT_ERR_MEMORY;
    for (unsigned i = 0; i < b->n_threads; i++)
        TRY(open_member(b, &b->member[i], teacher, sees));
    return crew_create(&b->crew, b->n_threads);
}

void batch_gradient_close(struct batch_gradient *b)
{
    crew_destroy(b->crew);
    for (size_t i = 0; i < BATCH_WINDOWS; i++) {
        teacher_view_close(&b->member[i].view);
        net_work_close(&b->member[i].work);
        free(b->member[i].grad);
    }
    free(b->sum);
    memset(b, 0, sizeof *b);
}

static void learn_window(struct batch_gradient *b, struct batch_member *member, size_t window)
{
    const uint32_t *ids = b->ids + window * (b->n_targets + 1);
    const struct net_teacher *shows = &member->view.shows;
    memset(member->grad, 0, b->n * sizeof *member->grad);
    if (shows->net)
        b->nats[window] = net_distil(b->net, &member->work, b->weights, b->n_targets, ids, ids + 1,
                                     b->scale, member->grad, shows);
    else
        b->nats[window] = net_run(b->net, &member->work, b->weights, b->n_targets, ids, ids + 1,
                                  b->scale, member->grad);
}

/* As many windows at once as there are threads; then each thread adds its share of all their gradients. */
static void learn_share(void *context, struct crew *crew, unsigned index)
{
    struct batch_gradient *b = context;
    size_t from, to;
    crew_share(crew, index, b->n, &from, &to);
    memset(b->sum + from, 0, (to - from) * sizeof *b->sum);
    for (size_t first = 0; first < BATCH_WINDOWS; first += b->n_threads) {
        if (first + index < BATCH_WINDOWS)
            learn_window(b, &b->member[index], first + index);
        crew_barrier(crew);
        for (size_t i = 0; i < b->n_threads && first + i < BATCH_WINDOWS; i++)
            op_add(b->sum + from, b->member[i].grad + from, to - from);
        crew_barrier(crew);
    }
}

double batch_gradient_run(struct batch_gradient *b, const float *weights, const uint32_t *ids,
                          size_t n_targets, float scale)
{
    double nats = 0;
    b->weights = weights;
    b->ids = ids;
    b->n_targets = n_targets;
    b->scale = scale;
    crew_run(b->crew, learn_share, b);
    for (size_t i = 0; i < BATCH_WINDOWS; i++)
        nats += b->nats[i];
    return nats;
}
