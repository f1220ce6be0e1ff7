/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that all commands for models share, and how these commands refuse others.
 */
#ifndef TACIT_CLI_BASE_COMMON_OPTIONS_H
#define TACIT_CLI_BASE_COMMON_OPTIONS_H

#include <stdbool.h>

#include "cli/base/console.h"

/* Says what is wrong and where help is; false. */
bool options_refuse(struct console *console, const char *command, const char *what);

struct common_options {
    const char *command;
    struct console *console;
    unsigned *n_threads; /* NULL: there is no -T */
    unsigned n_threads_max;
    bool *wants_help;
};

/* What getopt has returned: -T with optarg, -q or -h; anything else is refused. */
bool options_take_common(const struct common_options *common, int option);

#endif
