/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/train/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file_replace.h"
#include "base/try.h"
#include "workshop/net/random.h"
#include "workshop/train/files.h"

enum { N_CONFIG = 12, POSITION_BYTES = 6 * 8, CONFIG_BYTES = 4 * (N_CONFIG + 1) };

static const uint8_t STATE_MAGIC[8] = "TSTATE1", WEIGHTS_MAGIC[8] = "TWGHTS1";

uint16_t bf16_from_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float bf16_to_float(uint16_t x)
{
    const uint32_t bits = (uint32_t)x << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint64_t checksum(const uint8_t *data, size_t n)
{
    uint64_t h = n;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        h = random_mix(h ^ load_le64(data + i)) + 0x9E3779B97F4A7C15u;
    for (; i < n; i++)
        h = random_mix(h ^ data[i]) + 0x9E3779B97F4A7C15u;
    return h;
}

static void put_u64(uint8_t **at, uint64_t x)
{
    store_le64(*at, x);
    *at += 8;
}

static uint64_t get_u64(const uint8_t **at)
{
    *at += 8;
    return load_le64(*at - 8);
}

static void put_float(uint8_t *at, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    store_le32(at, bits);
}

static float get_float(const uint8_t *at)
{
    const uint32_t bits = load_le32(at);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void put_position(uint8_t **at, const struct train_position *p)
{
    uint64_t seconds;
    memcpy(&seconds, &p->seconds, sizeof seconds);
    put_u64(at, p->step);
    put_u64(at, p->sequences);
    put_u64(at, p->tokens);
    put_u64(at, p->resumed_at);
    put_u64(at, p->n_adam);
    put_u64(at, seconds);
}

static void get_position(const uint8_t **at, struct train_position *p)
{
    p->step = get_u64(at);
    p->sequences = get_u64(at);
    p->tokens = get_u64(at);
    p->resumed_at = get_u64(at);
    p->n_adam = get_u64(at);
    const uint64_t seconds = get_u64(at);
    memcpy(&p->seconds, &seconds, sizeof seconds);
}

static void put_config(uint8_t **at, const struct net_config *c)
{
    const uint32_t values[N_CONFIG] = {
        c->n_vocab,  c->width,   c->n_layers,     c->n_heads,     c->head_size, c->mlp_size,
        c->n_rotary, c->seq_len, c->window_short, c->window_long, c->hash_rows, c->hash_size,
    };
    for (size_t i = 0; i < N_CONFIG; i++, *at += 4)
        store_le32(*at, values[i]);
    put_float(*at, c->logit_cap);
    *at += 4;
}

static void get_config(const uint8_t **at, struct net_config *c)
{
    uint32_t *const values[N_CONFIG] = {
        &c->n_vocab,  &c->width,   &c->n_layers,     &c->n_heads,     &c->head_size, &c->mlp_size,
        &c->n_rotary, &c->seq_len, &c->window_short, &c->window_long, &c->hash_rows, &c->hash_size,
    };
    for (size_t i = 0; i < N_CONFIG; i++, *at += 4)
        *values[i] = load_le32(*at);
    c->logit_cap = get_float(*at);
    *at += 4;
}

static enum tacit_status write_checked(const char *path, uint8_t *data, size_t n)
{
    store_le64(data + n - 8, checksum(data, n - 8));
    const enum tacit_status status = file_replace_all(path, data, n);
    free(data);
    return status;
}

static enum tacit_status read_checked(const char *path, const uint8_t *magic, uint8_t **data,
                                      size_t *n)
{
    TRY(file_read(path, data, n));
    if (*n < 16 || memcmp(*data, magic, 8) ||
        load_le64(*data + *n - 8) != checksum(*data, *n - 8)) {
        free(*data);
        return TACIT_ERR_MODEL_DAMAGED;
    }
    *n -= 8;
    return TACIT_OK;
}

enum tacit_status checkpoint_write_state(const char *path, const struct net *net,
                                         const struct train_position *at,
                                         const struct train_arrays *arrays)
{
    const size_t n_params = net->n_params;
    const size_t n = 8 + POSITION_BYTES + CONFIG_BYTES + 16 * n_params + 8;
    uint8_t *data = malloc(n), *p = data;
    if (!data)
        return TACIT_ERR_MEMORY;
    memcpy(p, STATE_MAGIC, 8);
    p += 8;
    put_position(&p, at);
    put_config(&p, &net->config);
    const float *const parts[4] = {arrays->params, arrays->m, arrays->v, arrays->ema};
    for (size_t j = 0; j < 4; j++)
        for (size_t i = 0; i < n_params; i++, p += 4)
            put_float(p, parts[j][i]);
    return write_checked(path, data, n);
}

static bool same_config(const struct net_config *a, const struct net_config *b)
{
    uint8_t x[CONFIG_BYTES], y[CONFIG_BYTES], *px = x, *py = y;
    put_config(&px, a);
    put_config(&py, b);
    return !memcmp(x, y, sizeof x);
}

enum tacit_status checkpoint_read_state(const char *path, const struct net *net,
                                        struct train_position *at, struct train_arrays *arrays)
{
    uint8_t *data;
    size_t n;
    TRY(read_checked(path, STATE_MAGIC, &data, &n));
    enum tacit_status status = TACIT_ERR_MODEL_WRONG;
    if (n == 8 + POSITION_BYTES + CONFIG_BYTES + 16 * net->n_params) {
        const uint8_t *p = data + 8;
        struct net_config config;
        get_position(&p, at);
        get_config(&p, &config);
        float *const parts[4] = {arrays->params, arrays->m, arrays->v, arrays->ema};
        for (size_t j = 0; j < 4; j++)
            for (size_t i = 0; i < net->n_params; i++, p += 4)
                parts[j][i] = get_float(p);
        status = same_config(&config, &net->config) ? TACIT_OK : TACIT_ERR_MODEL_WRONG;
    }
    free(data);
    return status;
}

enum tacit_status checkpoint_write_weights(const char *path, const struct net *net,
                                           const struct vocab *vocab,
                                           const struct train_position *at, const float *weights)
{
    uint8_t *vocab_bytes;
    size_t n_vocab_bytes;
    TRY(vocab_save(vocab, &vocab_bytes, &n_vocab_bytes));
    const size_t n = 8 + POSITION_BYTES + CONFIG_BYTES + 16 + n_vocab_bytes + 2 * net->n_params + 8;
    uint8_t *data = malloc(n), *p = data;
    if (!data) {
        free(vocab_bytes);
        return TACIT_ERR_MEMORY;
    }
    memcpy(p, WEIGHTS_MAGIC, 8);
    p += 8;
    put_position(&p, at);
    put_config(&p, &net->config);
    put_u64(&p, n_vocab_bytes);
    put_u64(&p, net->n_params);
    memcpy(p, vocab_bytes, n_vocab_bytes);
    p += n_vocab_bytes;
    for (size_t i = 0; i < net->n_params; i++, p += 2)
        store_le16(p, bf16_from_float(weights[i]));
    free(vocab_bytes);
    return write_checked(path, data, n);
}

/* Reads the head; moves *p to the vocabulary. */
static enum tacit_status weights_head(const uint8_t *data, size_t n, const uint8_t **p,
                                      struct train_position *at, struct net_config *config,
                                      uint64_t *n_vocab_bytes, uint64_t *n_params)
{
    const size_t head = 8 + POSITION_BYTES + CONFIG_BYTES + 16;
    if (n < head)
        return TACIT_ERR_MODEL_DAMAGED;
    *p = data + 8;
    get_position(p, at);
    get_config(p, config);
    *n_vocab_bytes = get_u64(p);
    *n_params = get_u64(p);
    if (*n_vocab_bytes > n - head || *n_params > n / 2 ||
        head + *n_vocab_bytes + 2 * *n_params != n)
        return TACIT_ERR_MODEL_DAMAGED;
    return TACIT_OK;
}

enum tacit_status checkpoint_read_weights_head(const char *path, struct net_config *config,
                                               struct vocab *vocab, struct train_position *at)
{
    uint8_t *data;
    size_t n;
    TRY(read_checked(path, WEIGHTS_MAGIC, &data, &n));
    const uint8_t *p;
    uint64_t n_vocab_bytes, n_params;
    enum tacit_status status = weights_head(data, n, &p, at, config, &n_vocab_bytes, &n_params);
    if (status == TACIT_OK)
        status = vocab_load(vocab, p, n_vocab_bytes);
    free(data);
    return status;
}

enum tacit_status checkpoint_read_weights(const char *path, const struct net *net, float *weights)
{
    uint8_t *data;
    size_t n;
    TRY(read_checked(path, WEIGHTS_MAGIC, &data, &n));
    const uint8_t *p;
    uint64_t n_vocab_bytes, n_params;
    struct net_config config;
    struct train_position at;
    enum tacit_status status = weights_head(data, n, &p, &at, &config, &n_vocab_bytes, &n_params);
    if (status == TACIT_OK && (n_params != net->n_params || !same_config(&config, &net->config)))
        status = TACIT_ERR_MODEL_WRONG;
    if (status == TACIT_OK)
        for (size_t i = 0; i < n_params; i++)
            weights[i] = bf16_to_float(load_le16(p + n_vocab_bytes + 2 * i));
    free(data);
    return status;
}
