/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/model_identity.h"

#include <stdbool.h>
#include <string.h>

#include "model/model.h"

enum { SHORT_BYTES = 4 };

struct format_model_identity model_identity_of(const struct tacit_model *model)
{
    struct format_model_identity identity = {.kind = FORMAT_MODEL_NONE};
    if (!model)
        return identity;
    const struct tacit_model *linked;
    if (tacit_model_default(&linked) == TACIT_OK && model == linked) {
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

static bool is_named(const struct format_model_identity *needed, const struct tacit_model *model)
{
    size_t n = needed->kind == FORMAT_MODEL_SHORT ? SHORT_BYTES : sizeof needed->sha256;
    return model && memcmp(needed->sha256, model->identity, n) == 0;
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
