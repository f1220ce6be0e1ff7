/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of a command that come not only from the command line's words: files that --files-from
 * lists and files that -r finds in folders.
 */
#ifndef TACIT_CLI_ARCHIVE_FILE_LIST_H
#define TACIT_CLI_ARCHIVE_FILE_LIST_H

#include "cli/base/arguments.h"

struct file_list {
    struct arguments *arguments;
    char **paths;      /* [n] */
    size_t *kept_from; /* [n], see struct arguments */
    size_t n, capacity;
    size_t n_skipped;   /* archives that were found but not compressed once more */
    size_t walked_from; /* kept_from of files of the present walk */
};

/* Sets arguments->files and the fields with them from the words, the list and the folders that the
 * options name. A file or folder that cannot be read is reported, and the others are taken; the
 * exit code then tells. Of a folder, compressing takes the files that do not end in .tct; commands
 * that read archives take those that do. */
enum exit_code file_list_open(struct file_list *list, struct arguments *arguments);

void file_list_close(struct file_list *list);

#endif
