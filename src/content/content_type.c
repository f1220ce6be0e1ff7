/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content_type.h"

static uint32_t stride_min(enum content_type type)
{
    switch (type) {
    case CONTENT_IMAGE24:
        return 3;
    case CONTENT_IMAGE32:
        return 4;
    case CONTENT_AUDIO16:
        return 2;
    default:
        return 1;
    }
}

struct content content_behind(const struct content *content, uint32_t n_bytes)
{
    struct content behind = *content;
    uint32_t stride = content->stride;
    if (stride != 0)
        behind.offset = (content->offset + stride - n_bytes % stride) % stride;
    return behind;
}

bool content_is_valid(const struct content *content)
{
    if ((unsigned)content->type >= CONTENT_N_TYPES)
        return false;
    if (!content_has_rows(content->type))
        return content->stride == 0 && content->offset == 0;
    if (content->type == CONTENT_AUDIO16 &&
        (content->stride % 2 != 0 || content->stride > CONTENT_AUDIO_STRIDE_MAX))
        return false;
    return content->stride >= stride_min(content->type) && content->stride <= CONTENT_STRIDE_MAX &&
           content->offset < content->stride;
}
