/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model fetch` of an address (model_url.h): the file grows in the folder .fetch of the
 * user's model directory. It becomes a model only after it was verified and opened there.
 */
#ifndef TACIT_CLI_MODELS_MODEL_FETCH_URL_H
#define TACIT_CLI_MODELS_MODEL_FETCH_URL_H

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"

/* If text names the first of a model's several files, all are fetched and stored as one. Reports
 * failures. */
enum exit_code model_fetch_url(struct console *console, const char *text);

#endif
