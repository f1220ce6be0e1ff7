/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a task: the continuations of all lines, sorted into questions.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files/line_reader.h"
#include "cli/records/json_lenient.h"
#include "cli/tasks/task_line.h"

static int by_question(const void *a, const void *b)
{
    const struct task_choice *x = a, *y = b;
    if (x->question != y->question)
        return x->question < y->question ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->text == NULL) - (y->text == NULL); /* first the one with its context */
}

static enum exit_code read_lines(struct task_choices *choices, struct console *console,
                                 const char *path)
{
    struct line_reader reader;
    const char *line = NULL;
    size_t n;
    char problem[TASK_PROBLEM_CAP];
    enum exit_code code = line_reader_open(&reader, console, path);
    if (code != EXIT_CODE_OK)
        return code;
    while ((code = line_reader_next(&reader, &line, &n)) == EXIT_CODE_OK && line) {
        if (json_is_blank(line, n) || task_line_read(choices, line, n, reader.number, problem))
            continue;
        console_error(console, path, "line %llu %s", (unsigned long long)reader.number, problem);
        code = EXIT_CODE_FAILED;
        break;
    }
    line_reader_close(&reader);
    return code;
}

/* Puts the text after the context to subtract beside the one after the context. False if a
 * continuation stands twice, or without its context. */
static bool pair_up(struct task_choices *choices)
{
    size_t n = 0;
    for (size_t i = 0; i < choices->n; i++) {
        struct task_choice *from = &choices->items[i], *last = n ? &choices->items[n - 1] : NULL;
        if (from->text) {
            struct task_choice moved = *from;
            from->text = from->bare = NULL;
            choices->items[n++] = moved;
            if (last && last->question == moved.question && last->index == moved.index)
                return false;
            continue;
        }
        if (!last || last->question != from->question || last->index != from->index || last->bare)
            return false;
        last->bare = from->bare;
        last->n_bare = from->n_bare;
        last->n_bare_context = from->n_bare_context;
        from->bare = NULL;
    }
    choices->n = n;
    return true;
}

/* Nothing to subtract: the continuation by itself. */
static bool fill_bare(struct task_choices *choices)
{
    for (size_t i = 0; i < choices->n; i++) {
        struct task_choice *c = &choices->items[i];
        if (c->bare)
            continue;
        c->n_bare = c->n_text - c->n_context;
        c->bare = task_join("", 0, c->text + c->n_context, c->n_bare);
        if (!c->bare)
            return false;
    }
    return true;
}

/* False if a question lacks a continuation, or the label of the right one. */
static bool take_question(struct task *task, const struct task_choices *choices, size_t first)
{
    const struct task_choice *c = &choices->items[first];
    size_t n = 0;
    for (; first + n < choices->n && c[n].question == c->question; n++)
        if (c[n].index != n || c[n].label != c->label)
            return false;
    if (n > 1 && (c->label < 0 || (uint64_t)c->label >= n))
        return false;
    task->questions[task->n_questions++] =
        (struct task_question){first, n, n > 1 ? (size_t)c->label : 0};
    return true;
}

/* Of n questions those at k n / n_most, rounded down, for k < n_most: files come sorted by subject or source, so the first
 * ones alone would not stand for the task. What the others hold is freed, and the rest moved together. */
static void thin_out(struct task *task, struct task_choices *choices, size_t n_most)
{
    size_t n_kept = 0, n_left = 0;
    for (size_t q = 0; q < task->n_questions; q++) {
        struct task_question question = task->questions[q];
        bool is_kept = n_kept < n_most && q == n_kept * task->n_questions / n_most;
        for (size_t i = question.first; i < question.first + question.n; i++) {
            struct task_choice moved = choices->items[i];
            choices->items[i].text = choices->items[i].bare = NULL;
            if (is_kept)
                choices->items[n_left++] = moved;
            else
                task_choice_free(&moved);
        }
        if (is_kept)
            task->questions[n_kept++] =
                (struct task_question){n_left - question.n, question.n, question.gold};
    }
    task->n_questions = n_kept;
    choices->n = n_left;
}

static enum exit_code sort_out(struct task *task, struct task_choices *choices,
                               struct console *console, size_t n_most)
{
    qsort(choices->items, choices->n, sizeof *choices->items, by_question);
    if (!pair_up(choices)) {
        console_error(console, task->path,
                      "has a continuation twice, or one that lacks its context");
        return EXIT_CODE_FAILED;
    }
    task->questions = calloc(choices->n, sizeof *task->questions);
    if (!task->questions)
        return fail_with_status(console, task->path, TACIT_ERR_MEMORY);
    for (size_t i = 0; i < choices->n;) {
        if (!take_question(task, choices, i)) {
            console_error(console, task->path,
                          "question %llu lacks a continuation, or the number of the right one",
                          (unsigned long long)choices->items[i].question);
            return EXIT_CODE_FAILED;
        }
        i += task->questions[task->n_questions - 1].n;
    }
    if (n_most > 0 && n_most < task->n_questions)
        thin_out(task, choices, n_most);
    if (!fill_bare(choices))
        return fail_with_status(console, task->path, TACIT_ERR_MEMORY);
    return EXIT_CODE_OK;
}

enum exit_code task_open(struct task *task, struct console *console, const char *path,
                         size_t n_most)
{
    struct task_choices choices = {NULL, 0, 0};
    const char *slash = strrchr(path, '/');
    *task = (struct task){.path = path, .name = slash ? slash + 1 : path};
    enum exit_code code = read_lines(&choices, console, path);
    if (code == EXIT_CODE_OK && choices.n == 0) {
        console_error(console, path, "has no questions");
        code = EXIT_CODE_FAILED;
    }
    if (code == EXIT_CODE_OK)
        code = sort_out(task, &choices, console, n_most);
    if (code != EXIT_CODE_OK) {
        task_choices_free(&choices);
        free(task->questions);
        *task = (struct task){0};
        return code;
    }
    task->choices = choices.items;
    task->n_choices = choices.n;
    return EXIT_CODE_OK;
}

void task_close(struct task *task)
{
    struct task_choices choices = {task->choices, task->n_choices, task->n_choices};
    task_choices_free(&choices);
    free(task->questions);
    *task = (struct task){0};
}
