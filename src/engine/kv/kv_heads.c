/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kv/kv_heads.h"

uint8_t kv_heads_pair(const struct kv_heads *heads, uint32_t i)
{
    return (uint8_t)(heads->parts[i] | (i + 1 < heads->n ? heads->parts[i + 1] : 0) << 4);
}

bool kv_heads_set_pair(struct kv_heads *heads, uint32_t i, unsigned byte)
{
    heads->parts[i] = byte & 0x0f;
    if (i + 1 < heads->n)
        heads->parts[i + 1] = (uint8_t)(byte >> 4);
    return i + 1 < heads->n || byte >> 4 == 0;
}
