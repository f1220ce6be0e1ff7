/* SPDX-License-Identifier: Apache-2.0
 *
 * Saves what a stream has read as plain bytes: its last tokens and the number of all tokens, then
 * the caches of each layer, which hold values and no addresses.
 */
#include <string.h>

#include "engine/lm_state.h"

static size_t layer_bytes(const struct lm_state *state, uint32_t layer)
{
    return state->model->shape.n_kv_heads * state->spans[layer].cache_bytes;
}

static uint8_t *layer_caches(const struct lm_state *state, uint32_t layer, uint32_t stream)
{
    return state->spans[layer].caches + stream * layer_bytes(state, layer);
}

size_t lm_stream_size(const struct lm_state *state)
{
    size_t n = sizeof *state->before + sizeof *state->n_seen;
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++)
        n += layer_bytes(state, layer);
    return n;
}

void lm_save_stream(const struct lm_state *state, uint32_t stream, uint8_t *saved)
{
    memcpy(saved, state->before[stream], sizeof *state->before);
    saved += sizeof *state->before;
    memcpy(saved, &state->n_seen[stream], sizeof *state->n_seen);
    saved += sizeof *state->n_seen;
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++) {
        memcpy(saved, layer_caches(state, layer, stream), layer_bytes(state, layer));
        saved += layer_bytes(state, layer);
    }
}

void lm_restore_stream(struct lm_state *state, uint32_t stream, const uint8_t *saved)
{
    memcpy(state->before[stream], saved, sizeof *state->before);
    saved += sizeof *state->before;
    memcpy(&state->n_seen[stream], saved, sizeof *state->n_seen);
    saved += sizeof *state->n_seen;
    for (uint32_t layer = 0; layer < state->model->shape.n_layers; layer++) {
        memcpy(layer_caches(state, layer, stream), saved, layer_bytes(state, layer));
        saved += layer_bytes(state, layer);
    }
}
