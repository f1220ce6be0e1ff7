/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/file_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/archive/job.h"
#include "cli/files/file_walk.h"
#include "cli/files/whole_file.h"

static enum exit_code add(struct file_list *list, const char *path, size_t kept_from)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        char **paths = realloc(list->paths, capacity * sizeof *paths);
        list->paths = paths ? paths : list->paths;
        size_t *from = realloc(list->kept_from, capacity * sizeof *from);
        list->kept_from = from ? from : list->kept_from;
        if (!paths || !from)
            return fail_with_status(&list->arguments->console, path, TACIT_ERR_MEMORY);
        list->capacity = capacity;
    }
    char *copy = strdup(path);
    if (!copy)
        return fail_with_status(&list->arguments->console, path, TACIT_ERR_MEMORY);
    list->paths[list->n] = copy;
    list->kept_from[list->n++] = kept_from;
    return EXIT_CODE_OK;
}

static bool makes_archives(const struct arguments *arguments)
{
    return (arguments->command->bit & (COMMAND_COMPRESS | COMMAND_BENCH)) != 0;
}

static enum exit_code add_found(void *context, const char *path)
{
    struct file_list *list = context;
    bool is_archive = job_has_archive_suffix(path);
    bool compresses = makes_archives(list->arguments);
    list->n_skipped += is_archive && compresses;
    return is_archive == compresses ? EXIT_CODE_OK : add(list, path, list->walked_from);
}

/* Where the folder's own name begins. The output keeps that name, unless it is "." or "..". */
static size_t name_of_folder(const char *path)
{
    size_t end = strlen(path), start;
    while (end > 0 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/'; start--)
        ;
    bool leads_elsewhere = end - start == strspn(path + start, ".") && end - start <= 2;
    return leads_elsewhere ? strlen(path) + (path[strlen(path) - 1] != '/') : start;
}

static enum exit_code add_named(struct file_list *list, const char *path)
{
    struct stat about;
    if (!list->arguments->recursive || strcmp(path, "-") == 0 || stat(path, &about) != 0 ||
        !S_ISDIR(about.st_mode))
        return add(list, path, job_base_name(path));
    struct file_walk walk = {
        .console = &list->arguments->console, .visit = add_found, .context = list};
    list->walked_from = name_of_folder(path);
    return file_walk_run(&walk, path);
}

/* A name in a list is a file's, even "-" or one that looks like an option. */
static enum exit_code add_listed(struct file_list *list, const char *name)
{
    if (strcmp(name, "-") == 0)
        name = "./-";
    if (job_has_archive_suffix(name) && makes_archives(list->arguments) &&
        !list->arguments->force) {
        list->n_skipped++;
        return EXIT_CODE_OK;
    }
    return add_named(list, name);
}

static enum exit_code add_list(struct file_list *list, const char *list_path)
{
    unsigned char *data;
    size_t n;
    enum exit_code worst =
        whole_file_read(&list->arguments->console, list_path, SIZE_MAX, &data, &n);
    if (worst == EXIT_CODE_OK) {
        char *text = (char *)data, *end = text + n;
        char mark = memchr(text, '\0', n) ? '\0' : '\n';
        for (char *next; text < end; text = next + 1) {
            next = memchr(text, mark, (size_t)(end - text));
            next = next ? next : end;
            *next = '\0';
            if (next > text)
                worst = exit_code_worse(worst, add_listed(list, text));
        }
    }
    free(data);
    return worst;
}

enum exit_code file_list_open(struct file_list *list, struct arguments *arguments)
{
    *list = (struct file_list){.arguments = arguments};
    if (!arguments->recursive && !arguments->list_path)
        return EXIT_CODE_OK;
    enum exit_code worst = EXIT_CODE_OK;
    for (int i = 0; i < arguments->n_files; i++)
        worst = exit_code_worse(worst, add_named(list, arguments->files[i]));
    if (arguments->list_path)
        worst = exit_code_worse(worst, add_list(list, arguments->list_path));
    if (list->n_skipped > 0)
        console_warn(&arguments->console, NULL,
                     "files that already end in " ARCHIVE_SUFFIX " are left as they are: %zu",
                     list->n_skipped);
    if (list->n == 0)
        console_warn(&arguments->console, NULL, "there is no file to work on");
    arguments->files = list->paths;
    arguments->kept_from = list->kept_from;
    arguments->n_files = list->n > INT32_MAX ? INT32_MAX : (int)list->n;
    arguments->is_expanded = true;
    return worst;
}

void file_list_close(struct file_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->paths[i]);
    free(list->paths);
    free(list->kept_from);
    *list = (struct file_list){0};
}
