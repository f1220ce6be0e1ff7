/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gguf_names.h"

#include <stdio.h>

const struct gguf_source gguf_sources[] = {
    {LM_ATTN_NORM, {"attn_norm.weight"}},
    {LM_ATTN_NORM_BIAS, {"attn_norm.bias"}},
    {LM_QKV, {"attn_q.weight", "attn_k.weight", "attn_v.weight"}},
    {LM_QKV, {"attn_qkv.weight"}},
    {LM_QKV_B, {"attn_q.bias", "attn_k.bias", "attn_v.bias"}},
    {LM_QKV_B, {"attn_qkv.bias"}},
    {LM_Q_NORM, {"attn_q_norm.weight"}},
    {LM_K_NORM, {"attn_k_norm.weight"}},
    {LM_OUT, {"attn_output.weight"}},
    {LM_OUT_B, {"attn_output.bias"}},
    {LM_POST_ATTN_NORM, {"post_attention_norm.weight"}},
    {LM_FFN_NORM, {"ffn_norm.weight"}},
    {LM_FFN_NORM_BIAS, {"ffn_norm.bias"}},
    {LM_UP, {"ffn_gate.weight", "ffn_up.weight"}},
    {LM_UP, {"ffn_up.weight"}},
    {LM_UP_B, {"ffn_up.bias"}},
    {LM_DOWN, {"ffn_down.weight"}},
    {LM_DOWN_B, {"ffn_down.bias"}},
    {LM_POST_FFN_NORM, {"post_ffw_norm.weight"}},
    {LM_EMBEDDING, {"token_embd.weight"}},
    {LM_POSITION, {"position_embd.weight"}},
    {LM_FINAL_NORM, {"output_norm.weight"}},
    {LM_FINAL_NORM_BIAS, {"output_norm.bias"}},
    {LM_HEAD, {"output.weight"}},
    {LM_ROPE_DIVISORS, {"rope_freqs.weight"}},
    {LM_ROPE_DIVISORS, {"rope_factors_short.weight"}},
    {LM_ROPE_DIVISORS, {"rope_factors_long.weight"}},
};

const size_t gguf_n_sources = sizeof gguf_sources / sizeof gguf_sources[0];

void gguf_full_name(char full[GGUF_NAME_CAP], const char *name, enum lm_tensor_id id,
                    uint32_t layer)
{
    if (id >= LM_N_LAYER_TENSORS)
        snprintf(full, GGUF_NAME_CAP, "%s", name);
    else
        snprintf(full, GGUF_NAME_CAP, "blk.%u.%s", (unsigned)layer, name);
}

size_t gguf_place_in_head(size_t at, size_t rope_dims)
{
    size_t half = rope_dims / 2;
    if (at >= 2 * half)
        return at;
    return at < half ? 2 * at : 2 * (at - half) + 1;
}

size_t gguf_place_in_engine(size_t at, size_t rope_dims)
{
    if (at >= rope_dims / 2 * 2)
        return at;
    return at / 2 + (at % 2 ? rope_dims / 2 : 0);
}
