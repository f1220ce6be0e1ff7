/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/context_choose.h"

#include <stdlib.h>

#include "base/try.h"
#include "coder/binary_coder.h"
#include "predict/context_mixer.h"

enum {
    RAW_MIN = 1 << 16,      /* shorter segments are not worth a probe */
    PROBE_BYTES = 1 << 15,  /* of a segment that looks random */
    PROBE_GAIN_PERCENT = 1, /* what modelling must gain there */
};

unsigned context_memory_log2(const struct codec_plan *plan, uint64_t n_bytes)
{
    unsigned log2 = cm_memory_log2_for(plan->strong ? CM_STRONG : CM_QUICK, n_bytes);
    return log2 < plan->memory_log2_max ? log2 : plan->memory_log2_max;
}

/* Codes a sample with small, quick models; whether they gain next to nothing. */
static enum tacit_status probe(const struct codec_plan *plan, const uint8_t *data, size_t n,
                               bool *random)
{
    struct cm_config config = {.strength = CM_QUICK,
                               .content_set = CONTENT_BIT(CONTENT_COMPRESSED),
                               .memory_log2 = CM_MEMORY_LOG2_MIN};
    struct bc_encoder enc;
    struct cm *cm;
    size_t n_max = n - n * PROBE_GAIN_PERCENT / 100;
    uint8_t *out = malloc(n_max);
    if (!out)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = cm_create(&cm, &config, &plan->kernels);
    bc_encoder_init(&enc, out, n_max);
    for (size_t i = 0; status == TACIT_OK && i < n && !enc.overflow; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            bc_encode(&enc, data[i] >> bit & 1, cm_predict(cm));
            cm_update(cm, data[i] >> bit & 1);
        }
    }
    *random = bc_encoder_finish(&enc) == SIZE_MAX;
    cm_destroy(cm);
    free(out);
    return status;
}

static enum tacit_status choose_raw(const struct codec_plan *plan, const uint8_t *data,
                                    struct layout_segment *segment)
{
    size_t n = segment->n_bytes;
    if (segment->content.type != CONTENT_COMPRESSED || n < RAW_MIN)
        return TACIT_OK;
    return probe(plan, data + (n - PROBE_BYTES) / 2, PROBE_BYTES, &segment->raw);
}

enum tacit_status context_choose(const struct codec_plan *plan, const uint8_t *data, size_t n,
                                 struct layout *layout)
{
    struct content_segment *split = calloc(LAYOUT_SEGMENTS_MAX, sizeof *split);
    if (!split)
        return TACIT_ERR_MEMORY;
    layout->n_segments = (uint32_t)content_split(data, n, split, LAYOUT_SEGMENTS_MAX);
    for (uint32_t i = 0; i < layout->n_segments; i++)
        layout->segments[i] =
            (struct layout_segment){.content = split[i].content, .n_bytes = split[i].n_bytes};
    free(split);
    for (uint32_t i = 0; i < layout->n_segments; i++) {
        TRY(choose_raw(plan, data, &layout->segments[i]));
        data += layout->segments[i].n_bytes;
    }
    uint64_t n_modelled = n - layout_n_raw(layout);
    layout->config.strength = plan->strong ? CM_STRONG : CM_QUICK;
    layout->config.memory_log2 = context_memory_log2(plan, n_modelled);
    layout_set_contents(layout);
    return TACIT_OK;
}
