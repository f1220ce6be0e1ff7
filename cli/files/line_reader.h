/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a file or stream line by line, with memory for its longest line. A line is given as soon as
 * its end has come.
 */
#ifndef TACIT_CLI_FILES_LINE_READER_H
#define TACIT_CLI_FILES_LINE_READER_H

#include "cli/files/file_input.h"

struct line_reader {
    struct input input;
    char *buffer; /* [capacity] */
    size_t capacity, n_held, at;
    uint64_t offset;      /* in the file, of the line last given */
    uint64_t next_offset; /* of the one after it */
    uint64_t number;      /* of the line last given, from 1 */
};

/* After a failure the caller has nothing to close. */
enum exit_code line_reader_open(struct line_reader *reader, struct console *console,
                                const char *path);

/* The byte order mark, which editors and Windows programs put before text in UTF-8. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
enum { BYTE_ORDER_MARK_SIZE = 3 };

/* The next line without its end ("\n" or "\r\n") and without a byte order mark at its beginning, valid until the next
 * call; *line is NULL at the end. */
enum exit_code line_reader_next(struct line_reader *reader, const char **line, size_t *n);

void line_reader_close(struct line_reader *reader);

#endif
