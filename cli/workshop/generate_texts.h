/* SPDX-License-Identifier: Apache-2.0
 *
 * Several texts of a model as JSON lines: `tacit generate --count`.
 */
#ifndef TACIT_CLI_WORKSHOP_GENERATE_TEXTS_H
#define TACIT_CLI_WORKSHOP_GENERATE_TEXTS_H

#include "cli/files/file_output.h"
#include "tacit/generate.h"

/* Writes a line {"seed": ..., "text": ...} for each of n_texts texts of n_bytes, in the order of their seeds, from
 * options->seed on. *code: of writing; what failed there was reported. TACIT_ERR_CANCELLED if *code is no success, and
 * as tacit_generate. */
enum tacit_status generate_texts(struct output *output, const struct tacit_model *model,
                                 const struct tacit_generate_options *options, size_t n_texts,
                                 uint64_t n_bytes, enum exit_code *code);

#endif
