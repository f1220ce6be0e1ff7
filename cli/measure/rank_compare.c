/* SPDX-License-Identifier: Apache-2.0
 *
 * From the cells of a ranking to figures: means, intervals, wins, two-part codes.
 */
#include <math.h>
#include <stdlib.h>

#include "cli/measure/cmd_rank.h"

static const double share = 0.95;

/* With fewer pieces even a difference with one sign in all pieces may well be chance: 2 * 0.5^5 > 1
 * - share. */
enum { SEED = 1, PIECES_MIN = 6 };

static double per_byte(const struct rank_cell *cell)
{
    return cell->sum_bits / (double)cell->n_bytes;
}

/* Joins the pieces of all files into one array: bits (minus the other row's, if there is one) and
 * bytes. */
static size_t gather(const struct rank *rank, const struct rank_row *row,
                     const struct rank_row *other, int first, int end, double *over, double *under)
{
    size_t n = 0;
    (void)rank;
    for (int f = first; f < end; f++)
        for (size_t i = 0; i < row->cells[f].n_pieces; i++, n++) {
            over[n] = row->cells[f].bits[i] - (other ? other->cells[f].bits[i] : 0);
            under[n] = row->cells[f].bytes[i];
        }
    return n;
}

static void mean_and_halves(const struct rank *rank, struct rank_row *row)
{
    double bits[2] = {0, 0}, bytes[2] = {0, 0};
    int n_files = rank->arguments.n_files;
    size_t n_pieces = 0;
    row->has_interval = true;
    for (int f = 0; f < n_files; f++) {
        const struct rank_cell *cell = &row->cells[f];
        row->mean += per_byte(cell) / n_files;
        row->has_interval = row->has_interval && cell->bits != NULL;
        n_pieces += cell->n_pieces;
        for (size_t i = 0; cell->bits && i < cell->n_pieces; i++) {
            bits[2 * i >= cell->n_pieces] += cell->bits[i];
            bytes[2 * i >= cell->n_pieces] += cell->bytes[i];
        }
    }
    row->has_interval = row->has_interval && n_pieces >= PIECES_MIN;
    for (int i = 0; i < 2; i++)
        row->halves[i] = bytes[i] > 0 ? bits[i] / bytes[i] : NAN;
}

static enum tacit_status count_wins(const struct rank *rank, struct rank_row *row, double *over,
                                    double *under)
{
    for (int r = 0; r < rank->n_rows; r++) {
        const struct rank_row *other = &rank->rows[r];
        for (int f = 0; f < rank->arguments.n_files && other != row; f++) {
            struct tacit_interval d;
            row->n_wins += per_byte(&row->cells[f]) < per_byte(&other->cells[f]);
            if (!row->has_interval || !other->has_interval || row->cells[f].n_pieces < PIECES_MIN)
                continue;
            size_t n = gather(rank, row, other, f, f + 1, over, under);
            enum tacit_status status =
                tacit_bootstrap_ratio(over, under, n, rank->n_rounds, share, SEED, &d);
            if (status != TACIT_OK)
                return status;
            row->n_clear += d.high < 0;
        }
    }
    return TACIT_OK;
}

/* The range of n in which this row's line 8 * model + mean * n is the lowest. */
static void find_cheapest(const struct rank *rank, struct rank_row *row)
{
    row->cheapest_from = 0;
    row->cheapest_to = INFINITY;
    for (int r = 0; r < rank->n_rows; r++) {
        const struct rank_row *other = &rank->rows[r];
        double ahead = 8 * ((double)row->model_bytes - (double)other->model_bytes);
        double gain = other->mean - row->mean; /* bits a byte */
        if (other == row)
            continue;
        if (gain > 0)
            row->cheapest_from = fmax(row->cheapest_from, ahead / gain);
        else if (gain < 0)
            row->cheapest_to = fmin(row->cheapest_to, ahead / gain);
        else if (ahead > 0)
            row->cheapest_to = 0;
    }
}

static int best_first(const void *a, const void *b)
{
    const struct rank_row *x = a, *y = b;
    return x->mean < y->mean ? -1 : x->mean > y->mean;
}

static enum tacit_status compare(struct rank *rank, double *over, double *under)
{
    uint64_t n_bytes = 0;
    int n_files = rank->arguments.n_files;
    for (int r = 0; r < rank->n_rows; r++)
        mean_and_halves(rank, &rank->rows[r]);
    qsort(rank->rows, (size_t)rank->n_rows, sizeof *rank->rows, best_first);
    for (int f = 0; f < n_files; f++)
        n_bytes += rank->rows[0].cells[f].n_bytes;
    for (int r = 0; r < rank->n_rows; r++) {
        struct rank_row *row = &rank->rows[r];
        enum tacit_status status = TACIT_OK;
        if (row->has_interval) {
            size_t n = gather(rank, row, NULL, 0, n_files, over, under);
            status =
                tacit_bootstrap_ratio(over, under, n, rank->n_rounds, share, SEED, &row->interval);
        }
        if (status == TACIT_OK)
            status = count_wins(rank, row, over, under);
        if (status != TACIT_OK)
            return status;
        row->two_part = row->mean + 8 * (double)row->model_bytes / (double)n_bytes;
        find_cheapest(rank, row);
    }
    return TACIT_OK;
}

enum exit_code rank_compare(struct rank *rank)
{
    size_t n = 1;
    for (int r = 0; r < rank->n_rows; r++) {
        size_t n_row = 1;
        for (int f = 0; f < rank->arguments.n_files; f++)
            n_row += rank->rows[r].cells[f].n_pieces;
        n = n_row > n ? n_row : n;
    }
    double *over = malloc(2 * n * sizeof *over);
    if (!over)
        return fail_with_status(&rank->arguments.console, NULL, TACIT_ERR_MEMORY);
    enum tacit_status status = rank->n_rows > 0 ? compare(rank, over, over + n) : TACIT_OK;
    free(over);
    return status == TACIT_OK ? EXIT_CODE_OK
                              : fail_with_status(&rank->arguments.console, NULL, status);
}
