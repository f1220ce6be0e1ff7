/* SPDX-License-Identifier: Apache-2.0
 *
 * A GGUF file's own numbers of 4 bits, kept (tacit/shrink.h).
 */
#include <stdio.h>

#include "base/try.h"
#include "gguf/gguf.h"
#include "model/lm_gguf.h"
#include "model/model_file.h"
#include "tacit/shrink.h"

static enum tacit_status convert(const struct model_file *file, const struct gguf *gguf,
                                 const char *path, struct reason *reason)
{
    struct lm_model *made;
    TRY(lm_model_as_stored(&made, model_file_lm(file), gguf, reason));
    enum tacit_status status = model_file_export_as(file, made, path);
    lm_model_destroy(made);
    return status;
}

static enum tacit_status import(const char *model, const char *path, struct reason *reason)
{
    struct model_file *file;
    struct gguf *gguf;
    TRY(model_file_open(&file, model, reason));
    enum tacit_status status = gguf_open_file(&gguf, model, reason);
    if (status == TACIT_OK)
        status = convert(file, gguf, path, reason);
    else if (status == TACIT_ERR_MODEL_DAMAGED)
        status = reason_give(reason, TACIT_ERR_UNSUPPORTED, "it is no GGUF file");
    gguf_close(gguf);
    model_file_close(file);
    return status;
}

enum tacit_status tacit_shrink_import(const char *model, const char *path,
                                      char why[TACIT_MODEL_REASON_MAX])
{
    struct reason reason = {""};
    enum tacit_status status = import(model, path, &reason);
    snprintf(why, TACIT_MODEL_REASON_MAX, "%s", reason.text);
    return status;
}
