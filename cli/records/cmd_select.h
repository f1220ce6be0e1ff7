/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit select`: chooses training data by what it still teaches. argv[0] is "select". Returns the
 * process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_RECORDS_CMD_SELECT_H
#define TACIT_CLI_RECORDS_CMD_SELECT_H

#include <stdio.h>

#include "cli/base/console.h"
#include "cli/base/option_table.h"
#include "cli/records/records.h"
#include "tacit/eval.h"
#include "tacit/select.h"

int cli_select(int argc, char **argv);

extern const struct command_line select_line;

struct select_arguments {
    struct console console;
    struct tacit_select_options options;
    struct records_options records;
    bool by_surprise;
    unsigned seed;
    uint64_t n_tokens;      /* budget, UINT64_MAX: none */
    const char *model_name; /* NULL: context models */
    const char *explain_path, *output_path, *input_path;
    bool force; /* files that exist are replaced */
    bool wants_help;
};

/* Failures are reported. */
enum exit_code select_arguments_parse(struct select_arguments *arguments, int argc, char **argv);

/* Bits a byte of every record to scores[n_records]: by a language model, each record by itself, or,
 * for NULL, by context models that have read the records before it. */
enum exit_code select_score(const struct select_arguments *arguments, struct records *records,
                            struct tacit_evaluator *evaluator, float *scores);

#endif
