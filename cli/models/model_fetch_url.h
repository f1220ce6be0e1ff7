/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit model fetch` of an address (model_url.h): the file grows in the folder .fetch of the user's model directory, is
 * verified there and tried, and only then is a model.
 */
#ifndef TACIT_CLI_MODELS_MODEL_FETCH_URL_H
#define TACIT_CLI_MODELS_MODEL_FETCH_URL_H

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"

/* Of a model in several files, text names the first: all are fetched, and stored as one. What went wrong was
 * said. */
enum exit_code model_fetch_url(struct console *console, const char *text);

#endif
