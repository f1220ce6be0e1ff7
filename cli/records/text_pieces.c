/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/text_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/console.h"

enum exit_code text_pieces_open(struct text_pieces *pieces, struct console *console,
                                const char *path, uint64_t limit)
{
    *pieces = (struct text_pieces){.n_left = limit};
    enum exit_code code = input_open(&pieces->input, console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    uint64_t size = input_size(&pieces->input);
    pieces->capacity = size > 0 && size < TEXT_PIECE_MAX ? (size_t)size + 1 : TEXT_PIECE_MAX;
    pieces->buffer = malloc(pieces->capacity);
    if (pieces->buffer)
        return EXIT_CODE_OK;
    input_close(&pieces->input);
    return fail_with_status(console, path, TACIT_ERR_MEMORY);
}

void text_pieces_close(struct text_pieces *pieces)
{
    input_close(&pieces->input);
    free(pieces->buffer);
    pieces->buffer = NULL;
}

/* How many bytes of a full buffer to give: up to the end of its last whole line. */
static size_t cut(const struct text_pieces *pieces)
{
    size_t n = pieces->n_held;
    if (n < pieces->capacity || pieces->n_left == 0)
        return n;
    while (n > 0 && pieces->buffer[n - 1] != '\n')
        n--;
    return n > 0 ? n : pieces->n_held;
}

enum exit_code text_pieces_next(struct text_pieces *pieces, const unsigned char **data, size_t *n)
{
    size_t room, n_read = 0;
    memmove(pieces->buffer, pieces->buffer + pieces->n_given, pieces->n_held - pieces->n_given);
    pieces->n_held -= pieces->n_given;
    pieces->n_given = 0;
    room = pieces->capacity - pieces->n_held;
    room = room < pieces->n_left ? room : (size_t)pieces->n_left;
    *n = 0;
    if (room > 0 && !pieces->input.at_end) {
        enum exit_code code =
            input_read(&pieces->input, pieces->buffer + pieces->n_held, room, &n_read);
        if (code != EXIT_CODE_OK)
            return code;
    }
    pieces->n_held += n_read;
    pieces->n_left -= n_read;
    *data = pieces->buffer;
    *n = pieces->n_given = pieces->input.at_end ? pieces->n_held : cut(pieces);
    return EXIT_CODE_OK;
}
