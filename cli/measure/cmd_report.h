/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit report`: one HTML page of tables and plots from the JSON of other commands. argv[0] is
 * "report". Returns the process's exit status (exit_codes.h).
 *
 * Parts: report.c reads the command line, report_sources.c recognises each file and adds it to the
 * page's data, report_page.html makes tables and plots of the data in the browser.
 */
#ifndef TACIT_CLI_MEASURE_CMD_REPORT_H
#define TACIT_CLI_MEASURE_CMD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"

int cli_report(int argc, char **argv);

struct report_options {
    const char *title;
    bool skip_broken; /* go on behind a line that is broken, with a warning */
};

/* Appends the file to the page's data: {"kind": ..., "name": ..., ...}. A file that is no result of
 * a command that the page knows is refused and reported. */
enum exit_code report_add_source(struct console *console, const struct report_options *options,
                                 const char *path, FILE *out);

#endif
