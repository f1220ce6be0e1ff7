/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/cmd_surprise.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/option_table.h"
#include "cli/files/page_output.h"
#include "cli/measure/pages.h"

struct run {
    struct console console;
    struct surprise_options options;
    struct page page; /* path NULL: on the terminal */
    bool wants_help;
};

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

static bool take_color(void *options, const struct option_row *row, const char *value)
{
    struct run *run = options;
    (void)row;
    return parse_color(value, &run->options.in_color);
}

#define AT(field) offsetof(struct run, field)

static const struct option_row rows[] = {
    {"model", 'm', OPTION_TEXT, 0, AT(options.model_name), 0, 0, "NAME", NULL,
     "costs by this language model; without it, by context models", NULL},
    {"compare", 0, OPTION_TEXT, 0, AT(options.compare_name), 0, 0, "NAME", NULL,
     "shades the difference to this model: red where the first costs\n"
     "more, green (on the page blue) where the other costs more",
     NULL},
    {"html", 0, OPTION_TEXT, 0, AT(page.path), 0, 0, "FILE", NULL,
     "writes a page instead, one file that works offline: details of\n"
     "each token, the course of costs, the passages that cost most",
     NULL},
    OPTION_ROW_FORCE(struct run, page.force),
    OPTION_ROW_LIMIT(struct run, options.limit),
    OPTION_ROW_WINDOW(struct run, options.window),
    {"color", 0, OPTION_TAKE, 0, 0, 0, 0, "auto|always|never", "is auto, always or never",
     "auto (where the output is a terminal and NO_COLOR is not set),\nalways or never", take_color},
    OPTION_ROW_THREADS(struct run, options.n_threads, TACIT_THREADS_MAX),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "surprise",
    .usage = "surprise [OPTION]... FILE",
    .about = "Shows the bits that each part of FILE costs: the more, the darker its background.\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.options = {.limit = UINT64_MAX, .window = 2048},
                        .page = {.template = surprise_page}};
    console_init(&run->console);
    parse_color("auto", &run->options.in_color);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    if (run->wants_help)
        return true;
    if (argc - optind != 1)
        return options_refuse(&run->console, &line, "name one file");
    if (run->options.compare_name && !run->options.model_name)
        return options_refuse(&run->console, &line, "--compare needs --model");
    run->options.path = argv[optind];
    return true;
}

static enum exit_code show(struct run *run, const struct surprise *surprise)
{
    if (run->page.path)
        return page_write(&run->page, surprise_write_data, surprise);
    surprise_print(surprise);
    return EXIT_CODE_OK;
}

int cli_surprise(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    run.options.mixed = run.page.path != NULL; /* the terminal does not show it */
    struct surprise surprise = {.console = &run.console, .options = &run.options};
    enum exit_code code = EXIT_CODE_OK;
    if (run.page.path)
        code = page_open(&run.console, &run.page);
    if (code == EXIT_CODE_OK)
        code = surprise_measure(&surprise);
    if (code == EXIT_CODE_OK)
        code = show(&run, &surprise);
    surprise_release(&surprise);
    page_close(&run.page);
    return (int)code;
}
