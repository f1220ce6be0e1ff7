/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_search.h"

#include <string.h>

#include "cli/models/model_files.h"
#include "tacit/archive.h"
#include "tacit/model.h"

static bool is_needed(const struct tacit_model *model, const struct tacit_archive_model *needed)
{
    uint8_t identity[TACIT_MODEL_HASH];
    tacit_model_identity(model, identity);
    return memcmp(identity, needed->hash, needed->n_hash) == 0 &&
           (!needed->has_rules || needed->rules == tacit_model_rules(model));
}

/* Opening verifies it, which takes longer. */
static bool claims_to_be(const char *path, const struct tacit_archive_model *needed)
{
    uint8_t identity[TACIT_MODEL_HASH];
    return tacit_model_claimed_identity(path, identity) == TACIT_OK &&
           memcmp(identity, needed->hash, needed->n_hash) == 0;
}

struct search {
    const struct tacit_archive_model *needed;
    const char *suffix;
    struct tacit_model *found;
};

static void try_file(void *context, const char *name, const char *suffix, const char *path)
{
    struct search *search = context;
    struct tacit_model *model;
    (void)name;
    if (search->found || strcmp(suffix, search->suffix) != 0)
        return;
    if (strcmp(suffix, ".tmodel") == 0 && !claims_to_be(path, search->needed))
        return;
    if (tacit_model_open(&model, path) != TACIT_OK)
        return;
    if (is_needed(model, search->needed))
        search->found = model;
    else
        tacit_model_close(model);
}

/* A .gguf file takes seconds to open: only if no .tmodel file fits. */
static struct tacit_model *search_files(const struct tacit_archive_model *needed)
{
    struct search search = {needed, ".tmodel", NULL};
    model_files_visit(try_file, &search);
    search.suffix = ".gguf";
    if (!search.found)
        model_files_visit(try_file, &search);
    return search.found;
}

void model_search_for(struct arguments *arguments, const void *start, size_t n)
{
    struct tacit_archive_model needed = {.struct_size = sizeof needed};
    const struct tacit_model *linked;
    if (arguments->model_name != NULL)
        return;
    if (tacit_archive_needs(start, n, &needed) != TACIT_OK)
        needed.n_hash = 0;
    if (needed.n_hash > 0 && arguments->found_model && is_needed(arguments->found_model, &needed))
        return;
    tacit_model_close(arguments->found_model);
    arguments->found_model = NULL;
    bool suits_linked = needed.n_hash == 0 ||
                        (tacit_model_default(&linked) == TACIT_OK && is_needed(linked, &needed));
    if (!suits_linked)
        arguments->found_model = search_files(&needed);
    arguments->codec.model = arguments->found_model;
}
