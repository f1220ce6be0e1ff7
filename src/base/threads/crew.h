/* SPDX-License-Identifier: Apache-2.0
 *
 * A few threads that do one job together and meet at barriers; the caller is one of them. Between
 * jobs the threads sleep. At a barrier, which all reach within microseconds, a thread spins briefly
 * and then sleeps, so that on a busy machine the thread that the others wait for gets the
 * processor. The job divides its work by crew_share; the division never changes what is computed.
 */
#ifndef TACIT_BASE_THREADS_CREW_H
#define TACIT_BASE_THREADS_CREW_H

#include <stddef.h>

#include "tacit/status.h"

struct crew;

typedef void crew_job(void *context, struct crew *crew, unsigned member);

/* n_members: 1 .. 256; 1 starts no thread. TACIT_ERR_MEMORY, TACIT_ERR_THREAD. */
enum tacit_status crew_create(struct crew **crew, unsigned n_members);

/* NULL is allowed. */
void crew_destroy(struct crew *crew);

unsigned crew_size(const struct crew *crew);

/* Runs job once on each member, the caller being member 0, and returns when all are done. One at a
 * time. */
void crew_run(struct crew *crew, crew_job *job, void *context);

/* Inside a job: waits until every member has called it. After that each member sees what all wrote
 * before. */
void crew_barrier(struct crew *crew);

/* The member's contiguous share [*begin, *end) of n units. */
void crew_share(const struct crew *crew, unsigned member, size_t n, size_t *begin, size_t *end);

#endif
