/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/console.h"
#include "cli/files/fd_io.h"

enum { FIRST_CAPACITY = 1 << 16 };

enum exit_code line_reader_open(struct line_reader *reader, struct console *console,
                                const char *path)
{
    *reader = (struct line_reader){.capacity = FIRST_CAPACITY};
    enum exit_code code = input_open(&reader->input, console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    reader->buffer = malloc(reader->capacity);
    if (reader->buffer)
        return EXIT_CODE_OK;
    input_close(&reader->input);
    return fail_with_status(console, path, TACIT_ERR_MEMORY);
}

void line_reader_close(struct line_reader *reader)
{
    input_close(&reader->input);
    free(reader->buffer);
    reader->buffer = NULL;
}

/* Keeps the bytes that were not given yet and reads more behind them. */
static enum exit_code fill(struct line_reader *reader)
{
    size_t n_read = 0;
    memmove(reader->buffer, reader->buffer + reader->at, reader->n_held - reader->at);
    reader->n_held -= reader->at;
    reader->at = 0;
    if (reader->n_held > reader->capacity / 2) {
        char *more = realloc(reader->buffer, 2 * reader->capacity);
        if (!more)
            return fail_with_status(reader->input.console, reader->input.name, TACIT_ERR_MEMORY);
        reader->buffer = more;
        reader->capacity *= 2;
    }
    if (!fd_read_some(reader->input.fd, reader->buffer + reader->n_held,
                      reader->capacity - reader->n_held, &n_read)) {
        console_error(reader->input.console, reader->input.name, "cannot read: %s",
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    reader->n_held += n_read;
    reader->input.at_end = n_read == 0;
    return n_read == 0 ? input_check_end(&reader->input) : EXIT_CODE_OK;
}

enum exit_code line_reader_next(struct line_reader *reader, const char **line, size_t *n)
{
    size_t searched = 0;
    char *end = NULL;
    *line = NULL;
    *n = 0;
    for (;;) {
        char *start = reader->buffer + reader->at;
        size_t n_left = reader->n_held - reader->at;
        end = n_left > searched ? memchr(start + searched, '\n', n_left - searched) : NULL;
        if (end || reader->input.at_end)
            break;
        searched = n_left;
        enum exit_code code = fill(reader);
        if (code != EXIT_CODE_OK)
            return code;
    }
    if (!end && reader->at == reader->n_held)
        return EXIT_CODE_OK;
    *line = reader->buffer + reader->at;
    *n = end ? (size_t)(end - *line) : reader->n_held - reader->at;
    reader->at += *n + (end != NULL);
    reader->offset = reader->next_offset;
    reader->next_offset += *n + (end != NULL);
    reader->number++;
    if (*n > 0 && (*line)[*n - 1] == '\r')
        --*n;
    if (*n >= BYTE_ORDER_MARK_SIZE && memcmp(*line, BYTE_ORDER_MARK, BYTE_ORDER_MARK_SIZE) == 0) {
        *line += BYTE_ORDER_MARK_SIZE;
        *n -= BYTE_ORDER_MARK_SIZE;
        reader->offset += BYTE_ORDER_MARK_SIZE;
    }
    return EXIT_CODE_OK;
}
