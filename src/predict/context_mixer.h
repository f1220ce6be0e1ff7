/* SPDX-License-Identifier: Apache-2.0
 *
 * The context-model predictor: many predictions of the next bit, mixed in the logistic domain. The
 * lineage is paq, lpaq and zpaq.
 *
 * Per bit, most significant first: p = cm_predict, code the bit with p, cm_update with the bit.
 * Encoder and decoder make the same calls and so pass through the same states, on any machine.
 *
 * A predictor starts empty; blocks that are to be independent each need a new one. Creating costs
 * time in proportion to the memory (about 0.2 ms a MiB), so choose memory_log2 by the content's
 * length: see cm_memory_log2_for. Not thread-safe for one handle; handles are independent.
 */
#ifndef TACIT_PREDICT_CONTEXT_MIXER_H
#define TACIT_PREDICT_CONTEXT_MIXER_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "predict/content.h"
#include "tacit/status.h"

enum cm_strength {
    CM_QUICK = 0,
    CM_STRONG = 1,
};

enum {
    CM_MEMORY_LOG2_MIN = 20,
    CM_MEMORY_LOG2_MAX = 30,
};

/* Everything in it changes the predictions: a decoder needs the same configuration. */
struct cm_config {
    enum cm_strength strength;
    uint32_t content_set; /* CONTENT_BIT of each type that cm_set_content will give, not empty */
    unsigned memory_log2; /* tables take about 2^memory_log2 bytes; CM_MEMORY_LOG2_MIN .. _MAX */
};

struct cm;

/* The smallest memory_log2 with which content of n_bytes predicts as well as with any larger one
 * (within 0.1 % or so), but no more than the strength's default: 28 (256 MiB) quick, 29 (512 MiB)
 * strong. */
unsigned cm_memory_log2_for(enum cm_strength strength, uint64_t n_bytes);

/* Bytes that cm_create allocates, in one piece; 0 if the configuration is out of range. */
size_t cm_memory_needed(const struct cm_config *config);

/* *kernels must outlive the predictor. TACIT_ERR_ARGUMENT for a configuration out of range (it may
 * come from a file), TACIT_ERR_MEMORY. On failure *cm is NULL. */
enum tacit_status cm_create(struct cm **cm, const struct cm_config *config,
                            const struct kernels *kernels);

/* Tells, at a byte boundary, what the following bytes are made of; what was learnt stays. Before
 * the first call: the lowest type of the set, without a stride. TACIT_ERR_ARGUMENT, and no change,
 * if it is invalid or not of the configuration's set. */
enum tacit_status cm_set_content(struct cm *cm, const struct content *content);

/* The probability that the next bit is 1, as a 32-bit fraction: 1 .. 2^32 - 1. */
uint32_t cm_predict(struct cm *cm);

/* Tells the bit (0 or 1) that cm_predict predicted. */
void cm_update(struct cm *cm, int bit);

/* NULL is allowed. */
void cm_destroy(struct cm *cm);

#endif
