/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_search.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/needed_model.h"
#include "tacit/model.h"

static bool is_needed(const struct tacit_model *model, const struct tacit_archive_model *needed)
{
    uint8_t identity[TACIT_MODEL_HASH];
    tacit_model_identity(model, identity);
    return memcmp(identity, needed->hash, needed->n_hash) == 0;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), n_suffix = strlen(suffix);
    return name[0] != '.' && n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

static struct tacit_model *open_if_needed(const char *directory, const char *name,
                                          const struct tacit_archive_model *needed)
{
    char path[TACIT_MODEL_PATH_MAX];
    struct tacit_model *model;
    if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path ||
        tacit_model_open(&model, path) != TACIT_OK)
        return NULL;
    if (is_needed(model, needed))
        return model;
    tacit_model_close(model);
    return NULL;
}

static struct tacit_model *search_directory(const char *directory, const char *suffix,
                                            const struct tacit_archive_model *needed)
{
    struct tacit_model *found = NULL;
    struct dirent **entries;
    int n = scandir(directory, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (!found && ends_in(entries[i]->d_name, suffix))
            found = open_if_needed(directory, entries[i]->d_name, needed);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return found;
}

static struct tacit_model *search(const struct tacit_archive_model *needed)
{
    static const char *const suffixes[] = {".tmodel", ".gguf"};
    char directory[TACIT_MODEL_PATH_MAX];
    struct tacit_model *found = NULL;
    for (int i = 0; i < 2; i++) {
        enum tacit_status status = TACIT_OK;
        for (unsigned j = 0; !found && status != TACIT_ERR_RANGE; j++) {
            status = tacit_model_directory(j, directory);
            if (status == TACIT_OK)
                found = search_directory(directory, suffixes[i], needed);
        }
    }
    return found;
}

void model_search_for(struct arguments *arguments, const char *path)
{
    struct tacit_archive_model needed;
    const struct tacit_model *linked;
    if (arguments->model_name != NULL || strcmp(path, "-") == 0)
        return;
    needed_model_read(path, &needed);
    if (needed.n_hash > 0 && arguments->found_model && is_needed(arguments->found_model, &needed))
        return;
    tacit_model_close(arguments->found_model);
    arguments->found_model = NULL;
    bool suits_linked = needed.n_hash == 0 ||
                        (tacit_model_default(&linked) == TACIT_OK && is_needed(linked, &needed));
    if (!suits_linked)
        arguments->found_model = search(&needed);
    arguments->codec.model = arguments->found_model;
}
