/* SPDX-License-Identifier: Apache-2.0
 *
 * Eigenvalues of symmetric matrices: Householder's tridiagonal form, then bisection by the number of negative pivots
 * (Sturm). No vectors. Some n^3 * 4 operations.
 */
#ifndef TACIT_WORKSHOP_INSPECT_SPECTRUM_H
#define TACIT_WORKSHOP_INSPECT_SPECTRUM_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

/* values: [n], the largest first. a: [n][n], symmetric, overwritten. TACIT_ERR_MEMORY. */
enum tacit_status spectrum_eigenvalues(double *values, double *a, size_t n);

/* How many of the largest values have `share` of the sum; negative ones count as 0. */
size_t spectrum_rank(const double *values, size_t n, double share);

/* How many singular values of X have 90 and 99 % of the energy; products: X^T X or X X^T, [n][n]. TACIT_ERR_MEMORY. */
enum tacit_status spectrum_ranks(const float *products, size_t n, uint64_t *rank_90,
                                 uint64_t *rank_99);

#endif
