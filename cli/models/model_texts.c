/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_texts.h"

bool model_texts_take(void *options, const struct option_row *row, const char *value)
{
    struct model_texts *texts = (void *)((char *)options + row->offset);
    if (texts->n == MODEL_TEXTS_MAX)
        return false;
    texts->names[texts->n++] = value;
    return true;
}
