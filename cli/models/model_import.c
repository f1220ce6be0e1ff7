/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_import.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/option_table.h"
#include "cli/models/model_files.h"
#include "cli/models/model_named.h"
#include "tacit/shrink.h"

struct run {
    struct console console;
    bool as_stored, wants_help;
};

static const struct option_row rows[] = {
    {"as-stored", 0, OPTION_SET, 0, offsetof(struct run, as_stored), 0, 0, NULL, NULL,
     "matrices of Q4_0 and Q4_1 keep their own numbers, 4 bits each;\nwithout this all become "
     "int8, which is another model",
     NULL},
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "model import",
    .usage = "model import [OPTION]... FILE|FOLDER [NAME]",
    .about =
        "Converts a .gguf file, or a folder with config.json, tokenizer.json and safetensors,\n"
        "and puts the model where -m NAME finds it.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

/* Reports a failure; how: in what way the import was to be. */
static enum exit_code explain(struct console *console, const char *path, enum tacit_status status,
                              const char *how, const char *why)
{
    if (!*why)
        return fail_to_open_model(console, path, status);
    console_error(console, path, "cannot be imported%s: %s", how, why);
    return exit_code_of_status(status);
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Its own name is the folder's. */
static enum exit_code import_folder(struct run *run, const char *folder, const char *name)
{
    char stored[TACIT_MODEL_PATH_MAX], why[TACIT_MODEL_REASON_MAX] = "", own[MODEL_NAME_CAP];
    size_t end = strlen(folder), begin;
    while (end > 1 && folder[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && folder[begin - 1] != '/';)
        begin--;
    snprintf(own, sizeof own, "%.*s", (int)(end - begin), folder + begin);
    if (run->as_stored) {
        options_refuse(&run->console, &line, "--as-stored is for a .gguf file");
        return EXIT_CODE_USAGE;
    }
    enum tacit_status status = tacit_model_place(name ? name : own, stored);
    if (status == TACIT_ERR_ARGUMENT) {
        console_error(&run->console, name ? name : own, "not a name for a model: give one");
        return EXIT_CODE_USAGE;
    }
    if (status == TACIT_OK)
        status = tacit_shrink_import_folder(folder, stored, why);
    if (status != TACIT_OK)
        return explain(&run->console, folder, status, "", why);
    printf("%s: stored as %s\n", folder, stored);
    return EXIT_CODE_OK;
}

static enum exit_code import_file(struct run *run, const char *path, const char *name)
{
    char stored[TACIT_MODEL_PATH_MAX], why[TACIT_MODEL_REASON_MAX] = "", own[MODEL_NAME_CAP];
    const char *slash = strrchr(path, '/'), *suffix;
    if (!model_file_split(slash ? slash + 1 : path, own, &suffix)) {
        console_error(&run->console, path, "not the name of a .gguf or .tmodel file");
        return EXIT_CODE_USAGE;
    }
    name = name ? name : own;
    enum tacit_status status = TACIT_OK;
    if (!run->as_stored)
        status = tacit_model_import(path, name, stored);
    else {
        status = tacit_model_place(name, stored);
        if (status == TACIT_OK)
            status = tacit_shrink_import(path, stored, why);
    }
    if (status != TACIT_OK)
        return explain(&run->console, path, status, " as stored", why);
    printf("%s: stored as %s\n", path, stored);
    return EXIT_CODE_OK;
}

int cli_model_import(int argc, char **argv)
{
    struct run run = {.as_stored = false};
    console_init(&run.console);
    if (!options_parse(&line, &run, &run.console, argc, argv, NULL))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    if (argc - optind < 1 || argc - optind > 2) {
        options_refuse(&run.console, &line, "takes a file, and perhaps a name");
        return EXIT_CODE_USAGE;
    }
    const char *path = argv[optind], *name = argc - optind > 1 ? argv[optind + 1] : NULL;
    return (int)(is_folder(path) ? import_folder : import_file)(&run, path, name);
}
