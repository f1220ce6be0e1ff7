/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/cmd_report.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/option_table.h"
#include "cli/files/page_output.h"
#include "cli/measure/pages.h"
#include "tacit/version.h"

struct run {
    struct console console;
    struct report_options options;
    struct page page;
    bool wants_help;
    char *sources; /* JSON, one source after the other */
};

#define AT(field) offsetof(struct run, field)

static const struct option_row rows[] = {
    {"output", 'o', OPTION_OUTPUT, 0, AT(page.path), 0, 0, "PAGE", NULL,
     "instead of standard output", NULL},
    OPTION_ROW_FORCE(struct run, page.force),
    {"title", 0, OPTION_TEXT, 0, AT(options.title), 0, 0, "TEXT", NULL,
     "heading of the page (Report)", NULL},
    OPTION_ROW_SKIP_BROKEN(struct run, options.skip_broken),
    OPTION_ROW_QUIET(struct run, console.verbosity),
    OPTION_ROW_HELP(struct run, wants_help),
};

static const struct command_line line = {
    .name = "report",
    .usage = "report [OPTION]... FILE...",
    .about =
        "Makes one HTML page of tables and plots, which works offline, from results:\n"
        "  tacit eval --json, tacit rank --json, tacit bench --json, bench/compare.py --json\n"
        "  tacit inspect --json, tacit select --explain FILE, the log.jsonl of tacit train run\n",
    OPTION_TABLE(rows),
    .manual = "tacit-models"};

static bool parse(struct run *run, int argc, char **argv)
{
    *run = (struct run){.options = {.title = "Report"}, .page = {.template = report_page}};
    console_init(&run->console);
    if (!options_parse(&line, run, &run->console, argc, argv, NULL))
        return false;
    return run->wants_help || optind < argc ||
           options_refuse(&run->console, &line, "name files of results");
}

static void write_data(const void *context, FILE *out)
{
    const struct run *run = context;
    fputs("{\"title\":", out);
    json_print_html_string(out, run->options.title, strlen(run->options.title));
    fprintf(out, ",\"version\":\"%s\",\"sources\":[%s]}", tacit_version(), run->sources);
}

/* Reads all sources, or fails: a page without one would mislead. */
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
        options_print_help(&line);
        return EXIT_CODE_OK;
    }
    enum exit_code code = page_open(&run.console, &run.page);
    if (code == EXIT_CODE_OK)
        code = read_sources(&run, argv + optind, argc - optind);
    if (code == EXIT_CODE_OK)
        code = page_write(&run.page, write_data, &run);
    page_close(&run.page);
    free(run.sources);
    return (int)code;
}
