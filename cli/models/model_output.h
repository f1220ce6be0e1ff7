/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a command that makes a model puts it.
 */
#ifndef TACIT_CLI_MODELS_MODEL_OUTPUT_H
#define TACIT_CLI_MODELS_MODEL_OUTPUT_H

#include <stdbool.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "tacit/shrink.h"

/* Whether there is no such file yet, or force; reports otherwise. */
bool model_output_is_free(struct console *console, const char *path, bool force);

/* How a command makes a model of another. */
struct model_making {
    struct console *console;
    const char
        *output; /* a name, which becomes a file among the installed models, or a .tmodel file */
    bool force;  /* replace a file that exists */
    /* model: a file, or NULL for the linked-in model. Lines of the sink are shown as notes. */
    enum tacit_status (*make)(void *job, const char *model, const char *path,
                              const struct tacit_train_sink *sink);
    void *job;
    int (*stop)(void *context); /* of the sink; NULL: nothing stops it */
    /* What to say after a failure, or NULL to say what its status says; NULL: always that. */
    const char *(*explain)(const void *job);
    const char *
        argument_means; /* what to say of the model for TACIT_ERR_ARGUMENT; NULL: it does not happen */
};

/* Makes a model of the one called `name`, and reports how that ended. */
enum exit_code model_output_make(const struct model_making *making, const char *name);

#endif
