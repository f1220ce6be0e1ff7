/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/common_options.h"
#include "cli/base/number_text.h"
#include "cli/base/size_text.h"
#include "cli/measure/eval.h"
#include "cli/measure/peer.h"

enum {
    OPTION_WINDOW = 256,
    OPTION_STRIDE,
    OPTION_ROLLING,
    OPTION_CONVENTION,
    OPTION_FIRST_TOKEN,
    OPTION_LIMIT,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_PEER,
    OPTION_CPU,
};

static const struct option options[] = {
    {"window", required_argument, NULL, OPTION_WINDOW},
    {"stride", required_argument, NULL, OPTION_STRIDE},
    {"rolling", no_argument, NULL, OPTION_ROLLING},
    {"convention", required_argument, NULL, OPTION_CONVENTION},
    {"first-token", required_argument, NULL, OPTION_FIRST_TOKEN},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"csv", no_argument, NULL, OPTION_CSV},
    {"peer", required_argument, NULL, OPTION_PEER},
    {"threads", required_argument, NULL, 'T'},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

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

static bool parse_convention(const char *text, enum tacit_eval_convention *convention)
{
    for (int i = 0; i < N_CONVENTIONS; i++)
        if (strcmp(conventions[i], text) == 0) {
            *convention = (enum tacit_eval_convention)i;
            return true;
        }
    return false;
}

static bool parse_first(const char *text, int64_t *token)
{
    unsigned number;
    *token = -2;
    if (strcmp(text, "none") == 0)
        return true;
    bool good = number_parse(text, 0, UINT32_MAX, &number);
    *token = number;
    return good;
}

static bool refuse(struct eval_arguments *a, const char *what)
{
    return options_refuse(&a->console, "eval", what);
}

static bool add_peer(struct eval_arguments *a, const char *command)
{
    if (a->n_subjects == SUBJECTS_MAX)
        return refuse(a, "too many models");
    subject_init_peer(&a->subjects[a->n_subjects++], command);
    return true;
}

static bool take(struct eval_arguments *a, int option)
{
    struct tacit_eval_options *o = &a->options;
    const struct common_options common = {"eval", &a->console, &o->n_threads, 1024, &a->wants_help};
    switch (option) {
    case OPTION_WINDOW:
        return number_parse(optarg, 2, TACIT_EVAL_WINDOW_MAX, &o->window) ||
               refuse(a, "--window goes from 2 to 1048576 tokens");
    case OPTION_STRIDE:
        return number_parse(optarg, 1, TACIT_EVAL_WINDOW_MAX, &o->stride) ||
               refuse(a, "--stride is a number of tokens");
    case OPTION_ROLLING:
        o->convention = TACIT_EVAL_ROLLING;
        return true;
    case OPTION_CONVENTION:
        return parse_convention(optarg, &o->convention) ||
               refuse(a, "--convention is windows, rolling, lm-eval, llama-perplexity or hkust");
    case OPTION_FIRST_TOKEN:
        return parse_first(optarg, &o->first_token) ||
               refuse(a, "--first-token is the number of a token, or none");
    case OPTION_LIMIT:
        return (size_parse(optarg, &a->limit) && a->limit > 0) ||
               refuse(a, "--limit is a size such as 64K");
    case OPTION_JSON:
        a->form = EVAL_JSON;
        return true;
    case OPTION_CSV:
        a->form = EVAL_CSV;
        return true;
    case OPTION_PEER:
        return add_peer(a, optarg);
    case OPTION_CPU:
        o->cpu = optarg;
        return true;
    default:
        return options_take_common(&common, option);
    }
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
    if (a->n_subjects == 0 || a->n_files == 0)
        return refuse(a, "name models, then '--', then files");
    if (!eval_files_suffice(a))
        return refuse(a, "'-' can be read once; several models need a file");
    if (a->options.stride > a->options.window && a->options.window)
        return refuse(a, "--stride is at most the window");
    return true;
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
    int split = 1, option;
    *a = (struct eval_arguments){.limit = UINT64_MAX};
    console_init(&a->console);
    tacit_eval_options_init(&a->options);
    while (split < argc && strcmp(argv[split], "--") != 0)
        split++;
    optind = 1;
    while ((option = getopt_long(split, argv, "T:qh", options, NULL)) != -1)
        if (!take(a, option))
            return EXIT_CODE_USAGE;
    if (a->wants_help)
        return EXIT_CODE_OK;
    return take_names(a, argc, argv, split) ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}
