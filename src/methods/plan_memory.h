/* SPDX-License-Identifier: Apache-2.0
 *
 * How much memory encoding by a plan takes, and making a plan fit its limit.
 */
#ifndef TACIT_METHODS_PLAN_MEMORY_H
#define TACIT_METHODS_PLAN_MEMORY_H

#include "methods/plan.h"

/* Makes the plan fit memory_limit for encoding: smaller context tables, then fewer blocks
 * at once and fewer threads, in an order that does not let n_threads change the tables.
 * TACIT_ERR_MEMORY_LIMIT if nothing fits.
 */
enum tacit_status codec_plan_fit_encoder(struct codec_plan *plan);

/* The smallest memory_limit by which the plan can be made to fit; its own does not count. */
enum tacit_status codec_plan_least_memory(const struct codec_plan *plan, uint64_t *n_bytes);

/* Bytes one thread takes to encode the longest block that will come, its buffers included. */
uint64_t codec_plan_memory_per_thread(const struct codec_plan *plan);

/* Bytes that do not depend on the number of threads. */
uint64_t codec_plan_memory_fixed(const struct codec_plan *plan);

#endif
