/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/cmd_generate.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>

#include "cli/base/kv_name.h"
#include "cli/base/option_table.h"
#include "cli/files/file_output.h"
#include "cli/files/whole_file.h"
#include "cli/models/model_named.h"
#include "cli/workshop/generate_primed.h"
#include "cli/workshop/generate_texts.h"
#include "tacit/generate.h"
#include "tacit/options.h"

enum { COUNT_MAX = 1000000 };

struct run {
    struct console console;
    const char *model_name, *prompt_path, *primed_path, *from_path, *back_path, *output_path;
    uint64_t n_bytes;
    double temperature, top_p;
    struct tacit_generate_options options;
    unsigned seed, count;
    bool kv_is_given, force, wants_help;
    struct output output;
    enum exit_code code; /* of writing */
};

#define AT(field) offsetof(struct run, field)

static bool take_kv(void *options, const struct option_row *row, const char *name)
{
    struct run *run = options;
    (void)row;
    run->kv_is_given = true;
    return kv_named(name, &run->options.kv);
}

static const struct option_row rows[] = {
    {"model", 'm', OPTION_TEXT, 0, AT(model_name), 0, 0, "NAME", NULL,
     "from this language model (default: the one linked in)", NULL},
    {"prompt", 0, OPTION_TEXT, 0, AT(prompt_path), 0, 0, "FILE", NULL,
     "continues this text, which is not repeated", NULL},
    {"primed", 0, OPTION_TEXT, 0, AT(primed_path), 0, 0, "STATE", NULL,
     "continues what 'tacit model prime' had the model read; a --prompt\nbegins with that text, "
     "of which only the rest is read",
     NULL},
    {"bytes", 0, OPTION_SIZE, 0, AT(n_bytes), 1, 0, "SIZE", "is a size such as 64K",
     "length of the text (1K)", NULL},
    {"count", 0, OPTION_NUMBER, 0, AT(count), 1, COUNT_MAX, "N", "goes",
     "so many texts, of as many seeds from --seed on, as lines of JSON;\nmade together, which is "
     "faster than one by one",
     NULL},
    {"temperature", 0, OPTION_SHARE, 0, AT(temperature), 0, TACIT_TEMPERATURE_MAX, "T", "goes",
     "1: the model's distribution (default); less: surer; 0: always\nthe likeliest token", NULL},
    {"top-p", 0, OPTION_SHARE, 0, AT(top_p), 0.001, 1, "P", "goes",
     "only the likeliest tokens that together have this share (1)", NULL},
    {"seed", 0, OPTION_NUMBER, 0, AT(seed), 0, UINT32_MAX, "N", "is a whole number",
     "chooses the random bits (0); a seed gives the same text always", NULL},
    {"from", 0, OPTION_TEXT, 0, AT(from_path), 0, 0, "FILE", NULL,
     "instead of random bits the bytes of this file; --back with the\nsame model, prompt and "
     "options restores them",
     NULL},
    {"back", 0, OPTION_TEXT, 0, AT(back_path), 0, 0, "FILE", NULL,
     "writes the bytes that such a text stands for", NULL},
    {"context", 0, OPTION_NUMBER, 0, AT(options.n_context), 1, TACIT_CONTEXT_MAX, "N", "goes",
     "tokens that the model looks back on (2048)", NULL},
    OPTION_ROW_KV(take_kv, 0),
    OPTION_ROW_KV_KEEP(AT(options.kv_keep), 0),
    {"output", 'o', OPTION_OUTPUT, 0, AT(output_path), 0, 0, "FILE", NULL,
     "write to FILE, '-': standard output", NULL},
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_CPU(struct run, options.cpu, 0),
    OPTION_ROW_THREADS(struct run, options.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "generate",
    .usage = "generate [OPTION]...",
    .about = "Text from a language model: random bits, decoded as if they were an archive.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.model_name = "default", .temperature = 1, .top_p = 1};
    console_init(&run->console);
    tacit_generate_options_init(&run->options);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    bool stands_for_data = run->from_path || run->back_path;
    run->options.temperature = (float)run->temperature;
    run->options.top_p = (float)run->top_p;
    run->options.seed = run->seed;
    if (run->wants_help)
        return true;
    if (argc > optind)
        return options_refuse(&run->console, &line,
                              "takes no files; --prompt FILE goes on from one");
    if (run->from_path && run->back_path)
        return options_refuse(&run->console, &line, "--from and --back are opposites");
    if (stands_for_data && run->n_bytes)
        return options_refuse(&run->console, &line, "--bytes does not go with --from and --back");
    if (stands_for_data && run->count)
        return options_refuse(&run->console, &line, "--count does not go with --from and --back");
    if (stands_for_data && run->temperature == 0)
        return options_refuse(&run->console, &line,
                              "--temperature 0 leaves no choice that could stand for bytes");
    if (run->temperature > 0 && run->temperature < TACIT_TEMPERATURE_MIN)
        return options_refuse(&run->console, &line, "--temperature is 0, or 0.01 and more");
    run->n_bytes = run->n_bytes ? run->n_bytes : 1024;
    return true;
}

static int write_text(void *context, const void *data, size_t n)
{
    struct run *run = context;
    run->code = output_write(&run->output, data, n);
    return run->code != EXIT_CODE_OK;
}

static enum exit_code explain(struct run *run, enum tacit_status status)
{
    const char *name = run->from_path ? run->from_path : run->back_path;
    if (status == TACIT_ERR_REFERENCE_WRONG)
        console_error(&run->console, run->prompt_path, "does not begin with the text of %s",
                      run->primed_path);
    else if (status == TACIT_ERR_CHECKSUM && run->back_path)
        console_error(
            &run->console, name,
            "stands for no bytes: was it changed, or made with another model, prompt or option?");
    else if (status == TACIT_ERR_CONTENT_LIMIT)
        console_error(&run->console, name,
                      "the model is too sure of its text to hold these bytes; a higher "
                      "--temperature or --top-p helps");
    else if (status == TACIT_ERR_UNSUPPORTED)
        console_error(
            &run->console, name,
            "the text would not lead back to these bytes; another --prompt or --temperature does");
    else
        return fail_with_status(&run->console, run->model_name, status);
    return EXIT_CODE_FAILED;
}

static enum exit_code write_all(struct run *run, const struct tacit_model *model)
{
    const char *path = run->from_path ? run->from_path : run->back_path;
    unsigned char *data = NULL;
    size_t n = 0;
    enum tacit_status status;
    enum exit_code code =
        path ? whole_file_read(&run->console, path, TACIT_GENERATE_INPUT_MAX, &data, &n)
             : EXIT_CODE_OK;
    if (code != EXIT_CODE_OK) {
        free(data);
        return code;
    }
    if (run->from_path)
        status = tacit_generate_from(model, &run->options, data, n, write_text, run);
    else if (run->back_path)
        status = tacit_generate_back(model, &run->options, data, n, write_text, run);
    else if (run->count)
        status = generate_texts(&run->output, model, &run->options, run->count, run->n_bytes,
                                &run->code);
    else
        status = tacit_generate(model, &run->options, run->n_bytes, write_text, run);
    free(data);
    if (run->code != EXIT_CODE_OK)
        return run->code;
    return status == TACIT_OK ? EXIT_CODE_OK : explain(run, status);
}

static enum exit_code open_output(struct run *run)
{
    bool even_a_terminal = !run->back_path;
    if (run->output_path)
        return output_open_file(&run->output, &run->console, run->output_path, run->force);
    return output_open_stdout(&run->output, &run->console, even_a_terminal || run->force);
}

static enum exit_code generate(struct run *run, const struct tacit_model *model)
{
    unsigned char *prompt = NULL;
    struct tacit_primed *primed = NULL;
    enum exit_code code = EXIT_CODE_OK;
    if (run->prompt_path)
        code = whole_file_read(&run->console, run->prompt_path, TACIT_GENERATE_INPUT_MAX, &prompt,
                               &run->options.n_prompt);
    run->options.prompt = prompt;
    if (code == EXIT_CODE_OK && run->primed_path)
        code = generate_primed_open(&run->console, run->primed_path, model, run->kv_is_given,
                                    &run->options, &primed);
    if (code == EXIT_CODE_OK)
        code = open_output(run);
    if (code == EXIT_CODE_OK) {
        code = write_all(run, model);
        if (code == EXIT_CODE_OK)
            code = output_commit(&run->output, NULL);
        else
            output_abort(&run->output);
    }
    tacit_primed_destroy(primed);
    free(prompt);
    return code;
}

int cli_generate(int argc, char **argv)
{
    struct run run;
    struct tacit_model *model;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    enum exit_code code = model_open_named(&run.console, run.model_name, &model);
    if (code == EXIT_CODE_OK)
        code = generate(&run, model);
    tacit_model_close(model);
    return (int)code;
}
