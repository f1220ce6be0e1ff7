/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole reads and writes on a file descriptor: interrupted and partial calls continue, and the
 * functions wait for a descriptor that another process made non-blocking. On failure errno says
 * why.
 */
#ifndef TACIT_CLI_FILES_FD_IO_H
#define TACIT_CLI_FILES_FD_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fewer than n bytes only at the end of the file. */
bool fd_read_full(int fd, void *data, size_t n, size_t *n_read);

/* Reads the bytes that are there, at least one; 0 only at the end of the file. */
bool fd_read_some(int fd, void *data, size_t n, size_t *n_read);

/* Reads exactly n bytes at the offset; EIO if the file ends before. */
bool fd_read_at(int fd, uint64_t offset, void *data, size_t n);

bool fd_write_full(int fd, const void *data, size_t n);

/* Opens those of the descriptors 0, 1 and 2 that are closed, in the wrong direction, so that no
 * other file takes their numbers and using them still fails. */
void fd_guard_standard(void);

#endif
