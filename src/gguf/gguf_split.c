/* SPDX-License-Identifier: Apache-2.0
 *
 * Models in several files, as llama.cpp splits them: NAME-00001-of-00003.gguf holds all metadata and
 * some tensors, the others hold the rest of these. split.no counts parts from 0; the names, from 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "gguf/gguf_handle.h"

enum { SUFFIX_CAP = 32, PATH_CAP = 4096 };

static void make_suffix(char suffix[SUFFIX_CAP], uint32_t part, uint32_t n_parts)
{
    snprintf(suffix, SUFFIX_CAP, "-%05u-of-%05u.gguf", (unsigned)part + 1, (unsigned)n_parts);
}

/* The length of path without the suffix; 0 if path does not end in it. */
static size_t stem_length(const char *path, const char *suffix)
{
    size_t n = strlen(path), n_suffix = strlen(suffix);
    return n > n_suffix && strcmp(path + n - n_suffix, suffix) == 0 ? n - n_suffix : 0;
}

static enum tacit_status open_part(struct gguf *gguf, const char *path, uint32_t part,
                                   uint32_t n_parts, struct reason *reason)
{
    struct gguf *other;
    struct file_bytes owned;
    uint32_t its_number, its_count;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (file_bytes_open(&owned, path) != TACIT_OK)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "part %u of %u cannot be read; it has to lie beside the first as %s",
                           (unsigned)part + 1, (unsigned)n_parts, name);
    enum tacit_status status = gguf_open_owned(&other, &owned, reason);
    if (status != TACIT_OK)
        return reason_give(reason, status, "part %u of %u is damaged: %s", (unsigned)part + 1,
                           (unsigned)n_parts, name);
    gguf->others[gguf->n_others++] = other;
    if (!gguf_get_u32(other, "split.no", &its_number) || its_number != part ||
        !gguf_get_u32(other, "split.count", &its_count) || its_count != n_parts)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s is not part %u of %u", name,
                           (unsigned)part + 1, (unsigned)n_parts);
    return TACIT_OK;
}

/* Joins the tensors of all parts, in the order of the parts. */
static enum tacit_status take_tensors(struct gguf *gguf)
{
    uint64_t n = gguf->n_tensors;
    for (uint32_t i = 0; i < gguf->n_others; i++)
        n += gguf->others[i]->n_tensors;
    if (n > UINT32_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    struct gguf_tensor *tensors = calloc((size_t)n + 1, sizeof *tensors);
    const struct gguf_tensor **by_name = calloc((size_t)n + 1, sizeof *by_name);
    if (!tensors || !by_name) {
        free(tensors);
        free(by_name);
        return TACIT_ERR_MEMORY;
    }
    size_t at = gguf->n_tensors;
    memcpy(tensors, gguf->tensors, at * sizeof *tensors);
    for (uint32_t i = 0; i < gguf->n_others; i++) {
        const struct gguf *other = gguf->others[i];
        memcpy(tensors + at, other->tensors, other->n_tensors * sizeof *tensors);
        at += other->n_tensors;
    }
    for (size_t i = 0; i < at; i++)
        by_name[i] = &tensors[i];
    free(gguf->tensors);
    free(gguf->by_name);
    gguf->tensors = tensors;
    gguf->by_name = by_name;
    gguf->n_tensors = (uint32_t)n;
    return gguf_sort_tensors(gguf);
}

enum tacit_status gguf_join_parts(struct gguf *gguf, const char *path, struct reason *reason)
{
    char suffix[SUFFIX_CAP], other[PATH_CAP];
    uint32_t n_parts = 0, part = 0, n_tensors;
    if (!gguf_get_u32(gguf, "split.count", &n_parts) || n_parts < 2)
        return TACIT_OK;
    gguf_get_u32(gguf, "split.no", &part);
    make_suffix(suffix, 0, n_parts);
    size_t n_stem = stem_length(path, suffix);
    if (part != 0 || n_parts > 99999 || n_stem == 0 || n_stem + SUFFIX_CAP > PATH_CAP)
        return reason_give(
            reason, TACIT_ERR_UNSUPPORTED,
            "part %u of a model in %u files; give the first one, whose name ends in %s",
            (unsigned)part + 1, (unsigned)n_parts, suffix);
    gguf->others = calloc(n_parts, sizeof *gguf->others);
    if (!gguf->others)
        return TACIT_ERR_MEMORY;
    for (part = 1; part < n_parts; part++) {
        make_suffix(suffix, part, n_parts);
        snprintf(other, sizeof other, "%.*s%s", (int)n_stem, path, suffix);
        TRY(open_part(gguf, other, part, n_parts, reason));
    }
    TRY(take_tensors(gguf));
    if (gguf_get_u32(gguf, "split.tensors.count", &n_tensors) && n_tensors != gguf->n_tensors)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "the parts have %u tensors instead of %u", (unsigned)gguf->n_tensors,
                           (unsigned)n_tensors);
    return TACIT_OK;
}
