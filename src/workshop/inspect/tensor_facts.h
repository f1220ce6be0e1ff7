/* SPDX-License-Identifier: Apache-2.0
 *
 * What a matrix of weights is like (struct tacit_inspect_tensor).
 */
#ifndef TACIT_WORKSHOP_INSPECT_TENSOR_FACTS_H
#define TACIT_WORKSHOP_INSPECT_TENSOR_FACTS_H

#include "engine/lm_model.h"
#include "tacit/inspect.h"
#include "workshop/net/matmul.h"

/* Fills all but name and layer. TACIT_ERR_MEMORY. */
enum tacit_status tensor_facts(struct tacit_inspect_tensor *facts, const struct tensor *tensor,
                               struct matmul *mm);

/* Bits a number, of n that occur as often as counted. */
double tensor_facts_entropy(const uint64_t counts[256], double n);

/* "qkv" */
const char *tensor_facts_name(enum lm_tensor_id id);

#endif
