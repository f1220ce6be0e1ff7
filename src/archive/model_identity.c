/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/model_identity.h"

#include <string.h>

#include "base/struct_size.h"
#include "model/open_model.h"

struct format_model_identity model_identity_of(const struct tacit_model *model, bool cuts_text)
{
    struct format_model_identity identity = {.kind = FORMAT_MODEL_NONE};
    if (!model)
        return identity;
    if (model->is_linked) {
        identity.kind = FORMAT_MODEL_SHORT;
        memcpy(identity.sha256, model->identity, format_model_n_hash(identity.kind));
        return identity;
    }
    struct byte_view name = model_file_name(model->file);
    identity.kind = cuts_text ? FORMAT_MODEL_RULES : FORMAT_MODEL_FULL;
    identity.rules = cuts_text ? model->rules : 0;
    memcpy(identity.sha256, model->identity, sizeof identity.sha256);
    identity.n_name = (uint8_t)(name.n < UINT8_MAX ? name.n : UINT8_MAX);
    if (identity.n_name > 0)
        memcpy(identity.name, name.data, identity.n_name);
    return identity;
}

static bool is_named(const struct format_model_identity *needed, const struct tacit_model *model)
{
    return model &&
           memcmp(needed->sha256, model->identity, format_model_n_hash(needed->kind)) == 0 &&
           (needed->kind != FORMAT_MODEL_RULES || needed->rules == model->rules);
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
    full.n_hash = (uint32_t)format_model_n_hash(identity->kind);
    memcpy(full.hash, identity->sha256, sizeof full.hash);
    size_t n = identity->n_name < sizeof full.name ? identity->n_name : sizeof full.name - 1;
    memcpy(full.name, identity->name, n);
    full.has_rules = identity->kind == FORMAT_MODEL_RULES;
    full.rules = identity->rules;
    return struct_give(told, &full, sizeof full);
}
