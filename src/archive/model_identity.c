/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/model_identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/struct_size.h"
#include "model/open_model.h"

enum { SHORT_BYTES = 4, BRIEF_BYTES = 1 };

struct format_model_identity model_identity_of(const struct tacit_model *model)
{
    struct format_model_identity identity = {.kind = FORMAT_MODEL_NONE};
    if (!model)
        return identity;
    if (model->is_linked) {
        identity.kind = FORMAT_MODEL_SHORT;
        memcpy(identity.sha256, model->identity, SHORT_BYTES);
        return identity;
    }
    struct byte_view name = model_file_name(model->file);
    identity.kind = FORMAT_MODEL_FULL;
    memcpy(identity.sha256, model->identity, sizeof identity.sha256);
    identity.n_name = (uint8_t)(name.n < UINT8_MAX ? name.n : UINT8_MAX);
    if (identity.n_name > 0)
        memcpy(identity.name, name.data, identity.n_name);
    return identity;
}

static size_t n_known(const struct format_model_identity *identity)
{
    switch (identity->kind) {
    case FORMAT_MODEL_NONE:
        return 0;
    case FORMAT_MODEL_SHORT:
        return SHORT_BYTES;
    case FORMAT_MODEL_BRIEF:
        return BRIEF_BYTES;
    default:
        return sizeof identity->sha256;
    }
}

static bool is_named(const struct format_model_identity *needed, const struct tacit_model *model)
{
    return model && memcmp(needed->sha256, model->identity, n_known(needed)) == 0;
}

enum tacit_status model_identity_choose(const struct format_model_identity *needed,
                                        const struct tacit_model *given,
                                        const struct tacit_model **model)
{
    const struct tacit_model *linked;
    *model = NULL;
    if (needed->kind == FORMAT_MODEL_NONE)
        return TACIT_OK;
    if (is_named(needed, given))
        *model = given;
    else if (tacit_model_default(&linked) == TACIT_OK && is_named(needed, linked))
        *model = linked;
    if (*model)
        return TACIT_OK;
    return given ? TACIT_ERR_MODEL_WRONG : TACIT_ERR_MODEL_MISSING;
}

enum tacit_status model_identity_tell(const struct format_model_identity *identity,
                                      struct tacit_archive_model *told)
{
    struct tacit_archive_model full = {0};
    full.n_hash = (uint32_t)n_known(identity);
    memcpy(full.hash, identity->sha256, sizeof full.hash);
    size_t n = identity->n_name < sizeof full.name ? identity->n_name : sizeof full.name - 1;
    memcpy(full.name, identity->name, n);
    return struct_give(told, &full, sizeof full);
}
