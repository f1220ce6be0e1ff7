/* SPDX-License-Identifier: Apache-2.0
 *
 * The continuations of one line of a task (task.h). Needs libjansson; in a build without libjansson
 * every call fails and says so.
 */
#ifndef TACIT_CLI_TASKS_TASK_LINE_H
#define TACIT_CLI_TASKS_TASK_LINE_H

#include <stdbool.h>

#include "cli/tasks/task.h"

enum { TASK_PROBLEM_CAP = 192 };

/* Continuations in the order of the lines; of a continuation without its context text is NULL, of one
 * whose context to subtract has not come bare is. */
struct task_choices {
    struct task_choice *items; /* [capacity] */
    size_t n, capacity;
};

/* Adds those of the line, whose number stands for the question if the line does not say which. On
 * failure problem[TASK_PROBLEM_CAP] says why; what was added remains. */
bool task_line_read(struct task_choices *choices, const char *line, size_t n, uint64_t number,
                    char *problem);

/* `context` and `continuation` in one allocation, NULL if there is no memory. */
char *task_join(const char *context, size_t n_context, const char *continuation, size_t n);

/* What it holds, not itself. */
void task_choice_free(struct task_choice *choice);
void task_choices_free(struct task_choices *choices);

#endif
