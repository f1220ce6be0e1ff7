/* SPDX-License-Identifier: Apache-2.0
 *
 * An output (file_output.h) that is printed to. Text gathers in memory; text_output_spill, called now
 * and then, keeps that small. Call order: text_output_open, printing to `text` and text_output_spill,
 * then text_output_commit or text_output_abort. Failures are reported on the console.
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

/* path: NULL for standard output. Refuses a name that exists, unless force. */
enum exit_code text_output_open(struct text_output *out, struct console *console, const char *path,
                                bool force);

/* Writes the gathered text, if it is long. */
enum exit_code text_output_spill(struct text_output *out);

/* Puts the file in its place. After a failure no temporary file is left. */
enum exit_code text_output_commit(struct text_output *out);

/* Removes the temporary file. Does nothing after commit or abort, or if all fields are zero. */
void text_output_abort(struct text_output *out);

#endif
