/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions that a kind of cache consists of; for kv_cache.c and the kinds' own files.
 */
#ifndef TACIT_ENGINE_KV_CACHE_KINDS_H
#define TACIT_ENGINE_KV_CACHE_KINDS_H

#include "engine/kv_cache.h"

/* lay_out takes keys, values and scales; store_key, store_value, score and weigh as kv_cache.h
 * says. */
#define KV_KIND_FUNCTIONS(kind, suffix)                                                            \
    void kv_lay_out_##suffix(struct kv_cache *cache, struct arena *arena);                         \
    void kv_store_key_##suffix(const struct kv_use *use, size_t slot, const float *key);           \
    void kv_store_value_##suffix(const struct kv_use *use, size_t slot, const float *value);       \
    void kv_score_##suffix(const struct kv_use *use, const float *queries, size_t n_valid);        \
    void kv_weigh_##suffix(const struct kv_use *use, float *out, const float *sinks,               \
                           size_t n_valid);
KV_KINDS(KV_KIND_FUNCTIONS)
#undef KV_KIND_FUNCTIONS

#endif
