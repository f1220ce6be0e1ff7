/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/inspect/spectrum.h"

#include <math.h>
#include <stdlib.h>

enum { HALVINGS = 52 };

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Makes column k of a, below its diagonal, a multiple of the first unit vector by a reflection I - 2 v v^T / v^T v, which
 * is applied to the rest of a from both sides. v, w: room for n. Returns that multiple. */
static double reflect(double *a, size_t n, size_t k, double *v, double *w)
{
    size_t m = n - k - 1;
    double *rest = a + (k + 1) * n + k + 1;
    for (size_t i = 0; i < m; i++)
        v[i] = a[k * n + k + 1 + i];
    double length = sqrt(dot(v, v, m)), first = v[0] > 0 ? -length : length;
    v[0] -= first;
    double square = dot(v, v, m);
    if (!(square > 0))
        return first;
    for (size_t i = 0; i < m; i++)
        w[i] = 2 / square * dot(rest + i * n, v, m);
    double middle = dot(v, w, m) / square;
    for (size_t i = 0; i < m; i++)
        w[i] -= middle * v[i];
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            rest[i * n + j] -= v[i] * w[j] + w[i] * v[j];
    return first;
}

/* Eigenvalues of the tridiagonal matrix below x. square: [n - 1], of the numbers beside the
 * diagonal. */
static size_t count_below(const double *diagonal, const double *square, size_t n, double x)
{
    size_t count = 0;
    double pivot = 1;
    for (size_t i = 0; i < n; i++) {
        pivot = diagonal[i] - x - (i ? square[i - 1] / pivot : 0);
        pivot = fabs(pivot) < 1e-300 ? -1e-300 : pivot;
        count += pivot < 0;
    }
    return count;
}

/* No eigenvalue is larger in size: Gershgorin's bound. */
static double bound_of(const double *diagonal, const double *square, size_t n)
{
    double bound = 0;
    for (size_t i = 0; i < n; i++) {
        double beside = (i ? sqrt(square[i - 1]) : 0) + (i + 1 < n ? sqrt(square[i]) : 0);
        bound = fmax(bound, fabs(diagonal[i]) + beside);
    }
    return bound * (1 + 1e-12) + 1e-300;
}

static void bisect(double *values, const double *diagonal, const double *square, size_t n)
{
    double bound = bound_of(diagonal, square, n), top = bound;
    for (size_t i = 0; i < n; i++) {
        double low = -bound, high = top;
        for (int step = 0; step < HALVINGS; step++) {
            double middle = low + (high - low) / 2;
            if (count_below(diagonal, square, n, middle) >= n - i)
                high = middle;
            else
                low = middle;
        }
        values[i] = low + (high - low) / 2;
        top = high;
    }
}

enum tacit_status spectrum_eigenvalues(double *values, double *a, size_t n)
{
    double *room = calloc(4 * n + 1, sizeof *room);
    if (!room)
        return TACIT_ERR_MEMORY;
    double *diagonal = room, *square = room + n, *v = room + 2 * n, *w = room + 3 * n;
    for (size_t k = 0; k < n; k++) {
        diagonal[k] = a[k * n + k];
        double beside = k + 1 < n ? reflect(a, n, k, v, w) : 0;
        square[k] = beside * beside;
    }
    bisect(values, diagonal, square, n);
    free(room);
    return TACIT_OK;
}

size_t spectrum_rank(const double *values, size_t n, double share)
{
    double all = 0, sum = 0;
    size_t rank = 0;
    for (size_t i = 0; i < n; i++)
        all += fmax(values[i], 0);
    while (rank < n && sum < share * all)
        sum += fmax(values[rank++], 0);
    return rank;
}

/* The squares of the singular values are the eigenvalues of the products. */
enum tacit_status spectrum_ranks(const float *products, size_t n, uint64_t *rank_90,
                                 uint64_t *rank_99)
{
    double *a = malloc(n * n * sizeof *a), *values = malloc(n * sizeof *values);
    enum tacit_status status = a && values ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                a[i * n + j] = ((double)products[i * n + j] + (double)products[j * n + i]) / 2;
        status = spectrum_eigenvalues(values, a, n);
    }
    if (status == TACIT_OK) {
        *rank_90 = spectrum_rank(values, n, 0.90);
        *rank_99 = spectrum_rank(values, n, 0.99);
    }
    free(a);
    free(values);
    return status;
}
