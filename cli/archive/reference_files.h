/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the files of -D, one behind the other, into the library's reference.
 */
#ifndef TACIT_CLI_ARCHIVE_REFERENCE_FILES_H
#define TACIT_CLI_ARCHIVE_REFERENCE_FILES_H

#include "cli/base/arguments.h"

/* *reference: NULL without -D. Sets arguments->codec.reference and the console's text for it.
 * Reports failures. */
enum exit_code reference_files_open(struct arguments *arguments,
                                    struct tacit_reference **reference);

#endif
