/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_config.h"

#include "content/content_type.h"
#include "tacit/options.h"

#define SPAN_MAX ((uint32_t)1 << 31)

bool cm_config_is_valid(const struct cm_config *config)
{
    if (config->strength == CM_LEAN && (config->hinted || config->n_streams > 1))
        return false;
    return config->strength <= CM_LEAN && config->content_set != 0 &&
           (config->content_set & ~CONTENT_ALL) == 0 && config->memory_log2 >= CM_MEMORY_LOG2_MIN &&
           config->memory_log2 <= cm_memory_log2_max(config->strength) &&
           config->n_streams <= CM_STREAMS_MAX &&
           (!cm_is_whole(config) || (config->span >= 1 && config->span <= SPAN_MAX)) &&
           config->reference <= config->span;
}

unsigned cm_memory_log2_for(enum cm_strength strength, uint64_t n_bytes)
{
    /* Measured: 64 bytes of tables for each byte of content cost a quick predictor 0.1 % of what it
     * could gain, and save a twentieth of its time; a strong one, with three times as many contexts,
     * stops gaining at 512. A lean predictor needs 16, half of them for its slots, and fits the
     * caches. */
    static const struct {
        unsigned log2_max, bytes_a_byte_log2;
    } needs[] = {[CM_QUICK] = {28, 5}, [CM_STRONG] = {29, 9}, [CM_LEAN] = {26, 3}};
    unsigned log2 = CM_MEMORY_LOG2_MIN;
    while (log2 < needs[strength].log2_max &&
           n_bytes >> (log2 - needs[strength].bytes_a_byte_log2) != 0)
        log2++;
    return log2;
}
