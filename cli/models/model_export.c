/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_export.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/option_table.h"
#include "cli/models/model_named.h"
#include "cli/models/model_output.h"
#include "tacit/shrink.h"

struct run {
    struct console console;
    struct tacit_export job;
    const char *output, *like;
    char source[TACIT_MODEL_PATH_MAX];
    bool keep_embeddings, force, wants_help;
};

#define AT(field) offsetof(struct run, field)

static bool take_type(void *options, const struct option_row *row, const char *value)
{
    static const char *const names[] = {[TACIT_GGUF_F16] = "f16",
                                        [TACIT_GGUF_Q8_0] = "q8_0",
                                        [TACIT_GGUF_Q4_0] = "q4_0",
                                        [TACIT_GGUF_Q4_1] = "q4_1"};
    struct run *run = options;
    (void)row;
    for (int type = TACIT_GGUF_F16; type <= TACIT_GGUF_Q4_1; type++)
        if (strcmp(value, names[type]) == 0) {
            run->job.type = (enum tacit_gguf_type)type;
            return true;
        }
    return false;
}

static const struct option_row rows[] = {
    {"gguf", 0, OPTION_TEXT, 0, AT(output), 0, 0, "FILE", NULL, "the file to write", NULL},
    {"type", 0, OPTION_TAKE, 0, 0, 0, 0, "f16|q8_0|q4_0|q4_1", "is f16, q8_0, q4_0 or q4_1",
     "how matrices are stored: q8_0 for a model of int8 and q4_1\nfor one of 4 bits (default) "
     "keep their numbers",
     take_type},
    {"keep-embeddings", 0, OPTION_SET, 0, AT(keep_embeddings), 0, 0, NULL, NULL,
     "the table of token embeddings keeps its numbers", NULL},
    {"like", 0, OPTION_TEXT, 0, AT(like), 0, 0, "FILE", NULL,
     "a .gguf file whose description of the tokenizer is copied\n(default: NAME.gguf beside "
     "NAME.tmodel)",
     NULL},
    OPTION_ROW_FORCE(struct run, force),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {.name = "model export",
                                         .usage = "model export [OPTION]... MODEL --gguf FILE",
                                         .about = "Writes MODEL as a GGUF file, for llama.cpp.\n",
                                         OPTION_TABLE(rows),
                                         .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.job = {.type = TACIT_GGUF_AS_STORED}};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return options_refuse(&run->console, &line, "name one model");
    if (!run->output)
        return options_refuse(&run->console, &line, "--gguf FILE says where to write it");
    run->job.path = run->output;
    run->job.like = run->like;
    run->job.keep_embeddings = run->keep_embeddings;
    return true;
}

static enum exit_code explain(struct run *run, const char *name, enum tacit_status status,
                              const struct tacit_export_report *report)
{
    if (*report->why) {
        console_error(&run->console, name, "cannot be written as GGUF: %s", report->why);
        return exit_code_of_status(status);
    }
    if (status == TACIT_ERR_IO) {
        console_error(&run->console, name, "cannot read it, or write %s: %s", run->output,
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    return fail_to_open_model(&run->console, name, status);
}

static enum exit_code export_model(struct run *run, const char *name)
{
    struct tacit_export_report report;
    enum exit_code code = model_path_named(&run->console, name, run->source, &run->job.model);
    if (code != EXIT_CODE_OK)
        return code;
    if (!model_output_is_free(&run->console, run->output, run->force))
        return EXIT_CODE_FAILED;
    enum tacit_status status = tacit_shrink_export(&run->job, &report);
    if (status != TACIT_OK)
        return explain(run, name, status, &report);
    if (report.n_unnamed)
        console_warn(&run->console, name,
                     "the names of %zu special tokens are not known and became numbers; --like "
                     "FILE.gguf takes them from the file that the model came from",
                     report.n_unnamed);
    printf("%s: written to %s\n", name, run->output);
    return EXIT_CODE_OK;
}

int cli_model_export(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    return (int)export_model(&run, argv[optind]);
}
