/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tasks/task_score.h"

#include <stdlib.h>

#include "cli/base/progress.h"

enum { BATCH = 1024, SEED = 1 }; /* choices that the evaluator takes at a time */

static const double interval_share = 0.95;

/* A batch of texts: those of all choices, then those of all choices without their contexts. What texts
 * of a batch share, the evaluator reads once. */
struct batch {
    const struct task_choice *choices;
    size_t n;
    struct tacit_eval_text *texts;     /* [2 n] */
    struct tacit_eval_result *results; /* [2 n] */
    double *bits;                      /* [2 n] of the continuations */
};

static int add_token(void *context, const struct tacit_eval_token *token)
{
    struct batch *batch = context;
    const struct task_choice *choice = &batch->choices[token->text % batch->n];
    size_t n_context = token->text < batch->n ? choice->n_context : choice->n_bare_context;
    if (token->offset + token->n_bytes > n_context)
        batch->bits[token->text] += token->bits;
    return 0;
}

static enum tacit_status run_batch(struct batch *batch, struct tacit_evaluator *evaluator)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct task_choice *c = &batch->choices[i];
        batch->texts[i] = (struct tacit_eval_text){c->text, c->n_text};
        batch->texts[batch->n + i] = (struct tacit_eval_text){c->bare, c->n_bare};
    }
    for (size_t i = 0; i < 2 * batch->n; i++) {
        batch->results[i] = (struct tacit_eval_result){.struct_size = sizeof *batch->results};
        batch->bits[i] = 0;
    }
    return tacit_evaluator_run(evaluator, batch->texts, 2 * batch->n, batch->results, add_token,
                               batch);
}

/* bits, bare_bits: of the question's choices, with their contexts and without. */
static struct task_outcome judge(const struct task_question *question,
                                 const struct task_choice *choices, const double *bits,
                                 const double *bare_bits)
{
    struct task_outcome outcome = {.n_choices = question->n};
    size_t best[TASK_N_RULES] = {0};
    double least[TASK_N_RULES] = {0};
    for (size_t i = 0; i < question->n; i++) {
        double n_bytes = (double)(choices[i].n_text - choices[i].n_context);
        const double cost[TASK_N_RULES] = {bits[i], bits[i] / n_bytes, bits[i] - bare_bits[i]};
        for (int rule = 0; rule < TASK_N_RULES; rule++)
            if (i == 0 || cost[rule] < least[rule]) {
                least[rule] = cost[rule];
                best[rule] = i;
            }
        if (i == question->gold) {
            outcome.gold_bits = bits[i];
            outcome.gold_bytes = n_bytes;
        }
    }
    for (int rule = 0; rule < TASK_N_RULES; rule++)
        outcome.right[rule] = best[rule] == question->gold;
    return outcome;
}

/* Questions first .. whose choices fill a batch, at least one question; returns the question behind. */
static size_t batch_end(const struct task *task, size_t first)
{
    size_t n = 0, q = first;
    do
        n += task->questions[q++].n;
    while (q < task->n_questions && n + task->questions[q].n <= BATCH);
    return q;
}

static size_t largest_batch(const struct task *task)
{
    size_t most = BATCH;
    for (size_t q = 0; q < task->n_questions; q++)
        if (task->questions[q].n > most)
            most = task->questions[q].n;
    return most;
}

/* Bytes of the texts of n choices. */
static uint64_t text_size(const struct task_choice *choices, size_t n)
{
    uint64_t n_bytes = 0;
    for (size_t i = 0; i < n; i++)
        n_bytes += choices[i].n_text + choices[i].n_bare;
    return n_bytes;
}

static enum tacit_status score_batches(struct task_outcome *outcomes, const struct task *task,
                                       struct tacit_evaluator *evaluator, struct batch *batch,
                                       struct progress *progress)
{
    enum tacit_status status = TACIT_OK;
    uint64_t n_done = 0; /* bytes */
    for (size_t q = 0, end; q < task->n_questions && status == TACIT_OK; q = end) {
        size_t first = task->questions[q].first;
        end = batch_end(task, q);
        batch->choices = task->choices + first;
        batch->n = task->questions[end - 1].first + task->questions[end - 1].n - first;
        status = run_batch(batch, evaluator);
        for (size_t i = q; i < end; i++) {
            const double *bits = batch->bits + (task->questions[i].first - first);
            outcomes[i] = judge(&task->questions[i], task->choices + task->questions[i].first, bits,
                                bits + batch->n);
        }
        n_done += text_size(batch->choices, batch->n);
        progress_update(progress, n_done, 0);
    }
    return status;
}

enum exit_code task_score(struct task_outcome *outcomes, const struct task *task,
                          struct tacit_evaluator *evaluator, struct console *console,
                          const char *name)
{
    const struct task_question *last = &task->questions[task->n_questions - 1];
    size_t n = 2 * largest_batch(task);
    struct progress progress;
    struct batch batch = {.texts = malloc(n * sizeof *batch.texts),
                          .results = malloc(n * sizeof *batch.results),
                          .bits = malloc(n * sizeof *batch.bits)};
    enum tacit_status status = TACIT_ERR_MEMORY;
    progress_start(&progress, console, name, text_size(task->choices, last->first + last->n), false,
                   false);
    if (batch.texts && batch.results && batch.bits)
        status = score_batches(outcomes, task, evaluator, &batch, &progress);
    progress_end(&progress);
    free(batch.texts);
    free(batch.results);
    free(batch.bits);
    return status == TACIT_OK ? EXIT_CODE_OK : fail_with_status(console, task->path, status);
}

enum tacit_status task_figures(struct task_figures *figures, const struct task_outcome *outcomes,
                               size_t n, unsigned n_rounds)
{
    enum tacit_status status = TACIT_OK;
    double *over = malloc(2 * n * sizeof *over), *under = over + n;
    *figures = (struct task_figures){.n_questions = n};
    if (!over)
        return TACIT_ERR_MEMORY;
    for (int rule = 0; rule < TASK_N_RULES && status == TACIT_OK; rule++) {
        size_t n_choosing = 0;
        double chance = 0;
        for (size_t i = 0; i < n; i++) {
            if (outcomes[i].n_choices == 1)
                continue;
            over[n_choosing] = outcomes[i].right[rule];
            under[n_choosing++] = 1;
            chance += 1 / (double)outcomes[i].n_choices;
        }
        figures->n_choosing = n_choosing;
        figures->chance = n_choosing ? chance / (double)n_choosing : 0;
        if (n_choosing)
            status = tacit_bootstrap_ratio(over, under, n_choosing, n_rounds, interval_share, SEED,
                                           &figures->accuracy[rule]);
    }
    for (size_t i = 0; i < n; i++) {
        over[i] = outcomes[i].gold_bits;
        under[i] = outcomes[i].gold_bytes;
    }
    if (status == TACIT_OK)
        status =
            tacit_bootstrap_ratio(over, under, n, n_rounds, interval_share, SEED, &figures->gold);
    free(over);
    return status;
}
