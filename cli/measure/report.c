/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/common_options.h"
#include "cli/base/json_text.h"
#include "cli/base/page_output.h"
#include "cli/measure/pages.h"
#include "tacit/version.h"

static const char help[] =
    "Usage: tacit report [OPTION]... FILE...\n"
    "\n"
    "Makes one HTML page of tables and plots, which works offline, from results:\n"
    "  tacit eval --json, tacit rank --json, tacit bench --json, bench/compare.py --json\n"
    "  tacit select --explain FILE, the log.jsonl of tacit train run\n"
    "\n"
    "  -o, --output PAGE      instead of standard output\n"
    "  -f, --force            replaces PAGE if it exists\n"
    "      --title TEXT       heading of the page (Report)\n"
    "      --skip-broken      go on behind a broken line, with a warning\n"
    "  -q, --quiet            no warnings\n"
    "\n"
    "Everything else: man tacit-models\n";

enum { OPTION_TITLE = 256, OPTION_SKIP_BROKEN };

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"force", no_argument, NULL, 'f'},
    {"title", required_argument, NULL, OPTION_TITLE},
    {"skip-broken", no_argument, NULL, OPTION_SKIP_BROKEN},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct run {
    struct console console;
    struct report_options options;
    struct page page;
    bool wants_help;
    char *sources; /* JSON, one source after the other */
};

static bool refuse(struct run *run, const char *what)
{
    return options_refuse(&run->console, "report", what);
}

static bool parse(struct run *run, int argc, char **argv)
{
    int option;
    *run = (struct run){.options = {.title = "Report"}, .page = {.template = report_page}};
    const struct common_options common = {"report", &run->console, NULL, 0, &run->wants_help};
    console_init(&run->console);
    optind = 1;
    while ((option = getopt_long(argc, argv, "o:fqh", options, NULL)) != -1) {
        if (option == 'o')
            run->page.path = strcmp(optarg, "-") == 0 ? NULL : optarg;
        else if (option == 'f')
            run->page.force = true;
        else if (option == OPTION_TITLE)
            run->options.title = optarg;
        else if (option == OPTION_SKIP_BROKEN)
            run->options.skip_broken = true;
        else if (!options_take_common(&common, option))
            return false;
    }
    return run->wants_help || optind < argc || refuse(run, "name files of results");
}

static void write_data(const void *context, FILE *out)
{
    const struct run *run = context;
    fputs("{\"title\":", out);
    json_print_html_string(out, run->options.title, strlen(run->options.title));
    fprintf(out, ",\"version\":\"%s\",\"sources\":[%s]}", tacit_version(), run->sources);
}

/* All sources, or none: a page that lacks one would tell half. */
static enum exit_code read_sources(struct run *run, char *const *paths, int n_paths)
{
    size_t n;
    enum exit_code code = EXIT_CODE_OK;
    FILE *out = open_memstream(&run->sources, &n);
    if (!out)
        return fail_with_status(&run->console, NULL, TACIT_ERR_MEMORY);
    for (int i = 0; i < n_paths && code == EXIT_CODE_OK; i++) {
        if (i > 0)
            fputs(",\n", out);
        code = report_add_source(&run->console, &run->options, paths[i], out);
    }
    bool good = !ferror(out);
    if ((fclose(out) != 0 || !good) && code == EXIT_CODE_OK)
        code = fail_with_status(&run->console, NULL, TACIT_ERR_MEMORY);
    return code;
}

int cli_report(int argc, char **argv)
{
    struct run run;
    if (!parse(&run, argc, argv))
        return EXIT_CODE_USAGE;
    if (run.wants_help) {
        fputs(help, stdout);
        return EXIT_CODE_OK;
    }
    enum exit_code code = read_sources(&run, argv + optind, argc - optind);
    if (code == EXIT_CODE_OK)
        code = page_write(&run.console, &run.page, write_data, &run);
    free(run.sources);
    return (int)code;
}
