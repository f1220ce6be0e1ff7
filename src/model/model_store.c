/* SPDX-License-Identifier: Apache-2.0
 *
 * Where models lie: the model directories, names and files, storing and importing (tacit/model.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_replace.h"
#include "base/try.h"
#include "model/model_file.h"
#include "tacit/model.h"

static const char *const extensions[] = {".tmodel", ".gguf"};

enum { N_EXTENSIONS = sizeof extensions / sizeof extensions[0] };

/* NULL if path has none of these extensions. */
static const char *extension_of(const char *path)
{
    size_t n = strlen(path);
    for (int i = 0; i < N_EXTENSIONS; i++) {
        size_t n_extension = strlen(extensions[i]);
        if (n > n_extension && strcmp(path + n - n_extension, extensions[i]) == 0)
            return extensions[i];
    }
    return NULL;
}

/* a, then b, then c. */
static enum tacit_status join(char *path, const char *a, size_t n_a, const char *b, const char *c)
{
    int n = snprintf(path, TACIT_MODEL_PATH_MAX, "%.*s%s%s", (int)n_a, a, b, c);
    return n >= 0 && n < TACIT_MODEL_PATH_MAX ? TACIT_OK : TACIT_ERR_ARGUMENT;
}

/* By the XDG base directory specification a path that is not absolute is ignored. */
static const char *absolute_or_null(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] == '/' && strlen(value) < TACIT_MODEL_PATH_MAX ? value : NULL;
}

static enum tacit_status user_directory(char *path)
{
    const char *data = absolute_or_null("XDG_DATA_HOME");
    if (data)
        return join(path, data, strlen(data), "/tacit/models", "");
    const char *home = absolute_or_null("HOME");
    if (!home)
        return TACIT_ERR_ARGUMENT;
    return join(path, home, strlen(home), "/.local/share/tacit/models", "");
}

enum tacit_status tacit_model_directory(unsigned index, char *path)
{
    if (index == 0)
        return user_directory(path);
    const char *list = getenv("XDG_DATA_DIRS");
    if (!list || !*list)
        list = "/usr/local/share:/usr/share";
    for (unsigned i = 1; *list; i++) {
        size_t n = strcspn(list, ":");
        if (i == index)
            return n < TACIT_MODEL_PATH_MAX ? join(path, list, n, "/tacit/models", "")
                                            : TACIT_ERR_ARGUMENT;
        list += n + (list[n] == ':');
    }
    return TACIT_ERR_RANGE;
}

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

enum tacit_status tacit_model_find(const char *name, char *path)
{
    char directory[TACIT_MODEL_PATH_MAX], stem[TACIT_MODEL_PATH_MAX];
    if (strlen(name) >= TACIT_MODEL_PATH_MAX)
        return TACIT_ERR_ARGUMENT;
    if (strchr(name, '/') || extension_of(name))
        return join(path, name, strlen(name), "", "");
    for (unsigned i = 0;; i++) {
        enum tacit_status status = tacit_model_directory(i, directory);
        if (status == TACIT_ERR_RANGE)
            return TACIT_ERR_MODEL_MISSING;
        if (status != TACIT_OK || join(stem, directory, strlen(directory), "/", name) != TACIT_OK)
            continue;
        for (int k = 0; k < N_EXTENSIONS; k++)
            if (join(path, stem, strlen(stem), extensions[k], "") == TACIT_OK && is_file(path))
                return TACIT_OK;
    }
}

/* Makes path and the directories above it, like mkdir -p. */
static enum tacit_status make_directories(const char *path)
{
    char part[TACIT_MODEL_PATH_MAX];
    size_t n = strlen(path);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return TACIT_ERR_IO;
    }
    return TACIT_OK;
}

static enum tacit_status copy_pieces(FILE *from, struct file_replace *to)
{
    uint8_t piece[1 << 15];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, from)) > 0)
        TRY(file_replace_write(to, piece, n));
    return ferror(from) ? TACIT_ERR_IO : TACIT_OK;
}

static enum tacit_status copy_stream(FILE *from, const char *path)
{
    struct file_replace to;
    TRY(file_replace_open(&to, path));
    enum tacit_status status = copy_pieces(from, &to);
    if (status == TACIT_OK)
        return file_replace_commit(&to);
    file_replace_abandon(&to);
    return status;
}

static enum tacit_status copy_file(const char *path, const char *to)
{
    FILE *from = fopen(path, "rb");
    if (!from)
        return TACIT_ERR_IO;
    enum tacit_status status = copy_stream(from, to);
    int saved = errno;
    fclose(from);
    errno = saved;
    return status;
}

static bool is_good_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
           strspn(name, allowed) == strlen(name);
}

/* The path for the user's model of that name; makes its directory. */
static enum tacit_status place(const char *name, const char *extension, char *stored)
{
    char directory[TACIT_MODEL_PATH_MAX], stem[TACIT_MODEL_PATH_MAX];
    if (!is_good_name(name))
        return TACIT_ERR_ARGUMENT;
    TRY(user_directory(directory));
    TRY(join(stem, directory, strlen(directory), "/", name));
    TRY(join(stored, stem, strlen(stem), extension, ""));
    return make_directories(directory);
}

enum tacit_status tacit_model_place(const char *name, char *path)
{
    return place(name, ".tmodel", path);
}

enum tacit_status tacit_model_store(const char *path, const char *name, char *stored)
{
    struct tacit_model_info info = {.struct_size = sizeof info};
    const char *extension = extension_of(path);
    if (!extension)
        return TACIT_ERR_ARGUMENT;
    TRY(tacit_model_inspect(path, &info));
    TRY(place(name, extension, stored));
    return copy_file(path, stored);
}

enum tacit_status tacit_model_import(const char *path, const char *name, char *stored)
{
    struct model_file *file;
    TRY(model_file_open(&file, path, NULL));
    enum tacit_status status = place(name, ".tmodel", stored);
    if (status == TACIT_OK)
        status = model_file_export(file, stored);
    model_file_close(file);
    return status;
}
