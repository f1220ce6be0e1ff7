/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/scored_records.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/console.h"
#include "cli/models/model_named.h"
#include "cli/records/json_lenient.h"

enum { BATCH = 64, LEARNER_LEVEL = 4 };

struct scoring {
    struct console *console;
    const char *path;
    const struct scored_options *options;
    enum exit_code (*use)(void *context, const struct scored_record *record);
    void *context;
    struct tacit_learner *learner; /* NULL if an evaluator is used */
    struct tacit_model *model;
    struct tacit_evaluator *evaluator;
    struct scored_record batch[BATCH];
    size_t n_batch;
};

static enum exit_code open_models(struct scoring *s)
{
    const struct scored_options *o = s->options;
    struct tacit_eval_options options;
    enum tacit_status status;
    if (!o->model_name) {
        status = tacit_learner_create(&s->learner, LEARNER_LEVEL, 0);
        return status == TACIT_OK ? EXIT_CODE_OK : fail_with_status(s->console, s->path, status);
    }
    enum exit_code code = model_open_named(s->console, o->model_name, &s->model);
    if (code != EXIT_CODE_OK)
        return code;
    tacit_eval_options_init(&options);
    options.n_threads = o->n_threads;
    options.details = o->details;
    status = tacit_evaluator_create(&s->evaluator, s->model, &options);
    return status == TACIT_OK ? EXIT_CODE_OK : fail_with_status(s->console, o->model_name, status);
}

static int keep_token(void *context, const struct tacit_eval_token *token)
{
    struct scoring *s = context;
    struct scored_record *record = &s->batch[token->text];
    record->costs[record->n_tokens++] = (float)token->bits;
    record->entropy += token->entropy;
    return 0;
}

static enum tacit_status score_learning(struct scoring *s)
{
    enum tacit_status status = TACIT_OK;
    double end;
    for (size_t i = 0; i < s->n_batch && status == TACIT_OK; i++) {
        struct scored_record *record = &s->batch[i];
        record->text[record->n] = '\n';
        status = tacit_learner_read(s->learner, record->text, record->n, NULL, &record->bits);
        if (status == TACIT_OK)
            status = tacit_learner_read(s->learner, record->text + record->n, 1, NULL, &end);
        record->text[record->n] = '\0';
    }
    return status;
}

static enum tacit_status score_model(struct scoring *s)
{
    struct tacit_eval_text texts[BATCH];
    struct tacit_eval_result results[BATCH];
    for (size_t i = 0; i < s->n_batch; i++) {
        struct scored_record *record = &s->batch[i];
        texts[i] = (struct tacit_eval_text){record->text, record->n};
        results[i].struct_size = sizeof results[i];
        if (s->options->details) /* never more tokens than bytes */
            record->costs = malloc((record->n + 1) * sizeof *record->costs);
        if (s->options->details && !record->costs)
            return TACIT_ERR_MEMORY;
    }
    enum tacit_status status = tacit_evaluator_run(s->evaluator, texts, s->n_batch, results,
                                                   s->options->details ? keep_token : NULL, s);
    for (size_t i = 0; i < s->n_batch && status == TACIT_OK; i++)
        s->batch[i].bits = results[i].bits;
    return status;
}

/* Scores the gathered records, passes them on and frees them. */
static enum exit_code flush(struct scoring *s)
{
    enum tacit_status status = TACIT_OK;
    if (s->n_batch > 0)
        status = s->learner ? score_learning(s) : score_model(s);
    enum exit_code code =
        status == TACIT_OK ? EXIT_CODE_OK : fail_with_status(s->console, s->path, status);
    for (size_t i = 0; i < s->n_batch; i++) {
        if (code == EXIT_CODE_OK)
            code = s->use(s->context, &s->batch[i]);
        free(s->batch[i].text);
        free(s->batch[i].costs);
    }
    s->n_batch = 0;
    return code;
}

static enum exit_code broken(struct scoring *s, uint64_t line, const char *problem)
{
    if (s->options->skip_broken) {
        console_warn(s->console, s->path, "line %llu %s; skipped", (unsigned long long)line,
                     problem);
        return EXIT_CODE_OK;
    }
    console_error(s->console, s->path, "line %llu %s (--skip-broken goes on)",
                  (unsigned long long)line, problem);
    return EXIT_CODE_FAILED;
}

static enum exit_code gather(struct scoring *s, uint64_t line_number, const char *text, size_t n,
                             const struct json_record *json)
{
    struct scored_record *record = &s->batch[s->n_batch];
    *record = (struct scored_record){.line = line_number, .n = n, .text = malloc(n + 1)};
    if (!record->text)
        return fail_with_status(s->console, s->path, TACIT_ERR_MEMORY);
    memcpy(record->text, text, n);
    record->text[n] = '\0';
    if (json && s->options->label)
        record->has_label = json_record_number(json, s->options->label, &record->label);
    s->n_batch++;
    /* A learner is called line by line: that costs no time, and a stream may pause. */
    return s->n_batch == (s->learner ? 1 : BATCH) ? flush(s) : EXIT_CODE_OK;
}

static enum exit_code take_line(struct scoring *s, uint64_t number, const char *line, size_t n)
{
    char problem[JSON_PROBLEM_CAP];
    struct json_record json;
    if (n == 0 || (s->options->field && json_is_blank(line, n)))
        return EXIT_CODE_OK;
    if (!s->options->field)
        return gather(s, number, line, n, NULL);
    if (!json_record_parse(&json, line, n, s->options->field, problem))
        return broken(s, number, problem);
    enum exit_code code = gather(s, number, json.text, json.n_text, &json);
    json_record_release(&json);
    return code;
}

static enum exit_code read_all(struct scoring *s)
{
    struct line_reader reader;
    const char *line = NULL;
    size_t n;
    enum exit_code code = line_reader_open(&reader, s->console, s->path);
    if (code != EXIT_CODE_OK)
        return code;
    do {
        code = line_reader_next(&reader, &line, &n);
        if (code == EXIT_CODE_OK && line)
            code = take_line(s, reader.number, line, n);
    } while (code == EXIT_CODE_OK && line);
    enum exit_code rest = flush(s);
    line_reader_close(&reader);
    return exit_code_worse(code, rest);
}

enum exit_code
scored_records_run(struct console *console, const char *path, const struct scored_options *options,
                   enum exit_code (*use)(void *context, const struct scored_record *record),
                   void *context)
{
    struct scoring *s = calloc(1, sizeof *s);
    if (!s)
        return fail_with_status(console, path, TACIT_ERR_MEMORY);
    s->console = console;
    s->path = path;
    s->options = options;
    s->use = use;
    s->context = context;
    enum exit_code code = open_models(s);
    if (code == EXIT_CODE_OK)
        code = read_all(s);
    tacit_learner_destroy(s->learner);
    tacit_evaluator_destroy(s->evaluator);
    tacit_model_close(s->model);
    free(s);
    return code;
}
