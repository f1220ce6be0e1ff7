/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit eval`: bits per byte of models and compressors on texts. argv[0] is "eval". Returns the
 * process's exit status (exit_codes.h).
 *
 * Parts: eval_arguments.c takes the command line apart, eval_measure.c measures one subject on one
 * file, eval_table.c prints.
 */
#ifndef TACIT_CLI_MEASURE_CMD_EVAL_H
#define TACIT_CLI_MEASURE_CMD_EVAL_H

#include <stdbool.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "cli/base/option_table.h"
#include "tacit/eval.h"

int cli_eval(int argc, char **argv);

extern const struct command_line eval_line;

enum eval_form { EVAL_TABLE, EVAL_JSON, EVAL_CSV };

enum subject_kind {
    SUBJECT_MODEL,   /* a language model alone */
    SUBJECT_ARCHIVE, /* context models, or both together: the archive's size */
    SUBJECT_PEER,    /* a command */
};

/* What is measured. */
struct subject {
    const char *name; /* as given */
    enum subject_kind kind;
    int level;            /* of the archive */
    const char *command;  /* of the peer */
    char model_name[256]; /* empty: none */
    struct tacit_model *model;
    struct tacit_evaluator *evaluator;
};

enum { SUBJECTS_MAX = 256 };

struct eval_arguments {
    struct console console;
    struct tacit_eval_options options;
    enum eval_form form;
    uint64_t limit; /* bytes of each file */
    struct subject subjects[SUBJECTS_MAX];
    int n_subjects;
    char *const *files;
    int n_files;
    bool wants_help;
};

/* False if standard input, which can be read only once, is among the files of several subjects. */
bool eval_files_suffice(const struct eval_arguments *arguments);

/* argv must outlive the arguments. Failures are reported. */
enum exit_code eval_arguments_parse(struct eval_arguments *arguments, int argc, char **argv);
const char *eval_convention_name(enum tacit_eval_convention convention);

/* Makes a subject from its name; false if the name is too long or its level is out of range. */
bool subject_init(struct subject *subject, const char *name);
void subject_init_peer(struct subject *subject, const char *command);

/* Opens the model that the subject needs, or reports why not. */
enum exit_code subject_open(struct subject *subject, struct console *console,
                            const struct tacit_eval_options *options);
void subject_close(struct subject *subject);

/* One cell: a subject on a file. */
struct eval_row {
    const struct subject *subject;
    const char *file;
    struct tacit_eval_result result; /* archives and peers have no tokens */
    double seconds;
};

enum exit_code eval_measure(struct eval_arguments *arguments, struct eval_row *row);

void eval_row_add(struct eval_row *sum, const struct eval_row *row);

void eval_print_begin(const struct eval_arguments *arguments);
void eval_print_row(const struct eval_arguments *arguments, const struct eval_row *row);
void eval_print_end(const struct eval_arguments *arguments);

#endif
