/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTML page: a template (pages.h) with data in its middle. The file appears whole or not at all.
 */
#ifndef TACIT_CLI_FILES_PAGE_OUTPUT_H
#define TACIT_CLI_FILES_PAGE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/files/text_output.h"

/* Writes the page's data, JSON without '<'. */
typedef void (*page_data_fn)(const void *context, FILE *out);

struct page {
    const char *template;
    const char *path; /* NULL: standard output */
    bool force;       /* a file of that name is replaced */
    struct text_output out;
};

/* Call before the work, so that a page that cannot be made is refused at once. */
enum exit_code page_open(struct console *console, struct page *page);

/* Fills the page and puts it in its place. */
enum exit_code page_write(struct page *page, page_data_fn write_data, const void *context);

/* Removes the temporary file of a page that was not written. May always be called. */
void page_close(struct page *page);

#endif
