/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit rank`: models on corpora, with intervals and what the models themselves weigh. argv[0] is
 * "rank". Returns the process's exit status (exit_codes.h).
 *
 * Parts: cmd_rank.c reads the command line, rank_measure.c measures in pieces of text that can be
 * resampled, rank_compare.c computes figures from the pieces, rank_table.c prints; rank_tasks.c
 * has the tasks beside them.
 */
#ifndef TACIT_CLI_MEASURE_CMD_RANK_H
#define TACIT_CLI_MEASURE_CMD_RANK_H

#include "cli/measure/cmd_eval.h"
#include "cli/tasks/task_score.h"
#include "tacit/statistics.h"

int cli_rank(int argc, char **argv);

enum { RANK_PIECE = 4096, RANK_FILES_MAX = 256 };

/* A subject on a file, in pieces of RANK_PIECE bytes. */
struct rank_cell {
    double *bits;  /* [n_pieces], NULL: only the sum is known */
    double *bytes; /* [n_pieces] */
    size_t n_pieces;
    double sum_bits;
    uint64_t n_bytes;
};

struct rank_row {
    struct subject *subject;
    struct rank_cell *cells; /* [n_files] */
    bool is_good;            /* all files were measured */
    bool learns;             /* from what it reads */
    bool has_interval;
    uint64_t model_bytes;           /* of its file; 0: part of the program */
    double mean;                    /* of the files' bits a byte */
    struct tacit_interval interval; /* of the bits a byte over all pieces */
    double halves[2];               /* bits a byte of the files' first and second halves */
    int n_wins, n_clear; /* against another subject on a file; with the interval on its side */
    double two_part;     /* bits a byte with the model's own */
    double cheapest_from, cheapest_to; /* bytes of such text; none: from >= to */
    bool has_tasks;
    struct task_figures tasks[TASKS_MAX + 1]; /* [n_tasks], then of all questions */
};

struct rank {
    struct eval_arguments arguments;
    char **files; /* [arguments.n_files], the same as there */
    unsigned n_rounds;
    struct rank_row *rows; /* [n_rows] */
    int n_rows;
    struct rank_cell *cells;
    struct task tasks[TASKS_MAX]; /* [arguments.n_tasks] */
    size_t n_questions;           /* of all tasks */
};

enum exit_code rank_measure(struct rank *rank, struct rank_row *row);

/* Sorts the rows, the best first, and fills in what follows from the cells. */
enum exit_code rank_compare(struct rank *rank);

void rank_print(const struct rank *rank);

/* Opening can fail in the middle; closing is right then, too. */
enum exit_code rank_tasks_open(struct rank *rank);
void rank_tasks_close(struct rank *rank);

/* Fills in row->tasks if its subject, which is open, is a language model alone. */
enum exit_code rank_tasks_measure(struct rank *rank, struct rank_row *row);

void rank_tasks_print(const struct rank *rank);
void rank_tasks_print_row_json(const struct rank *rank, const struct rank_row *row);
void rank_tasks_print_json(const struct rank *rank);

#endif
