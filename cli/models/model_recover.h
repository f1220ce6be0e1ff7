/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model recover`, which trains a damaged model on text, and what `tacit train distil` shares with it: options, and the
 * course of a training (tacit_shrink_recover).
 */
#ifndef TACIT_CLI_MODELS_MODEL_RECOVER_H
#define TACIT_CLI_MODELS_MODEL_RECOVER_H

#include "cli/base/exit_codes.h"
#include "cli/models/model_texts.h"
#include "tacit/options.h"
#include "tacit/shrink.h"

/* argv[0] is "recover". Returns the process's exit status (exit_codes.h). */
int cli_model_recover(int argc, char **argv);

struct training {
    struct console console;
    struct tacit_recover job;
    struct tacit_recover_report report;
    struct model_texts texts;
    const char *output, *teacher; /* names or files */
    unsigned n_minutes;
    bool force, wants_help;
};

enum { TRAINING_STEPS_MAX = 100000000, TRAINING_MINUTES_MAX = 100000 };

/* Rows of options; type: a struct of options whose first member `training` is one of these. */
#define TRAINING_AT(type, field) offsetof(type, training.field)
#define TRAINING_ROW_OUTPUT(type)                                                                  \
    {                                                                                              \
        "output", 'o', OPTION_TEXT, 0, TRAINING_AT(type, output), 0, 0, "NAME", NULL,              \
            "the model's name from now on, or a .tmodel file", NULL                                \
    }
#define TRAINING_ROW_TEXT(type)                                                                    \
    {                                                                                              \
        "text", 0, OPTION_TAKE, 0, TRAINING_AT(type, texts), 0, 0, "FILE", MODEL_TEXTS_WANTED,     \
            "a text such as the model will read; may be repeated", model_texts_take                \
    }
#define TRAINING_ROW_STEPS(type)                                                                   \
    {                                                                                              \
        "steps", 0, OPTION_NUMBER, 0, TRAINING_AT(type, job.n_steps), 1, TRAINING_STEPS_MAX, "N",  \
            "is a number of steps", "how long: steps of 2,048 tokens", NULL                        \
    }
#define TRAINING_ROW_MINUTES(type)                                                                 \
    {                                                                                              \
        "minutes", 0, OPTION_NUMBER, 0, TRAINING_AT(type, n_minutes), 1, TRAINING_MINUTES_MAX,     \
            "M", "is a number of minutes", "how long: time, of all calls together (10)", NULL      \
    }
#define TRAINING_ROW_RATE(type)                                                                    \
    {                                                                                              \
        "lr", 0, OPTION_SHARE, 0, TRAINING_AT(type, job.learning_rate), 1e-7, 1, "R",              \
            "is a learning rate", "the learning rate (0.001)", NULL                                \
    }
#define TRAINING_ROWS_COMMON(type)                                                                 \
    OPTION_ROW_THREADS(type, training.job.n_threads, TACIT_THREADS_MAX),                           \
        OPTION_ROW_FORCE(type, training.force),                                                    \
        OPTION_ROW_QUIET(type, training.console.verbosity),                                        \
        OPTION_ROW_PROGRESS(type, training.console.wants_lines),                                   \
        OPTION_ROW_HELP(type, training.wants_help)

/* After parsing: what is wanting is refused. */
bool training_check(struct training *training, const struct command_line *line);

/* Trains the model of this name and tells the result. */
enum exit_code training_run(struct training *training, const char *name);

#endif
