/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops that pass bytes from an input through the library to an output. They report failures on
 * the console and return the exit code; the caller then aborts the output.
 */
#ifndef TACIT_CLI_ARCHIVE_TRANSFER_H
#define TACIT_CLI_ARCHIVE_TRANSFER_H

#include <stdbool.h>

#include "cli/base/exit_codes.h"
#include "cli/files/file_input.h"
#include "cli/files/file_output.h"
#include "tacit/options.h"

/* verify: decodes the archive while it is made, and compares. */
enum exit_code transfer_encode(struct input *input, struct output *output,
                               const struct tacit_options *options, bool verify);

enum exit_code transfer_decode(struct input *input, struct output *output,
                               const struct tacit_options *options);

#endif
