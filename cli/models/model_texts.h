/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts that commands which make models read, named one at a time by an option.
 */
#ifndef TACIT_CLI_MODELS_MODEL_TEXTS_H
#define TACIT_CLI_MODELS_MODEL_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/base/option_table.h"

enum { MODEL_TEXTS_MAX = 64 };
#define MODEL_TEXTS_WANTED "takes 64 files at most" /* what a refusal says */

struct model_texts {
    const char *names[MODEL_TEXTS_MAX];
    size_t n;
};

/* The function of an option's row, whose offset is that of a struct model_texts. False: there are too many. */
bool model_texts_take(void *options, const struct option_row *row, const char *value);

#endif
