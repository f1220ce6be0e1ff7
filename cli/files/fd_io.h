/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole reads and writes on a file descriptor: interrupted and partial ones go on, and a descriptor
 * that somebody made non-blocking is waited for. errno says why on failure.
 */
#ifndef TACIT_CLI_FILES_FD_IO_H
#define TACIT_CLI_FILES_FD_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fewer than n bytes only at the end of the file. */
bool fd_read_full(int fd, void *data, size_t n, size_t *n_read);

/* What is there, at least a byte; 0 only at the end of the file. */
bool fd_read_some(int fd, void *data, size_t n, size_t *n_read);

/* Exactly n bytes at the offset; a file that ends before gives EIO. */
bool fd_read_at(int fd, uint64_t offset, void *data, size_t n);

bool fd_write_full(int fd, const void *data, size_t n);

/* Opens what is missing of descriptors 0, 1 and 2 the wrong way round, so that no file of ours
 * takes their place and using them still fails. */
void fd_guard_standard(void);

#endif
