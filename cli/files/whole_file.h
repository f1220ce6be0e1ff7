/* SPDX-License-Identifier: Apache-2.0
 *
 * A file, or standard input, read into memory as a whole.
 */
#ifndef TACIT_CLI_FILES_WHOLE_FILE_H
#define TACIT_CLI_FILES_WHOLE_FILE_H

#include "cli/files/file_input.h"

/* limit: bytes to read at most; *data is the caller's to free, also after a failure, which was said, and ends in a
 * byte 0 that does not count. */
enum exit_code whole_file_read(struct console *console, const char *path, uint64_t limit,
                               unsigned char **data, size_t *n);

#endif
