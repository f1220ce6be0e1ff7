/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/page_output.h"

#include <string.h>

#include "cli/files/text_output.h"

enum exit_code page_write(struct console *console, const struct page *page, page_data_fn write_data,
                          const void *context)
{
    static const char mark[] = "@DATA@";
    const char *data = strstr(page->template, mark);
    struct text_output out;
    enum exit_code code = text_output_open(&out, console, page->path, page->force);
    if (code != EXIT_CODE_OK)
        return code;
    fwrite(page->template, 1, (size_t)(data - page->template), out.text);
    write_data(context, out.text);
    fputs(data + sizeof mark - 1, out.text);
    return text_output_commit(&out);
}
