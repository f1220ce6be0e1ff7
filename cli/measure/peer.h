/* SPDX-License-Identifier: Apache-2.0
 *
 * Other compressors, run as commands that read standard input and write standard output.
 */
#ifndef TACIT_CLI_MEASURE_PEER_H
#define TACIT_CLI_MEASURE_PEER_H

#include <stdint.h>

#include "cli/base/exit_codes.h"

/* The command line of a compressor known by name (xz, zstd, brotli), NULL if there is none. */
const char *peer_command(const char *name);

/* Runs it by the shell on the first `limit` bytes of the file; *n_out: the number of bytes that it
 * wrote. Reports failures. */
enum exit_code peer_run(struct console *console, const char *command, const char *path,
                        uint64_t limit, uint64_t *n_out);

#endif
