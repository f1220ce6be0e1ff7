/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file of text in pieces of bounded size, cut after a line's end if there is one, so that
 * files larger than memory can be measured. Failures are reported on the console.
 */
#ifndef TACIT_CLI_RECORDS_TEXT_PIECES_H
#define TACIT_CLI_RECORDS_TEXT_PIECES_H

#include "cli/files/file_input.h"

enum { TEXT_PIECE_MAX = 16 << 20 };

struct text_pieces {
    struct input input;
    unsigned char *buffer; /* [capacity] */
    size_t capacity, n_held, n_given;
    uint64_t n_left; /* of the limit */
};

/* limit: bytes to read at most. After a failure the caller has nothing to close. */
enum exit_code text_pieces_open(struct text_pieces *pieces, struct console *console,
                                const char *path, uint64_t limit);

/* *n is 0 at the end. The data is valid until the next call. */
enum exit_code text_pieces_next(struct text_pieces *pieces, const unsigned char **data, size_t *n);

void text_pieces_close(struct text_pieces *pieces);

#endif
