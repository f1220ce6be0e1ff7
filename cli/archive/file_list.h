/* SPDX-License-Identifier: Apache-2.0
 *
 * The files that a command works on where not all of them are words of the command line: those that
 * --files-from lists and those that -r finds in folders.
 */
#ifndef TACIT_CLI_ARCHIVE_FILE_LIST_H
#define TACIT_CLI_ARCHIVE_FILE_LIST_H

#include "cli/base/arguments.h"

struct file_list {
    struct arguments *arguments;
    char **paths;      /* [n] */
    size_t *kept_from; /* [n], see struct arguments */
    size_t n, capacity;
    size_t n_skipped;   /* archives that nobody asked to compress once more */
    size_t walked_from; /* kept_from of what the walk finds that is under way */
};

/* Makes arguments->files and what goes with them from the words that are there, the list and the folders, where
 * the options say so. What cannot be read is named, and the rest is taken: the code then says so. Of
 * folders, compressing takes the files that do not end in .tct, and whatever reads archives those that
 * do. */
enum exit_code file_list_open(struct file_list *list, struct arguments *arguments);

void file_list_close(struct file_list *list);

#endif
