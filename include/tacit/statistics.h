/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics of evaluations: intervals, areas under ROC curves, and outliers among costs. There is
 * no state but the handles'. Results are the same on every machine.
 */
#ifndef TACIT_STATISTICS_H
#define TACIT_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The area under the ROC curve: the chance that a record with the label costs more than one without,
 * equal costs counting half. labels: [n], non-zero: has it. *area is 0.5 if all records have the
 * label or none has. TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_roc_area(const double *scores, const uint8_t *labels, size_t n,
                                           double *area);

/* A ratio of sums, such as bits a byte over many pieces of text, and the interval in which `share`
 * (0.95) of resampled ratios lie: pieces are drawn with replacement, n_rounds times. */
struct tacit_interval {
    double value, low, high;
};

/* over, under: [n]: numerators and denominators. seed: chooses the draws. Two calls with the same
 * n, seed and n_rounds draw the same pieces. The sum of under must not be 0. TACIT_ERR_ARGUMENT,
 * TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_bootstrap_ratio(const double *over, const double *under, size_t n,
                                                  unsigned n_rounds, double share, uint64_t seed,
                                                  struct tacit_interval *interval);

/* Judges the costs of records, one after the other, against earlier records of about the same
 * length. */
struct tacit_outliers;

/* quantile: 0 .. 1, of the scores so far, above which one is unusual. TACIT_ERR_ARGUMENT,
 * TACIT_ERR_MEMORY. */
TACIT_API enum tacit_status tacit_outliers_create(struct tacit_outliers **outliers,
                                                  double quantile);

struct tacit_outlier {
    double expected; /* bits that a record of that length costs at this point */
    double score;    /* how many mean deviations above expected the record costs */
    int is_unusual;  /* the score is above the quantile of the scores before it */
};

/* Judges a record by the records before it, then counts it among these. */
TACIT_API void tacit_outliers_add(struct tacit_outliers *outliers, double bits, size_t n_bytes,
                                  struct tacit_outlier *outlier);

/* NULL is allowed. */
TACIT_API void tacit_outliers_destroy(struct tacit_outliers *outliers);

#ifdef __cplusplus
}
#endif

#endif
