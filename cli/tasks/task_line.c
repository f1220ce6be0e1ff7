/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tasks/task_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *task_join(const char *context, size_t n_context, const char *continuation, size_t n)
{
    char *text = malloc(n_context + n + 1);
    if (!text)
        return NULL;
    memcpy(text, context, n_context);
    memcpy(text + n_context, continuation, n);
    text[n_context + n] = '\0';
    return text;
}

void task_choice_free(struct task_choice *choice)
{
    free(choice->text);
    free(choice->bare);
}

void task_choices_free(struct task_choices *choices)
{
    for (size_t i = 0; i < choices->n; i++)
        task_choice_free(&choices->items[i]);
    free(choices->items);
    *choices = (struct task_choices){NULL, 0, 0};
}

#ifdef TACIT_HAVE_JANSSON

#include "cli/records/json_lenient.h"

/* Questions from here on are those of before, after the context to subtract. */
enum { BARE_FROM = 1000000 };

static bool refuse(char *problem, const char *what)
{
    snprintf(problem, TASK_PROBLEM_CAP, "%s", what);
    return false;
}

static bool add(struct task_choices *choices, const struct task_choice *choice)
{
    if (choices->n == choices->capacity) {
        size_t capacity = choices->capacity ? 2 * choices->capacity : 256;
        struct task_choice *items = realloc(choices->items, capacity * sizeof *items);
        if (!items)
            return false;
        choices->items = items;
        choices->capacity = capacity;
    }
    choices->items[choices->n++] = *choice;
    return true;
}

static char *join(const json_t *context, const json_t *continuation)
{
    return task_join(context ? json_string_value(context) : "", json_string_length(context),
                     json_string_value(continuation), json_string_length(continuation));
}

/* context, bare_context: may be NULL, the latter for an empty one. */
static bool add_choice(struct task_choices *choices, struct task_choice choice,
                       const json_t *context, const json_t *bare_context,
                       const json_t *continuation, char *problem)
{
    size_t n = json_string_length(continuation);
    if (!json_is_string(continuation) || n == 0)
        return refuse(problem, "a continuation is no string, or empty");
    if (context) {
        choice.n_context = json_string_length(context);
        choice.n_text = choice.n_context + n;
        choice.text = join(context, continuation);
    }
    if (bare_context) {
        choice.n_bare_context = json_string_length(bare_context);
        choice.n_bare = choice.n_bare_context + n;
        choice.bare = join(bare_context, continuation);
    }
    choice.question %= BARE_FROM;
    if (((choice.text || !context) && (choice.bare || !bare_context)) && add(choices, &choice))
        return true;
    free(choice.text);
    free(choice.bare);
    return refuse(problem, "is too much for the memory");
}

static int64_t label_of(const json_t *root)
{
    const json_t *label = json_object_get(root, "label");
    return json_is_integer(label) && json_integer_value(label) >= 0 ? json_integer_value(label)
                                                                    : -1;
}

/* A question a line. */
static bool read_question(struct task_choices *choices, const json_t *root, uint64_t number,
                          char *problem)
{
    const json_t *context = json_object_get(root, "context");
    const json_t *bare = json_object_get(root, "unconditional");
    const json_t *continuations = json_object_get(root, "continuations");
    if (number >= BARE_FROM)
        return refuse(problem, "is one question too many: at most 999999");
    if (!json_is_string(context))
        return refuse(problem, "has no string named 'context'");
    if (!json_is_array(continuations) || json_array_size(continuations) == 0)
        return refuse(problem, "has no array named 'continuations'");
    if (bare && !json_is_string(bare))
        return refuse(problem, "its 'unconditional' is no string");
    for (size_t i = 0; i < json_array_size(continuations); i++) {
        struct task_choice choice = {.question = number, .index = i, .label = label_of(root)};
        if (!add_choice(choices, choice, context, bare, json_array_get(continuations, i), problem))
            return false;
    }
    return true;
}

/* A continuation a line. */
static bool read_request(struct task_choices *choices, const json_t *root, char *problem)
{
    const json_t *request = json_object_get(root, "request");
    const json_t *context = json_object_get(request, "context");
    const json_t *question = json_object_get(root, "doc_id"), *index = json_object_get(root, "idx");
    if (!json_is_string(context))
        return refuse(problem, "its request has no string named 'context'");
    if (!json_is_integer(question) || !json_is_integer(index) || json_integer_value(index) < 0 ||
        json_integer_value(question) < 0 || json_integer_value(question) >= 2 * BARE_FROM)
        return refuse(problem, "needs numbers named 'doc_id' (below 2000000) and 'idx'");
    struct task_choice choice = {.question = (uint64_t)json_integer_value(question),
                                 .index = (uint64_t)json_integer_value(index),
                                 .label = label_of(root)};
    bool is_bare = choice.question >= BARE_FROM;
    return add_choice(choices, choice, is_bare ? NULL : context, is_bare ? context : NULL,
                      json_object_get(request, "continuation"), problem);
}

bool task_line_read(struct task_choices *choices, const char *line, size_t n, uint64_t number,
                    char *problem)
{
    json_error_t error;
    bool good = false;
    json_t *root = json_load_lenient(line, n, JSON_ALLOW_NUL, &error);
    if (!root)
        snprintf(problem, TASK_PROBLEM_CAP, "is not JSON: %s, at byte %d", error.text,
                 error.position);
    else if (json_object_get(root, "request"))
        good = read_request(choices, root, problem);
    else
        good = read_question(choices, root, number, problem);
    json_decref(root);
    return good;
}

#else

bool task_line_read(struct task_choices *choices, const char *line, size_t n, uint64_t number,
                    char *problem)
{
    (void)choices, (void)line, (void)n, (void)number;
    snprintf(problem, TASK_PROBLEM_CAP, "cannot be read: this build has no libjansson");
    return false;
}

#endif
