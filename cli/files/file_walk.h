/* SPDX-License-Identifier: Apache-2.0
 *
 * The regular files in a folder and in its folders, in the order of their names. Links to folders
 * are not followed, so that every walk ends.
 */
#ifndef TACIT_CLI_FILES_FILE_WALK_H
#define TACIT_CLI_FILES_FILE_WALK_H

#include <stdbool.h>

#include "cli/base/exit_codes.h"

struct file_walk {
    struct console *console;
    bool skips_hidden; /* names that begin with a dot */
    bool takes_links;  /* to files */
    /* path is valid during the call. The walk returns the worst exit code of all calls; only
     * EXIT_CODE_RESOURCES ends the walk. */
    enum exit_code (*visit)(void *context, const char *path);
    void *context;
};

/* folder: a path, with or without a slash at its end. A folder that cannot be read is reported on
 * the console, and the walk continues. */
enum exit_code file_walk_run(const struct file_walk *walk, const char *folder);

#endif
