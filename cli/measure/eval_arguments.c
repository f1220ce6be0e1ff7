/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of `tacit eval`.
 */
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "cli/base/kv_name.h"
#include "cli/base/number_text.h"
#include "cli/base/size_text.h"
#include "cli/measure/cmd_eval.h"
#include "cli/measure/peer.h"

static const char *const conventions[] = {
    [TACIT_EVAL_WINDOWS] = "windows", [TACIT_EVAL_ROLLING] = "rolling",
    [TACIT_EVAL_LM_EVAL] = "lm-eval", [TACIT_EVAL_LLAMA_PERPLEXITY] = "llama-perplexity",
    [TACIT_EVAL_HKUST] = "hkust",
};

enum { N_CONVENTIONS = sizeof conventions / sizeof conventions[0] };

const char *eval_convention_name(enum tacit_eval_convention convention)
{
    return conventions[convention];
}

static bool refuse(struct eval_arguments *a, const char *what)
{
    return options_refuse(&a->console, &eval_line, what);
}

static bool take_convention(void *options, const struct option_row *row, const char *text)
{
    struct eval_arguments *a = options;
    if (!row->value) { /* --rolling */
        a->options.convention = TACIT_EVAL_ROLLING;
        return true;
    }
    for (int i = 0; i < N_CONVENTIONS; i++)
        if (strcmp(conventions[i], text) == 0) {
            a->options.convention = (enum tacit_eval_convention)i;
            return true;
        }
    return false;
}

static bool take_first(void *options, const struct option_row *row, const char *text)
{
    struct eval_arguments *a = options;
    unsigned number = 0;
    (void)row;
    bool is_none = strcmp(text, "none") == 0;
    bool good = is_none || number_parse(text, 0, UINT32_MAX, &number);
    a->options.first_token = is_none ? -2 : (int64_t)number;
    return good;
}

static bool take_form(void *options, const struct option_row *row, const char *value)
{
    struct eval_arguments *a = options;
    (void)value;
    a->form = row->name[0] == 'j' ? EVAL_JSON : EVAL_CSV;
    return true;
}

static bool take_kv(void *options, const struct option_row *row, const char *name)
{
    (void)row;
    return kv_named(name, &((struct eval_arguments *)options)->options.kv);
}

static bool take_probe(void *options, const struct option_row *row, const char *name)
{
    struct eval_arguments *a = options;
    (void)row;
    a->wants_copy_probe = strcmp(name, "copy") == 0;
    return a->wants_copy_probe;
}

static bool take_peer(void *options, const struct option_row *row, const char *command)
{
    struct eval_arguments *a = options;
    (void)row;
    if (a->n_subjects == SUBJECTS_MAX)
        return refuse(a, "too many models");
    subject_init_peer(&a->subjects[a->n_subjects++], command);
    return true;
}

bool eval_take_task(void *options, const struct option_row *row, const char *path)
{
    struct eval_arguments *a = options;
    (void)row;
    if (a->n_tasks == TASKS_MAX)
        return refuse(a, "too many tasks");
    a->tasks[a->n_tasks++] = path;
    return true;
}

#define AT(field) offsetof(struct eval_arguments, field)

static const struct option_row rows[] = {
    {"peer", 0, OPTION_TAKE, 0, 0, 0, 0, "COMMAND", NULL,
     "a compressor from standard input to standard output", take_peer},
    OPTION_ROW_WINDOW(struct eval_arguments, options.window),
    OPTION_ROW_STRIDE(struct eval_arguments, options.stride),
    {"rolling", 0, OPTION_TAKE, 0, 0, 0, 0, NULL, NULL,
     "one window for all: every token sees all tokens before it", take_convention},
    {"convention", 0, OPTION_TAKE, 0, 0, 0, 0, "windows|rolling|lm-eval|llama-perplexity|hkust",
     "is windows, rolling, lm-eval, llama-perplexity or hkust",
     "which tokens are scored, and after which tokens", take_convention},
    {"first-token", 0, OPTION_TAKE, 0, 0, 0, 0, "N", "is the number of a token, or none",
     "the token before a window, or none; the model's own unless\ngiven", take_first},
    OPTION_ROW_KV(take_kv, 0),
    OPTION_ROW_KV_KEEP(AT(options.kv_keep), 0),
    {"probe", 0, OPTION_TAKE, 0, 0, 0, 0, "copy", "is copy",
     "what a passage costs when it comes again, by distance", take_probe},
    OPTION_ROW_LIMIT(struct eval_arguments, limit),
    EVAL_ROW_TASKS,
    EVAL_ROW_QUESTIONS,
    {"json", 0, OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, "JSON instead of a table", take_form},
    {"csv", 0, OPTION_TAKE, 0, 0, 0, 0, NULL, NULL, "CSV instead of a table", take_form},
    OPTION_ROW_THREADS(struct eval_arguments, options.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_CPU(struct eval_arguments, options.cpu, 0),
    OPTION_ROW_QUIET(struct eval_arguments, console.verbosity),
    OPTION_ROW_PROGRESS(struct eval_arguments, console.wants_lines),
    OPTION_ROW_HELP(struct eval_arguments, wants_help),
};

const struct command_line eval_line = {
    .name = "eval",
    .usage = "eval [OPTION]... MODEL... -- FILE...\n"
             "       tacit eval [OPTION]... --tasks FILE... MODEL...",
    .about = "Bits per byte, character, word and token of each MODEL on each FILE. A MODEL is\n"
             "  NAME or FILE.gguf      a language model alone, by its own probabilities\n"
             "  context[:LEVEL]        context models: the size of the archive\n"
             "  NAME+context[:LEVEL]   both together: the size of the archive\n"
             "  xz, zstd, brotli       these compressors at their strongest\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool check_tasks(struct eval_arguments *a)
{
    if (a->n_files > 0)
        return refuse(a, "with --tasks there are no other files");
    for (int i = 0; i < a->n_subjects; i++)
        if (a->subjects[i].kind != SUBJECT_MODEL)
            return refuse(a, "--tasks are for language models alone");
    return a->n_subjects > 0 || refuse(a, "name models");
}

/* Names up to "--" are subjects, those after it files. */
static bool take_names(struct eval_arguments *a, int argc, char **argv, int split)
{
    struct subject peers[SUBJECTS_MAX];
    int n_peers = a->n_subjects;
    memcpy(peers, a->subjects, (size_t)n_peers * sizeof *peers);
    a->n_subjects = 0;
    for (int i = optind; i < split; i++) {
        if (a->n_subjects + n_peers == SUBJECTS_MAX)
            return refuse(a, "too many models");
        if (!subject_init(&a->subjects[a->n_subjects++], argv[i]))
            return refuse(a, "a model is a name, a file, NAME+context, context or context:LEVEL");
    }
    memcpy(a->subjects + a->n_subjects, peers, (size_t)n_peers * sizeof *peers);
    a->n_subjects += n_peers;
    a->files = argv + split + 1;
    a->n_files = argc > split ? argc - split - 1 : 0;
    if (a->n_tasks > 0)
        return check_tasks(a);
    if (a->n_subjects == 0 || a->n_files == 0)
        return refuse(a, "name models, then '--', then files");
    if (!eval_files_suffice(a))
        return refuse(a, "'-' can be read once; several models need a file");
    if (a->options.stride > a->options.window && a->options.window)
        return refuse(a, "--stride is at most the window");
    return true;
}

/* The probe reads its own texts with language models. */
static bool can_probe(struct eval_arguments *a)
{
    bool ok = !a->wants_copy_probe || a->options.convention == TACIT_EVAL_WINDOWS;
    for (int i = 0; a->wants_copy_probe && i < a->n_subjects; i++)
        ok = ok && a->subjects[i].kind == SUBJECT_MODEL;
    return ok || refuse(a, "--probe copy wants language models alone, and no --convention");
}

bool eval_files_suffice(const struct eval_arguments *a)
{
    for (int i = 0; i < a->n_files; i++)
        if (strcmp(a->files[i], "-") == 0 && a->n_subjects > 1)
            return false;
    return true;
}

enum exit_code eval_arguments_parse(struct eval_arguments *a, int argc, char **argv)
{
    int split = 1;
    *a = (struct eval_arguments){.limit = UINT64_MAX};
    console_init(&a->console);
    tacit_eval_options_init(&a->options);
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    if (!options_parse(&eval_line, a, &a->console, split, argv, NULL))
        return EXIT_CODE_USAGE;
    if (a->wants_help)
        return EXIT_CODE_OK;
    return take_names(a, argc, argv, split) && can_probe(a) ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}
