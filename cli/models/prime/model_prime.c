/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/prime/model_prime.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/base/kv_name.h"
#include "cli/base/option_table.h"
#include "cli/base/size_text.h"
#include "cli/files/file_output.h"
#include "cli/files/whole_file.h"
#include "cli/models/model_named.h"
#include "tacit/generate.h"

struct run {
    struct console console;
    const char *model_name, *text_path, *output_path;
    struct tacit_generate_options options;
    bool force, wants_help;
};

#define AT(field) offsetof(struct run, field)

static bool take_kv(void *options, const struct option_row *row, const char *name)
{
    (void)row;
    return kv_named(name, &((struct run *)options)->options.kv);
}

static const struct option_row rows[] = {
    {"output", 'o', OPTION_TEXT, 0, AT(output_path), 0, 0, "STATE", NULL, "the file to write",
     NULL},
    {"context", 0, OPTION_NUMBER, 0, AT(options.n_context), 1, TACIT_CONTEXT_MAX, "N", "goes",
     "tokens that the model looks back on (2048)", NULL},
    OPTION_ROW_KV(take_kv, 0),
    OPTION_ROW_KV_KEEP(AT(options.kv_keep), 0),
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_CPU(struct run, options.cpu, 0),
    OPTION_ROW_THREADS(struct run, options.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "model prime",
    .usage = "model prime [OPTION]... MODEL FILE -o STATE",
    .about = "Has MODEL read the text FILE, and writes what it remembers of it, so that 'tacit\n"
             "generate --primed STATE' need not read the text again.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static enum exit_code write_state(struct run *run, const struct tacit_primed *primed)
{
    size_t n;
    char size[SIZE_TEXT_CAP];
    struct output output;
    struct tacit_primed_info info = {.struct_size = sizeof info};
    const void *data = tacit_primed_data(primed, &n);
    enum exit_code code = output_open_file(&output, &run->console, run->output_path, run->force);
    if (code != EXIT_CODE_OK)
        return code;
    code = output_write(&output, data, n);
    if (code == EXIT_CODE_OK)
        code = output_commit(&output, NULL);
    else
        output_abort(&output);
    if (code == EXIT_CODE_OK && tacit_primed_inspect(data, n, &info) == TACIT_OK)
        console_note(&run->console, run->output_path, "%s, of %llu tokens",
                     size_format(size, (double)n), (unsigned long long)info.n_tokens);
    return code;
}

static enum exit_code prime(struct run *run, const struct tacit_model *model)
{
    unsigned char *text = NULL;
    struct tacit_primed *primed = NULL;
    enum exit_code code = whole_file_read(&run->console, run->text_path, TACIT_GENERATE_INPUT_MAX,
                                          &text, &run->options.n_prompt);
    if (code == EXIT_CODE_OK) {
        run->options.prompt = text;
        enum tacit_status status = tacit_primed_create(&primed, model, &run->options);
        code = status == TACIT_OK ? write_state(run, primed)
                                  : fail_with_status(&run->console, run->text_path, status);
    }
    tacit_primed_destroy(primed);
    free(text);
    return code;
}

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.model_name = NULL};
    console_init(&run->console);
    tacit_generate_options_init(&run->options);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 2)
        return options_refuse(&run->console, &line, "name a model and a text");
    if (!run->output_path)
        return options_refuse(&run->console, &line, "-o STATE says what to write");
    run->model_name = argv[optind];
    run->text_path = argv[optind + 1];
    return true;
}

int cli_model_prime(int argc, char **argv)
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
        code = prime(&run, model);
    tacit_model_close(model);
    return (int)code;
}
