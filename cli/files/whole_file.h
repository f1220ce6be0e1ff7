/* SPDX-License-Identifier: Apache-2.0
 *
 * A file, or standard input, read into memory as a whole.
 */
#ifndef TACIT_CLI_FILES_WHOLE_FILE_H
#define TACIT_CLI_FILES_WHOLE_FILE_H

#include "cli/files/file_input.h"

/* limit: bytes to read at most; The caller frees *data, even after a failure, which was reported. A
 * byte 0 follows the n bytes. */
enum exit_code whole_file_read(struct console *console, const char *path, uint64_t limit,
                               unsigned char **data, size_t *n);

#endif
