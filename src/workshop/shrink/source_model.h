/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens the model that is to be made smaller, exported or inspected.
 */
#ifndef TACIT_WORKSHOP_SHRINK_SOURCE_MODEL_H
#define TACIT_WORKSHOP_SHRINK_SOURCE_MODEL_H

#include "base/try.h"
#include "model/open_model.h"

/* path: a .gguf or .tmodel file; NULL: the model that is linked in. As model_file_open; TACIT_ERR_MODEL_MISSING: none
 * is linked in. */
static inline enum tacit_status source_model_open(struct model_file **file, const char *path)
{
    if (path)
        return model_file_open(file, path, NULL);
    struct byte_view linked = model_linked_file();
    if (linked.n == 0)
        return TACIT_ERR_MODEL_MISSING;
    return model_file_open_memory(file, linked.data, linked.n);
}

#endif
