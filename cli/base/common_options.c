/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/common_options.h"

#include <getopt.h>
#include <stdio.h>

#include "cli/base/number_text.h"

bool options_refuse(struct console *console, const char *command, const char *what)
{
    console_error(console, NULL, "%s: %s; try 'tacit %s --help'", command, what, command);
    return false;
}

static bool take_threads(const struct common_options *common)
{
    char what[64];
    if (number_parse(optarg, 0, common->n_threads_max, common->n_threads))
        return true;
    snprintf(what, sizeof what, "the number of threads goes from 0 to %u", common->n_threads_max);
    return options_refuse(common->console, common->command, what);
}

bool options_take_common(const struct common_options *common, int option)
{
    switch (option) {
    case 'T':
        return take_threads(common);
    case 'q':
        common->console->verbosity--;
        return true;
    case 'h':
        *common->wants_help = true;
        return true;
    default:
        return options_refuse(common->console, common->command, "wrong option");
    }
}
