/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/output_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum exit_code output_folder_check(struct arguments *arguments)
{
    struct stat about;
    const char *folder = arguments->output_folder;
    if (!folder || (stat(folder, &about) == 0 && S_ISDIR(about.st_mode)))
        return EXIT_CODE_OK;
    console_error(&arguments->console, folder, "%s; --output-dir needs a folder that is there",
                  stat(folder, &about) == 0 ? "is no folder" : strerror(errno));
    return EXIT_CODE_FAILED;
}

static enum exit_code make_folder(struct arguments *arguments, const char *path, const char *like)
{
    struct stat about;
    mode_t mode = stat(like, &about) == 0 ? (about.st_mode & 0777) | 0700 : 0777;
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return EXIT_CODE_OK;
    console_error(&arguments->console, path, "cannot create: %s", strerror(errno));
    return EXIT_CODE_FAILED;
}

/* Makes the folders between the output folder, whose name is path[0 .. n_root), and the file. */
static enum exit_code make_folders(struct arguments *arguments, char *path, size_t n_root,
                                   char *input, size_t kept_from)
{
    enum exit_code code = EXIT_CODE_OK;
    for (size_t i = n_root; path[i] != '\0' && code == EXIT_CODE_OK; i++) {
        if (path[i] != '/')
            continue;
        char *input_end = input + kept_from + (i - n_root);
        path[i] = '\0';
        *input_end = '\0';
        code = make_folder(arguments, path, input);
        path[i] = '/';
        *input_end = '/';
    }
    return code;
}

enum exit_code output_folder_place(struct arguments *arguments, char **name)
{
    const char *folder = arguments->output_folder;
    size_t kept_from = arguments->kept_from_now, n_root = strlen(folder) + 1;
    size_t n = n_root + strlen(*name + kept_from) + 1;
    char *path = malloc(n);
    if (!path)
        return fail_with_status(&arguments->console, *name, TACIT_ERR_MEMORY);
    snprintf(path, n, "%s/%s", folder, *name + kept_from);
    enum exit_code code = make_folders(arguments, path, n_root, *name, kept_from);
    free(*name);
    *name = path;
    return code;
}
