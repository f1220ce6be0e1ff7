/* SPDX-License-Identifier: Apache-2.0 */
#include "page_output.h"

#include <stdlib.h>
#include <string.h>

#include "file_output.h"

static enum exit_code put(struct console *console, const char *path, const char *page, size_t n)
{
    struct output output;
    if (!path)
        return fwrite(page, 1, n, stdout) == n ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    enum exit_code code = output_open_file(&output, console, path, true);
    if (code == EXIT_CODE_OK)
        code = output_write(&output, page, n);
    if (code == EXIT_CODE_OK)
        return output_commit(&output, NULL);
    output_abort(&output);
    return code;
}

enum exit_code page_write(struct console *console, const char *path, const char *template,
                          page_data_fn write_data, const void *context)
{
    static const char mark[] = "@DATA@";
    const char *data = strstr(template, mark);
    char *page = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&page, &n);
    if (!out)
        return fail_with_status(console, path, TACIT_ERR_MEMORY);
    fwrite(template, 1, (size_t)(data - template), out);
    write_data(context, out);
    fputs(data + sizeof mark - 1, out);
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    enum exit_code code =
        good ? put(console, path, page, n) : fail_with_status(console, path, TACIT_ERR_MEMORY);
    free(page);
    return code;
}
