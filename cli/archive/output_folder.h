/* SPDX-License-Identifier: Apache-2.0
 *
 * --output-dir: outputs in another folder than their inputs. What was found in a folder keeps its place below
 * that folder's name, and the folders in between are made with the rights of those they follow.
 */
#ifndef TACIT_CLI_ARCHIVE_OUTPUT_FOLDER_H
#define TACIT_CLI_ARCHIVE_OUTPUT_FOLDER_H

#include "cli/base/arguments.h"

/* Refuses a folder that is not there. */
enum exit_code output_folder_check(struct arguments *arguments);

/* *name, allocated: the output's path beside its input, of which the first bytes are the same as the input's. Becomes
 * its path in the output folder; folders on the way there are made. On failure the reason was said. */
enum exit_code output_folder_place(struct arguments *arguments, char **name);

#endif
