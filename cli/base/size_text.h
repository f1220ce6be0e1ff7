/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of bytes as text for people. K, M, G and T are powers of 1024, with or without
 * "B" or "iB" behind, in either case.
 */
#ifndef TACIT_CLI_BASE_SIZE_TEXT_H
#define TACIT_CLI_BASE_SIZE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "64", "64K", "2GiB"; whole numbers only. False if text is anything else or too large. */
bool size_parse(const char *text, uint64_t *n_bytes);

enum { SIZE_TEXT_CAP = 16 };

/* "812 B", "12.3 KiB", "1.20 GiB": into text[SIZE_TEXT_CAP], which is returned. */
char *size_format(char *text, double n_bytes);

/* A range of content as HTTP writes it: first and last byte counted from 0, last one included.
 * "A-B", "A-" to the end, "-N" the last N bytes. */
struct byte_range {
    uint64_t first;
    uint64_t last;       /* UINT64_MAX: the end */
    uint64_t n_from_end; /* not 0: this many last bytes; first and last have no meaning */
};

/* A and B as size_parse takes them. False if text is no range, or the range ends before it
 * starts. */
bool range_parse(const char *text, struct byte_range *range);

/* Finds the range in n_content bytes; false if the range leaves them. */
bool range_resolve(const struct byte_range *range, uint64_t n_content, uint64_t *offset,
                   uint64_t *n_bytes);

#endif
