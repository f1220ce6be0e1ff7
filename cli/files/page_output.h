/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTML page: a template (pages.h) with data in its middle, put in its place whole or not at all.
 */
#ifndef TACIT_CLI_FILES_PAGE_OUTPUT_H
#define TACIT_CLI_FILES_PAGE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"

/* Writes the page's data, JSON without '<'. */
typedef void (*page_data_fn)(const void *context, FILE *out);

struct page {
    const char *template;
    const char *path; /* NULL: standard output */
    bool force;       /* a file of that name is replaced */
};

enum exit_code page_write(struct console *console, const struct page *page, page_data_fn write_data,
                          const void *context);

#endif
