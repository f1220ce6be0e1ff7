/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one function on n threads and waits: work(context, index) for index 0 .. n - 1, index 0 on
 * the calling thread.
 */
#ifndef TACIT_WORKSHOP_NET_PARALLEL_H
#define TACIT_WORKSHOP_NET_PARALLEL_H

#include <stddef.h>

#include "tacit/status.h"

enum { PARALLEL_MAX = 64 };

/* TACIT_ERR_THREAD if a thread cannot be started; those that were have then ended. */
enum tacit_status parallel_run(size_t n, void (*work)(void *context, size_t index), void *context);

#endif
