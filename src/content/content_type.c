/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content_type.h"

static uint32_t stride_min(enum content_type type)
{
    switch (type) {
    case CONTENT_IMAGE24:
        return 3;
    case CONTENT_IMAGE32:
        return 4;
    default:
        return 1;
    }
}

/* Of samples: a whole number of them, and of sound at most as many as there are channels. */
static bool stride_fits(struct sample_format f, uint32_t stride)
{
    uint32_t least = f.n_bytes * (f.n_planes > 0 ? (uint32_t)f.n_planes : 1);
    return stride % f.n_bytes == 0 && stride >= least &&
           (f.n_planes > 0 || stride <= CONTENT_CHANNELS_MAX * least);
}

struct sample_format content_samples(enum content_type type)
{
    static const struct sample_format formats[CONTENT_N_TYPES] = {
        [CONTENT_AUDIO16] = {.n_bytes = 2},
        [CONTENT_AUDIO8U] = {.n_bytes = 1, .is_unsigned = true},
        [CONTENT_AUDIO8] = {.n_bytes = 1},
        [CONTENT_AUDIO16B] = {.n_bytes = 2, .big_endian = true},
        [CONTENT_AUDIO24] = {.n_bytes = 3},
        [CONTENT_AUDIO24B] = {.n_bytes = 3, .big_endian = true},
        [CONTENT_AUDIO32] = {.n_bytes = 4},
        [CONTENT_AUDIO32B] = {.n_bytes = 4, .big_endian = true},
        [CONTENT_AUDIO_FLOAT] = {.n_bytes = 4, .is_float = true},
        [CONTENT_AUDIO_FLOATB] = {.n_bytes = 4, .is_float = true, .big_endian = true},
        [CONTENT_IMAGE16] = {.n_bytes = 2, .n_planes = 1, .is_unsigned = true},
        [CONTENT_IMAGE16B] = {.n_bytes = 2, .n_planes = 1, .is_unsigned = true, .big_endian = true},
        [CONTENT_IMAGE16_SIGNED] = {.n_bytes = 2, .n_planes = 1},
        [CONTENT_IMAGE16_SIGNEDB] = {.n_bytes = 2, .n_planes = 1, .big_endian = true},
        [CONTENT_IMAGE48] = {.n_bytes = 2, .n_planes = 3, .is_unsigned = true},
        [CONTENT_IMAGE48B] = {.n_bytes = 2, .n_planes = 3, .is_unsigned = true, .big_endian = true},
        [CONTENT_IMAGE64] = {.n_bytes = 2, .n_planes = 4, .is_unsigned = true},
        [CONTENT_IMAGE64B] = {.n_bytes = 2, .n_planes = 4, .is_unsigned = true, .big_endian = true},
    };
    return formats[type];
}

/* A power of two. */
static bool page_size_fits(uint32_t size)
{
    return size >= CONTENT_PAGE_MIN && size <= CONTENT_PAGE_MAX && (size & (size - 1)) == 0;
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
    if (content->type == CONTENT_DATABASE)
        return page_size_fits(content->stride) && content->offset < content->stride;
    struct sample_format f = content_samples(content->type);
    if (f.n_bytes != 0 && !stride_fits(f, content->stride))
        return false;
    return content->stride >= stride_min(content->type) && content->stride <= CONTENT_STRIDE_MAX &&
           content->offset < content->stride;
}

enum tacit_status content_check(const struct content *content)
{
    if ((unsigned)content->type >= CONTENT_N_TYPES)
        return TACIT_ERR_VERSION;
    return content_is_valid(content) ? TACIT_OK : TACIT_ERR_CORRUPT;
}
