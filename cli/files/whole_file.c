/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/whole_file.h"

#include <stdlib.h>

enum exit_code whole_file_read(struct console *console, const char *path, uint64_t limit,
                               unsigned char **data, size_t *n)
{
    struct input input;
    size_t capacity = 1 << 16, n_read;
    *data = NULL;
    *n = 0;
    enum exit_code code = input_open(&input, console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    while (code == EXIT_CODE_OK && !input.at_end && *n < limit) {
        capacity *= 2;
        unsigned char *more = realloc(*data, capacity + 1);
        if (more == NULL) {
            code = fail_with_status(console, input.name, TACIT_ERR_MEMORY);
            break;
        }
        *data = more;
        size_t room = capacity - *n;
        code = input_read(&input, *data + *n, room < limit - *n ? room : (size_t)(limit - *n),
                          &n_read);
        *n += n_read;
    }
    input_close(&input);
    if (code == EXIT_CODE_OK && *data == NULL)
        *data = malloc(1);
    if (code == EXIT_CODE_OK && *data != NULL)
        (*data)[*n] = 0;
    return code;
}
