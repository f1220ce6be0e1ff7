/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/file_walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/base/console.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_wanted(const struct file_walk *walk, const char *name)
{
    return name[0] != '.' ||
           (!walk->skips_hidden && strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
}

static enum exit_code walk_entry(const struct file_walk *walk, const char *folder, const char *name)
{
    size_t n_folder = strlen(folder), n = n_folder + strlen(name) + 2;
    bool has_slash = n_folder > 0 && folder[n_folder - 1] == '/';
    struct stat entry;
    char *path = malloc(n);
    enum exit_code code = EXIT_CODE_OK;
    if (!path)
        return fail_with_status(walk->console, folder, TACIT_ERR_MEMORY);
    snprintf(path, n, "%s%s%s", folder, has_slash ? "" : "/", name);
    if (lstat(path, &entry) != 0) {
        console_error(walk->console, path, "cannot open: %s", strerror(errno));
        code = EXIT_CODE_FAILED;
    } else if (S_ISDIR(entry.st_mode)) {
        code = file_walk_run(walk, path);
    } else if (S_ISREG(entry.st_mode) || (S_ISLNK(entry.st_mode) && walk->takes_links &&
                                          stat(path, &entry) == 0 && S_ISREG(entry.st_mode))) {
        code = walk->visit(walk->context, path);
    }
    free(path);
    return code;
}

enum exit_code file_walk_run(const struct file_walk *walk, const char *folder)
{
    struct dirent **entries;
    enum exit_code worst = EXIT_CODE_OK;
    int n = scandir(folder, &entries, NULL, by_name);
    if (n < 0) {
        console_error(walk->console, folder, "cannot open: %s", strerror(errno));
        return EXIT_CODE_FAILED;
    }
    for (int i = 0; i < n; i++) {
        if (worst != EXIT_CODE_RESOURCES && is_wanted(walk, entries[i]->d_name))
            worst = exit_code_worse(worst, walk_entry(walk, folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return worst;
}
