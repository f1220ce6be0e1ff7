/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/page_output.h"

#include <string.h>

enum exit_code page_open(struct console *console, struct page *page)
{
    return text_output_open(&page->out, console, page->path, page->force);
}

enum exit_code page_write(struct page *page, page_data_fn write_data, const void *context)
{
    static const char mark[] = "@DATA@";
    const char *data = strstr(page->template, mark);
    FILE *out = page->out.text;
    fwrite(page->template, 1, (size_t)(data - page->template), out);
    write_data(context, out);
    fputs(data + sizeof mark - 1, out);
    return text_output_commit(&page->out);
}

void page_close(struct page *page)
{
    text_output_abort(&page->out);
}
