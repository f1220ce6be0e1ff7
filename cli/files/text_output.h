/* SPDX-License-Identifier: Apache-2.0
 *
 * An output (file_output.h) that is printed to. Text gathers in memory; text_output_spill, called now
 * and then, keeps that small. Call order: text_output_open, printing to `text` and text_output_spill,
 * then text_output_commit or text_output_abort. What can go wrong is said on the console.
 */
#ifndef TACIT_CLI_FILES_TEXT_OUTPUT_H
#define TACIT_CLI_FILES_TEXT_OUTPUT_H

#include <stdio.h>

#include "cli/files/file_output.h"

struct text_output {
    struct output output;
    FILE *text; /* NULL: not open */
    char *data; /* [n], as of the last flush of text */
    size_t n;
};

/* path: NULL for standard output. Refused if something has this name, unless force. */
enum exit_code text_output_open(struct text_output *out, struct console *console, const char *path,
                                bool force);

/* Writes what has gathered, if that is much. */
enum exit_code text_output_spill(struct text_output *out);

/* Puts the file in its place. After a failure nothing of it is left. */
enum exit_code text_output_commit(struct text_output *out);

/* Removes what was made. After commit or abort, or if all is zero, it does nothing. */
void text_output_abort(struct text_output *out);

#endif
