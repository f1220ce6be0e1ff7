/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/surprise.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/common_options.h"
#include "cli/base/number_text.h"
#include "cli/base/page_output.h"
#include "cli/base/size_text.h"
#include "cli/measure/pages.h"

static const char help[] =
    "Usage: tacit surprise [OPTION]... FILE\n"
    "\n"
    "Shows where in FILE the bits go: the more a token costs, the darker its ground.\n"
    "\n"
    "  -m, --model NAME       of this language model; without, of context models, by word\n"
    "      --compare NAME     shades the difference to this model: red where the first is\n"
    "                         dearer, green (on the page blue) where the other is\n"
    "      --html FILE        writes a page instead, one file that works offline: details of\n"
    "                         each token, the course of costs, the dearest passages\n"
    "  -f, --force            replaces the page if it exists\n"
    "      --limit SIZE       only so many bytes of FILE\n"
    "      --window N         tokens that the model sees at most (2048)\n"
    "      --color WHEN       auto (where the output is a terminal and NO_COLOR is not set),\n"
    "                         always or never\n"
    "  -T, --threads N        threads, 0: one for each processor (default)\n"
    "  -q, --quiet            no warnings\n"
    "\n"
    "Everything else: man tacit-models\n";

enum { OPTION_COMPARE = 256, OPTION_HTML, OPTION_LIMIT, OPTION_WINDOW, OPTION_COLOR };

static const struct option options[] = {
    {"model", required_argument, NULL, 'm'},
    {"compare", required_argument, NULL, OPTION_COMPARE},
    {"html", required_argument, NULL, OPTION_HTML},
    {"force", no_argument, NULL, 'f'},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"window", required_argument, NULL, OPTION_WINDOW},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"threads", required_argument, NULL, 'T'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct run {
    struct console console;
    struct surprise_options options;
    struct page page; /* path NULL: on the terminal */
    bool wants_help;
};

static bool refuse(struct run *run, const char *what)
{
    return options_refuse(&run->console, "surprise", what);
}

static bool parse_color(const char *text, bool *in_color)
{
    const char *no_color = getenv("NO_COLOR");
    if (strcmp(text, "auto") == 0)
        *in_color = isatty(STDOUT_FILENO) == 1 && (!no_color || !*no_color);
    else if (strcmp(text, "always") == 0 || strcmp(text, "never") == 0)
        *in_color = text[0] == 'a';
    else
        return false;
    return true;
}

static bool take(struct run *run, int option)
{
    struct surprise_options *o = &run->options;
    const struct common_options common = {"surprise", &run->console, &o->n_threads, 1024,
                                          &run->wants_help};
    switch (option) {
    case 'm':
        o->model_name = optarg;
        return true;
    case OPTION_COMPARE:
        o->compare_name = optarg;
        return true;
    case OPTION_HTML:
        run->page.path = optarg;
        return true;
    case 'f':
        run->page.force = true;
        return true;
    case OPTION_LIMIT:
        return (size_parse(optarg, &o->limit) && o->limit > 0) ||
               refuse(run, "--limit is a size such as 64K");
    case OPTION_WINDOW:
        return number_parse(optarg, 2, TACIT_EVAL_WINDOW_MAX, &o->window) ||
               refuse(run, "--window goes from 2 to 1048576 tokens");
    case OPTION_COLOR:
        return parse_color(optarg, &o->in_color) || refuse(run, "--color is auto, always or never");
    default:
        return options_take_common(&common, option);
    }
}

static bool parse(struct run *run, int argc, char **argv)
{
    int option;
    *run = (struct run){.options = {.limit = UINT64_MAX, .window = 2048},
                        .page = {.template = surprise_page}};
    console_init(&run->console);
    parse_color("auto", &run->options.in_color);
    optind = 1;
    while ((option = getopt_long(argc, argv, "m:T:fqh", options, NULL)) != -1)
        if (!take(run, option))
            return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return refuse(run, "name one file");
    if (run->options.compare_name && !run->options.model_name)
        return refuse(run, "--compare needs --model");
    run->options.path = argv[optind];
    return true;
}

static enum exit_code show(struct run *run, const struct surprise *surprise)
{
    if (run->page.path)
        return page_write(&run->console, &run->page, surprise_write_data, surprise);
    surprise_print(surprise);
    return EXIT_CODE_OK;
}

int cli_surprise(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        fputs(help, stdout);
        return EXIT_CODE_OK;
    }
    run.options.mixed = run.page.path != NULL; /* the terminal does not show it */
    struct surprise surprise = {.console = &run.console, .options = &run.options};
    enum exit_code code = surprise_measure(&surprise);
    if (code == EXIT_CODE_OK)
        code = show(&run, &surprise);
    surprise_release(&surprise);
    return (int)code;
}
