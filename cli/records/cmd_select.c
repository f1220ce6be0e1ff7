/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/cmd_select.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/progress.h"
#include "cli/files/text_output.h"
#include "cli/models/model_named.h"

struct run {
    const struct select_arguments *arguments;
    struct records records;
    struct tacit_evaluator *evaluator; /* NULL: none */
    struct tacit_model *model;
    struct text_output output, explanation; /* explanation.text NULL: none is wanted */
    struct progress progress;
    uint64_t n_chosen, n_dropped, n_bytes, n_tokens;
    enum exit_code code; /* of a failure while choosing, which was reported */
    bool is_full;
};

static void print_place(const struct run *run, const char *key, size_t record)
{
    fprintf(run->explanation.text, "\"%s\": ", key);
    if (run->records.names) {
        const char *name = run->records.names[record];
        json_print_string(run->explanation.text, name, strlen(name));
    } else {
        fprintf(run->explanation.text, "%u", (unsigned)run->records.places[record].line);
    }
}

static void print_why(const struct run *run, const struct tacit_choice *choice, bool is_dropped)
{
    FILE *out = run->explanation.text;
    unsigned long long before = run->n_chosen;
    switch (run->arguments->options.method) {
    case TACIT_SELECT_ZIP:
        fprintf(out,
                "\"bits_per_byte\": %.4f, \"alone\": %.4f, \"why\": \"%.2f bits a byte after the "
                "%llu chosen before, %.2f by itself\"",
                choice->score, choice->alone, choice->score, before, choice->alone);
        break;
    case TACIT_SELECT_SCORES:
        fprintf(out, "\"bits_per_byte\": %.4f, \"why\": \"costs the model %.2f bits a byte\"",
                choice->score, choice->score);
        break;
    case TACIT_SELECT_DEDUP:
        if (choice->nearest == SIZE_MAX) {
            fputs("\"similarity\": 0, \"why\": \"like none before\"", out);
            break;
        }
        fprintf(out, "\"similarity\": %.3f, ", choice->similarity);
        print_place(run, "nearest", choice->nearest);
        fprintf(out, ", \"why\": \"%s %.0f %% with the nearest\"",
                is_dropped ? "dropped: shares" : "shares only", 100 * choice->similarity);
        break;
    case TACIT_SELECT_RANDOM:
        fputs("\"why\": \"by chance\"", out);
        break;
    }
}

static enum exit_code explain(struct run *run, const struct tacit_choice *choice, bool is_dropped)
{
    if (!run->explanation.text)
        return EXIT_CODE_OK;
    if (is_dropped)
        fputs("{\"rank\": null, ", run->explanation.text);
    else
        fprintf(run->explanation.text, "{\"rank\": %llu, ", (unsigned long long)run->n_chosen + 1);
    print_place(run, run->records.names ? "file" : "line", choice->record);
    fprintf(run->explanation.text, ", \"bytes\": %zu, ", choice->n_bytes);
    print_why(run, choice, is_dropped);
    fputs("}\n", run->explanation.text);
    return text_output_spill(&run->explanation);
}

/* Whether the budget of tokens has room for the record. */
static bool take_tokens(struct run *run, size_t record)
{
    size_t n, n_tokens;
    if (run->arguments->n_tokens == UINT64_MAX)
        return true;
    const void *text = records_read(&run->records, 0, record, &n);
    if (!text || tacit_evaluator_count_tokens(run->evaluator, text, n, &n_tokens) != TACIT_OK) {
        run->code = EXIT_CODE_FAILED;
        return false;
    }
    run->is_full = n_tokens > run->arguments->n_tokens - run->n_tokens;
    if (!run->is_full)
        run->n_tokens += n_tokens;
    return !run->is_full;
}

static int chosen(void *context, const struct tacit_choice *choice)
{
    struct run *run = context;
    size_t n;
    if (!take_tokens(run, choice->record))
        return 1;
    const char *raw = records_raw(&run->records, choice->record, &n);
    if (!raw) {
        run->code = EXIT_CODE_FAILED;
        return 1;
    }
    run->code = explain(run, choice, false);
    fwrite(raw, 1, n, run->output.text);
    putc('\n', run->output.text);
    run->n_chosen++;
    run->n_bytes += choice->n_bytes;
    if (run->code == EXIT_CODE_OK)
        run->code = text_output_spill(&run->output);
    return run->code != EXIT_CODE_OK;
}

static int dropped(void *context, const struct tacit_choice *choice)
{
    struct run *run = context;
    run->n_dropped++;
    run->code = explain(run, choice, true);
    return run->code != EXIT_CODE_OK;
}

static int show_progress(void *context, uint64_t n_done, uint64_t n_all)
{
    struct progress *progress = context;
    progress->n_total = n_all == UINT64_MAX ? 0 : n_all;
    return progress_update(progress, n_done, 0);
}

static enum exit_code choose(struct run *run)
{
    const struct select_arguments *a = run->arguments;
    struct tacit_select_options options = a->options;
    struct tacit_select_source source = {run->records.n_records, records_read, &run->records};
    float *scores = NULL;
    enum exit_code code = EXIT_CODE_OK;
    if (a->by_surprise) {
        scores = malloc((source.n_records + 1) * sizeof *scores);
        if (!scores)
            return fail_with_status(run->records.console, a->input_path, TACIT_ERR_MEMORY);
        code = select_score(a, &run->records, run->evaluator, scores);
    }
    options.scores = scores;
    options.progress = show_progress;
    options.progress_context = &run->progress;
    progress_start(&run->progress, run->records.console, "choosing", 0, false, false);
    if (code == EXIT_CODE_OK) {
        enum tacit_status status = tacit_select(&source, &options, chosen, dropped, run);
        progress_end(&run->progress);
        code = run->code;
        if (run->records.is_unreadable)
            code = EXIT_CODE_FAILED;
        else if (status != TACIT_OK && !run->is_full && code == EXIT_CODE_OK)
            code = fail_with_status(run->records.console, a->input_path, status);
    }
    free(scores);
    return code;
}

static enum exit_code select_into(struct run *run)
{
    const struct select_arguments *a = run->arguments;
    struct console *console = run->records.console;
    enum exit_code code = text_output_open(&run->output, console, a->output_path, a->force);
    if (code == EXIT_CODE_OK && a->explain_path)
        code = text_output_open(&run->explanation, console, a->explain_path, a->force);
    if (code == EXIT_CODE_OK)
        code = choose(run);
    if (code == EXIT_CODE_OK && a->explain_path)
        code = text_output_commit(&run->explanation);
    if (code == EXIT_CODE_OK)
        code = text_output_commit(&run->output);
    text_output_abort(&run->explanation);
    text_output_abort(&run->output);
    if (code == EXIT_CODE_OK)
        console_note(console, a->input_path, "%llu of %zu records, %llu bytes%s%.0llu",
                     (unsigned long long)run->n_chosen, run->records.n_records,
                     (unsigned long long)run->n_bytes, run->n_dropped ? ", near duplicates: " : "",
                     (unsigned long long)run->n_dropped);
    return code;
}

static enum exit_code run_select(struct select_arguments *a)
{
    struct run run = {.arguments = a};
    struct tacit_eval_options options;
    enum exit_code code = EXIT_CODE_OK;
    tacit_eval_options_init(&options);
    options.n_threads = a->options.n_threads;
    if (a->model_name)
        code = model_open_named(&a->console, a->model_name, &run.model);
    if (run.model) {
        enum tacit_status status = tacit_evaluator_create(&run.evaluator, run.model, &options);
        if (status != TACIT_OK)
            code = fail_with_status(&a->console, a->model_name, status);
    }
    if (code == EXIT_CODE_OK)
        code = records_open(&run.records, &a->console, a->input_path, &a->records);
    if (code == EXIT_CODE_OK) {
        code = select_into(&run);
        records_close(&run.records);
    }
    tacit_evaluator_destroy(run.evaluator);
    tacit_model_close(run.model);
    return code;
}

int cli_select(int argc, char **argv)
{
    struct select_arguments arguments;
    enum exit_code code = select_arguments_parse(&arguments, argc, argv);
    if (code != EXIT_CODE_OK)
        return (int)code;
    if (arguments.wants_help) {
        options_print_help(&select_line);
        return EXIT_CODE_OK;
    }
    return (int)run_select(&arguments);
}
