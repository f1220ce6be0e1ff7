/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/context_config.h"

#include "content/content_type.h"
#include "tacit/options.h"

#define SPAN_MAX ((uint32_t)1 << 31)

bool context_config_is_valid(const struct context_config *config)
{
    if (config->strength == CONTEXT_LEAN && (config->hinted || config->n_streams > 1))
        return false;
    if (config->versed && !config->hinted)
        return false;
    return config->strength <= CONTEXT_LEAN && config->content_set != 0 &&
           (config->content_set & ~CONTENT_ALL) == 0 &&
           config->memory_log2 >= CONTEXT_MEMORY_LOG2_MIN &&
           config->memory_log2 <= context_memory_log2_max(config->strength) &&
           config->n_streams <= CONTEXT_STREAMS_MAX &&
           (!context_is_whole(config) || (config->span >= 1 && config->span <= SPAN_MAX)) &&
           config->reference <= config->span;
}

unsigned context_memory_log2_for(enum context_strength strength, uint64_t n_bytes)
{
    /* Measured: 64 bytes of tables for each byte of content cost a quick predictor 0.1 % of what it
     * could gain, and save a twentieth of its time; a strong one, with three times as many contexts,
     * stops gaining at 512. A lean predictor needs 16, half of them for its slots, and fits the
     * caches. */
    static const struct {
        unsigned log2_max, bytes_a_byte_log2;
    } needs[] = {[CONTEXT_QUICK] = {28, 5}, [CONTEXT_STRONG] = {29, 9}, [CONTEXT_LEAN] = {26, 3}};
    unsigned log2 = CONTEXT_MEMORY_LOG2_MIN;
    while (log2 < needs[strength].log2_max &&
           n_bytes >> (log2 - needs[strength].bytes_a_byte_log2) != 0)
        log2++;
    return log2;
}
