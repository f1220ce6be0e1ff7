/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit eval`: bits per byte of models and compressors on texts. argv[0] is "eval". Returns the
 * process's exit status (exit_codes.h).
 *
 * Parts: eval_arguments.c takes the command line apart, eval_measure.c measures one subject on one
 * file, eval_table.c prints; eval_tasks.c does both for tasks, eval_copy.c for --probe copy.
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

enum { SUBJECTS_MAX = 256, TASKS_MAX = 64 };

struct eval_arguments {
    struct console console;
    struct tacit_eval_options options;
    enum eval_form form;
    uint64_t limit; /* bytes of each file */
    struct subject subjects[SUBJECTS_MAX];
    int n_subjects;
    char *const *files;
    int n_files;
    const char *tasks[TASKS_MAX]; /* files of questions; eval measures these or files */
    int n_tasks;
    unsigned n_questions; /* of each task, 0: all */
    bool wants_copy_probe;
    bool wants_help;
};

/* Rows of options; the struct of options begins with struct eval_arguments. */
#define EVAL_ROW_TASKS                                                                             \
    {                                                                                              \
        "tasks", 0, OPTION_TAKE, 0, 0, 0, 0, "FILE", NULL,                                         \
            "questions with continuations, one of them right; may be\nrepeated", eval_take_task    \
    }
#define EVAL_ROW_QUESTIONS                                                                         \
    {                                                                                              \
        "questions", 0, OPTION_NUMBER, 0, offsetof(struct eval_arguments, n_questions), 1,         \
            1000000, "N", "goes", "only so many questions of each task, spread evenly", NULL       \
    }
bool eval_take_task(void *options, const struct option_row *row, const char *path);

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

/* All models on all tasks: measures and prints. */
enum exit_code eval_tasks(struct eval_arguments *arguments);

void eval_print_begin(const struct eval_arguments *arguments);
void eval_print_row(const struct eval_arguments *arguments, const struct eval_row *row);
void eval_print_end(const struct eval_arguments *arguments);

/* Quoted; quotes are doubled, as spreadsheets have it. */
void eval_print_csv_text(const char *text);

/* Measures the subject, a model, on the file, and prints a row for each distance. */
void eval_copy_print_begin(const struct eval_arguments *arguments);
enum exit_code eval_copy_measure(struct eval_arguments *arguments, const struct subject *subject,
                                 const char *file);

#endif
