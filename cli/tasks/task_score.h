/* SPDX-License-Identifier: Apache-2.0
 *
 * What a language model makes of a task: the bits of every continuation after its context, which
 * continuation costs least by each of three rules, and figures over all questions.
 *
 * The bits of a continuation are those of the tokens that end behind the context: a token that
 * spans both counts whole.
 */
#ifndef TACIT_CLI_TASKS_TASK_SCORE_H
#define TACIT_CLI_TASKS_TASK_SCORE_H

#include "cli/tasks/task.h"
#include "tacit/eval.h"
#include "tacit/statistics.h"

/* The continuation chosen is the one with the fewest bits, the fewest bits per byte, or for which the
 * context saves the most bits against the context to subtract. Of equals the first. */
enum task_rule { TASK_BY_BITS, TASK_BY_BYTE, TASK_BY_GAIN, TASK_N_RULES };

struct task_outcome {
    size_t n_choices;
    bool right[TASK_N_RULES];
    double gold_bits, gold_bytes; /* of the right continuation */
};

/* outcomes: [task->n_questions]. Shows a progress bar called `name`. */
enum exit_code task_score(struct task_outcome *outcomes, const struct task *task,
                          struct tacit_evaluator *evaluator, struct console *console,
                          const char *name);

/* Shares of questions with several continuations, with the interval of 95 % of resamples of the
 * questions; bits per byte of the right continuations of all questions. */
struct task_figures {
    size_t n_questions, n_choosing;
    double chance; /* of choosing right blindly */
    struct tacit_interval accuracy[TASK_N_RULES], gold;
};

enum tacit_status task_figures(struct task_figures *figures, const struct task_outcome *outcomes,
                               size_t n, unsigned n_rounds);

#endif
