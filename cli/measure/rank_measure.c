/* SPDX-License-Identifier: Apache-2.0
 *
 * Measures a subject on all files in pieces that can be resampled.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/measure/cmd_rank.h"
#include "cli/models/model_named.h"
#include "cli/records/text_pieces.h"

enum { LEARNS_FROM = 1 << 16 }; /* bytes that the learner takes at a time */

/* Makes room for the pieces of so many bytes in all. */
static bool reserve(struct rank_cell *cell, uint64_t n_bytes)
{
    size_t n = (size_t)((n_bytes + RANK_PIECE - 1) / RANK_PIECE);
    if (n <= cell->n_pieces)
        return true;
    double *bits = realloc(cell->bits, n * sizeof *bits);
    cell->bits = bits ? bits : cell->bits;
    double *bytes = realloc(cell->bytes, n * sizeof *bytes);
    cell->bytes = bytes ? bytes : cell->bytes;
    if (!bits || !bytes)
        return false;
    for (; cell->n_pieces < n; cell->n_pieces++)
        bits[cell->n_pieces] = bytes[cell->n_pieces] = 0;
    return true;
}

struct filling {
    struct rank_cell *cell;
    uint64_t start; /* of the text in the file */
};

/* Divides a token's bits evenly among its bytes. */
static int add_token(void *context, const struct tacit_eval_token *token)
{
    struct filling *f = context;
    double share = token->bits / (double)token->n_bytes;
    for (size_t i = 0; i < token->n_bytes; i++) {
        size_t piece = (size_t)((f->start + token->offset + i) / RANK_PIECE);
        f->cell->bits[piece] += share;
        f->cell->bytes[piece] += 1;
    }
    return 0;
}

static enum tacit_status learn(struct tacit_learner *learner, struct filling *f,
                               const unsigned char *data, size_t n)
{
    static float bits[LEARNS_FROM];
    enum tacit_status status = TACIT_OK;
    for (size_t i = 0; i < n && status == TACIT_OK; i += LEARNS_FROM) {
        size_t m = n - i < LEARNS_FROM ? n - i : LEARNS_FROM;
        double sum;
        status = tacit_learner_read(learner, data + i, m, bits, &sum);
        for (size_t j = 0; j < m; j++) {
            struct tacit_eval_token byte = {.offset = i + j, .n_bytes = 1, .bits = (double)bits[j]};
            add_token(f, &byte);
        }
    }
    return status;
}

static enum exit_code measure_pieces(struct rank *rank, const struct subject *subject,
                                     struct tacit_learner *learner, const char *path,
                                     struct rank_cell *cell)
{
    struct console *console = &rank->arguments.console;
    struct text_pieces pieces;
    const unsigned char *data;
    size_t n = 1;
    enum tacit_status status = TACIT_OK;
    enum exit_code code = text_pieces_open(&pieces, console, path, rank->arguments.limit);
    if (code != EXIT_CODE_OK)
        return code;
    while (n > 0 && code == EXIT_CODE_OK && status == TACIT_OK) {
        struct filling filling = {cell, cell->n_bytes};
        struct tacit_eval_result result = {.struct_size = sizeof result};
        code = text_pieces_next(&pieces, &data, &n);
        struct tacit_eval_text text = {data, n};
        if (code != EXIT_CODE_OK || n == 0)
            break;
        if (!reserve(cell, cell->n_bytes + n))
            status = TACIT_ERR_MEMORY;
        else if (learner)
            status = learn(learner, &filling, data, n);
        else
            status =
                tacit_evaluator_run(subject->evaluator, &text, 1, &result, add_token, &filling);
        cell->n_bytes += n;
    }
    text_pieces_close(&pieces);
    for (size_t i = 0; i < cell->n_pieces; i++)
        cell->sum_bits += cell->bits[i];
    return status == TACIT_OK ? code : fail_with_status(console, path, status);
}

static enum exit_code measure_cell(struct rank *rank, struct rank_row *row, const char *path,
                                   struct rank_cell *cell)
{
    struct subject *subject = row->subject;
    struct tacit_learner *learner = NULL;
    enum exit_code code;
    if (subject->kind == SUBJECT_PEER || subject->model_name[0]) {
        row->learns = subject->kind != SUBJECT_MODEL;
    } else {
        enum tacit_status status = tacit_learner_create(&learner, subject->level, 0);
        if (status != TACIT_OK)
            return fail_with_status(&rank->arguments.console, subject->name, status);
        row->learns = true;
    }
    if (subject->kind == SUBJECT_MODEL || learner) {
        code = measure_pieces(rank, subject, learner, path, cell);
    } else {
        struct eval_row whole = {.subject = subject, .file = path};
        code = eval_measure(&rank->arguments, &whole);
        cell->sum_bits = whole.result.bits;
        cell->n_bytes = whole.result.n_bytes;
    }
    tacit_learner_destroy(learner);
    if (code == EXIT_CODE_OK && cell->n_bytes == 0) {
        console_error(&rank->arguments.console, path, "is empty: nothing to rank by");
        code = EXIT_CODE_FAILED;
    }
    return code;
}

static void weigh(struct rank_row *row)
{
    char path[TACIT_MODEL_PATH_MAX];
    struct tacit_model_info info = {.struct_size = sizeof info};
    if (row->subject->model_name[0] &&
        model_inspect_named(row->subject->model_name, path, &info) == TACIT_OK)
        row->model_bytes = info.file_size;
}

enum exit_code rank_measure(struct rank *rank, struct rank_row *row)
{
    struct eval_arguments *a = &rank->arguments;
    enum exit_code code = subject_open(row->subject, &a->console, &a->options);
    for (int i = 0; i < a->n_files && code == EXIT_CODE_OK; i++)
        code = measure_cell(rank, row, a->files[i], &row->cells[i]);
    if (code == EXIT_CODE_OK)
        code = rank_tasks_measure(rank, row);
    if (code == EXIT_CODE_OK)
        weigh(row);
    row->is_good = code == EXIT_CODE_OK;
    subject_close(row->subject);
    return code;
}
