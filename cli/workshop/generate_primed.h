/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of `tacit generate --primed`, which `tacit model prime` wrote.
 */
#ifndef TACIT_CLI_WORKSHOP_GENERATE_PRIMED_H
#define TACIT_CLI_WORKSHOP_GENERATE_PRIMED_H

#include <stdbool.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "tacit/generate.h"

/* Reads the file and sets options->primed, which is *primed, and of n_context, kv and kv_keep those that are not given.
 * On failure reports why. The caller destroys *primed, which is NULL at first, even after a failure. */
enum exit_code generate_primed_open(struct console *console, const char *path,
                                    const struct tacit_model *model, bool kv_is_given,
                                    struct tacit_generate_options *options,
                                    struct tacit_primed **primed);

#endif
