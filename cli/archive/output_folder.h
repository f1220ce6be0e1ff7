/* SPDX-License-Identifier: Apache-2.0
 *
 * --output-dir: outputs in another folder than their inputs. A file found in a folder keeps its
 * place below that folder's name; folders in between get the permissions of the input's folders.
 */
#ifndef TACIT_CLI_ARCHIVE_OUTPUT_FOLDER_H
#define TACIT_CLI_ARCHIVE_OUTPUT_FOLDER_H

#include "cli/base/arguments.h"

/* Refuses a folder that does not exist. */
enum exit_code output_folder_check(struct arguments *arguments);

/* *name, allocated: the output's path beside its input, which begins like the input's path. Changes
 * *name to the path in the output folder, and makes the folders on the way. Reports failures. */
enum exit_code output_folder_place(struct arguments *arguments, char **name);

#endif
