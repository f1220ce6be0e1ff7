/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/components.h"

#include <stddef.h>

enum content_group content_group_of(enum content_type type)
{
    switch (type) {
    case CONTENT_IMAGE8:
    case CONTENT_IMAGE24:
    case CONTENT_IMAGE32:
        return CONTENT_GROUP_IMAGE;
    default:
        return CONTENT_BIT(type) & CONTENT_AUDIO        ? CONTENT_GROUP_AUDIO
               : CONTENT_BIT(type) & CONTENT_DEEP_IMAGE ? CONTENT_GROUP_DEEP_IMAGE
                                                        : CONTENT_GROUP_GENERAL;
    }
}

void components_for(const struct context_config *config, enum content_group group,
                    const struct component_ops *list[COMPONENTS_MAX + 1])
{
    static const struct component_ops *const only[CONTENT_N_GROUPS] = {
        [CONTENT_GROUP_IMAGE] = &image_model_ops,
        [CONTENT_GROUP_AUDIO] = &audio_model_ops,
        [CONTENT_GROUP_DEEP_IMAGE] = &deep_image_model_ops};
    unsigned n = 0;
    if (only[group] != NULL) {
        list[n++] = only[group];
        if (config->hinted)
            list[n++] = &hint_model_ops;
        list[n] = NULL;
        return;
    }
    list[n++] = &order_model_ops;
    if (config->content_set & CONTENT_BIT(CONTENT_IMAGE1))
        list[n++] = &bitmap_model_ops;
    if (config->content_set & CONTENT_BINARY)
        list[n++] = &record_model_ops;
    if (config->content_set & CONTENT_BIT(CONTENT_X86))
        list[n++] = &x86_model_ops;
    if (config->content_set & CONTENT_BIT(CONTENT_DATABASE))
        list[n++] = &database_model_ops;
    list[n++] = &match_model_ops;
    if (config->strength == CONTEXT_STRONG)
        list[n++] = &count_model_ops;
    if (config->content_set & (CONTENT_WORDS | CONTENT_BIT(CONTENT_DATABASE)))
        list[n++] = &text_model_ops;
    if (config->strength == CONTEXT_STRONG)
        list[n++] = &pattern_model_ops;
    if (config->content_set & (CONTENT_BIT(CONTENT_TABLE) | CONTENT_BIT(CONTENT_NUMBERS)))
        list[n++] = &table_model_ops;
    if (config->content_set & CONTENT_BIT(CONTENT_NUMBERS))
        list[n++] = &numbers_model_ops;
    if (config->hinted)
        list[n++] = &hint_model_ops;
    list[n] = NULL;
}
