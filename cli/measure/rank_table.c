/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints a ranking: a table or JSON.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/size_text.h"
#include "cli/measure/cmd_rank.h"
#include "tacit/version.h"

static void format_range(char text[2 * SIZE_TEXT_CAP + 8], const struct rank_row *row)
{
    char from[SIZE_TEXT_CAP], to[SIZE_TEXT_CAP];
    if (row->cheapest_from >= row->cheapest_to)
        snprintf(text, 8, "never");
    else if (isinf(row->cheapest_to))
        snprintf(text, 2 * SIZE_TEXT_CAP + 8, "from %s", size_format(from, row->cheapest_from));
    else
        snprintf(text, 2 * SIZE_TEXT_CAP + 8, "%s to %s", size_format(from, row->cheapest_from),
                 size_format(to, row->cheapest_to));
}

static void print_row(const struct rank *rank, int r)
{
    const struct rank_row *row = &rank->rows[r];
    char range[2 * SIZE_TEXT_CAP + 8], size[SIZE_TEXT_CAP], interval[40] = "-";
    int n_pairs = (rank->n_rows - 1) * rank->arguments.n_files;
    if (row->has_interval)
        snprintf(interval, sizeof interval, "%.4f [%.4f, %.4f]", row->interval.value,
                 row->interval.low, row->interval.high);
    format_range(range, row);
    printf("%3d %-24s %8.4f %25s %5d/%-4d %6d ", r + 1, row->subject->name, row->mean, interval,
           row->n_wins, n_pairs, row->n_clear);
    if (isfinite(row->halves[0]) && isfinite(row->halves[1]))
        printf("%8.4f %8.4f", row->halves[0], row->halves[1]);
    else
        printf("%8s %8s", "-", "-");
    printf(" %6s %11s %10.4f  %s\n", row->learns ? "yes" : "no",
           row->model_bytes ? size_format(size, (double)row->model_bytes) : "-", row->two_part,
           range);
}

static void print_files(const struct rank *rank)
{
    printf("\n%-24s", "bits/byte");
    for (int f = 0; f < rank->arguments.n_files; f++) {
        const char *name = strrchr(rank->arguments.files[f], '/');
        printf(" %14.14s", name ? name + 1 : rank->arguments.files[f]);
    }
    putchar('\n');
    for (int r = 0; r < rank->n_rows; r++) {
        printf("%-24s", rank->rows[r].subject->name);
        for (int f = 0; f < rank->arguments.n_files; f++) {
            const struct rank_cell *cell = &rank->rows[r].cells[f];
            printf(" %14.4f", cell->sum_bits / (double)cell->n_bytes);
        }
        putchar('\n');
    }
}

static void print_json_row(const struct rank *rank, int r)
{
    const struct rank_row *row = &rank->rows[r];
    fputs(r ? ",\n  {\"model\": " : "\n  {\"model\": ", stdout);
    json_print_string(stdout, row->subject->name, strlen(row->subject->name));
    printf(", \"rank\": %d, \"mean_bits_per_byte\": %.6f", r + 1, row->mean);
    if (row->has_interval)
        printf(", \"bits_per_byte\": %.6f, \"low\": %.6f, \"high\": %.6f", row->interval.value,
               row->interval.low, row->interval.high);
    printf(", \"wins\": %d, \"clear_wins\": %d, \"pairs\": %d, \"first_half\": ", row->n_wins,
           row->n_clear, (rank->n_rows - 1) * rank->arguments.n_files);
    json_print_number(stdout, row->halves[0]);
    fputs(", \"second_half\": ", stdout);
    json_print_number(stdout, row->halves[1]);
    printf(", \"learns\": %s, \"model_bytes\": %llu, \"two_part\": %.6f, \"cheapest_from\": ",
           row->learns ? "true" : "false", (unsigned long long)row->model_bytes, row->two_part);
    json_print_number(stdout, row->cheapest_from < row->cheapest_to ? row->cheapest_from : NAN);
    fputs(", \"cheapest_to\": ", stdout);
    json_print_number(stdout, row->cheapest_from < row->cheapest_to ? row->cheapest_to : NAN);
    fputs(", \"files\": [", stdout);
    for (int f = 0; f < rank->arguments.n_files; f++) {
        const struct rank_cell *cell = &row->cells[f];
        fputs(f ? ", {\"file\": " : "{\"file\": ", stdout);
        json_print_string(stdout, rank->arguments.files[f], strlen(rank->arguments.files[f]));
        printf(", \"bytes\": %llu, \"bits_per_byte\": %.6f}", (unsigned long long)cell->n_bytes,
               cell->sum_bits / (double)cell->n_bytes);
    }
    fputs("]", stdout);
    rank_tasks_print_row_json(rank, row);
    fputs("}", stdout);
}

void rank_print(const struct rank *rank)
{
    if (rank->arguments.form == EVAL_JSON) {
        printf("{\"tacit\": \"rank\", \"version\": \"%s\", \"results\": [", tacit_version());
        for (int r = 0; r < rank->n_rows; r++)
            print_json_row(rank, r);
        fputs("\n]", stdout);
        if (rank->arguments.n_tasks > 0)
            rank_tasks_print_json(rank);
        fputs("}\n", stdout);
        return;
    }
    printf("%3s %-24s %8s %25s %10s %6s %8s %8s %6s %11s %10s  %s\n", "", "model", "mean",
           "all bytes [95 %]", "wins", "clear", "1st half", "2nd half", "learns", "model",
           "two-part", "cheapest for");
    for (int r = 0; r < rank->n_rows; r++)
        print_row(rank, r);
    print_files(rank);
    rank_tasks_print(rank);
}
