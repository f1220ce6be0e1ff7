/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tacit/model.h"

bool model_file_split(const char *file, char name[MODEL_NAME_CAP], const char **suffix)
{
    *suffix = strrchr(file, '.');
    if (file[0] == '.' || !*suffix ||
        (strcmp(*suffix, ".gguf") != 0 && strcmp(*suffix, ".tmodel") != 0))
        return false;
    int n = (int)(*suffix - file);
    snprintf(name, MODEL_NAME_CAP, "%.*s", n, file);
    return n < MODEL_NAME_CAP;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void visit_file(const char *directory, const char *file, model_file_fn *visit, void *context)
{
    char path[TACIT_MODEL_PATH_MAX], name[MODEL_NAME_CAP];
    const char *suffix;
    int n = snprintf(path, sizeof path, "%s/%s", directory, file);
    if (n < (int)sizeof path && model_file_split(file, name, &suffix))
        visit(context, name, suffix, path);
}

static void visit_directory(const char *directory, model_file_fn *visit, void *context)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, compare_names);
    for (int i = 0; i < n; i++) {
        visit_file(directory, entries[i]->d_name, visit, context);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

void model_files_visit(model_file_fn *visit, void *context)
{
    char directory[TACIT_MODEL_PATH_MAX];
    enum tacit_status status;
    for (unsigned i = 0; (status = tacit_model_directory(i, directory)) != TACIT_ERR_RANGE; i++)
        if (status == TACIT_OK)
            visit_directory(directory, visit, context);
}
