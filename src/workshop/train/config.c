/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/train/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum value_type { TEXT, U32, U64, F32 };

struct config_key {
    const char *name;
    enum value_type type;
    size_t offset;
};

#define KEY(type, name)                                                                            \
    {                                                                                              \
#name, type, offsetof(struct config, name)                                                 \
    }
#define NET_KEY(type, name)                                                                        \
    {                                                                                              \
#name, type, offsetof(struct config, net.name)                                             \
    }

static const struct config_key KEYS[] = {
    KEY(TEXT, data_dir),
    KEY(TEXT, out_dir),
    KEY(U32, n_threads),
    KEY(U64, seed),
    NET_KEY(U32, n_vocab),
    NET_KEY(U32, width),
    NET_KEY(U32, n_layers),
    NET_KEY(U32, n_heads),
    NET_KEY(U32, head_size),
    NET_KEY(U32, mlp_size),
    NET_KEY(U32, n_rotary),
    NET_KEY(U32, seq_len),
    NET_KEY(U32, window_short),
    NET_KEY(U32, window_long),
    NET_KEY(U32, hash_rows),
    NET_KEY(U32, hash_size),
    NET_KEY(F32, logit_cap),
    KEY(U32, vocab_sample_mb),
    KEY(U32, batch_seqs),
    KEY(U64, n_steps),
    KEY(U64, decay_start),
    KEY(U64, stop_step),
    KEY(U32, warmup),
    KEY(U32, rewarm),
    KEY(F32, lr_matrix),
    KEY(F32, lr_table),
    KEY(F32, lr_vector),
    KEY(F32, momentum),
    KEY(F32, weight_decay),
    KEY(F32, clip),
    KEY(F32, ema),
    KEY(U32, eval_every),
    KEY(U32, save_every),
    KEY(U32, eval_seqs),
};

static const struct config DEFAULTS = {
    .data_dir = "train-data",
    .out_dir = "train-out",
    .n_threads = 1,
    .seed = 1,
    .net = {.n_vocab = 4096,
            .width = 256,
            .n_layers = 6,
            .n_heads = 4,
            .head_size = 64,
            .mlp_size = 1024,
            .n_rotary = 16,
            .seq_len = 1024,
            .window_short = 128,
            .window_long = 512,
            .hash_rows = 16384,
            .hash_size = 64,
            .logit_cap = 20},
    .vocab_sample_mb = 60,
    .batch_seqs = 16,
    .n_steps = 20000,
    .decay_start = 10000,
    .warmup = 100,
    .rewarm = 50,
    .lr_matrix = 0.02f,
    .lr_table = 0.01f,
    .lr_vector = 0.01f,
    .momentum = 0.95f,
    .clip = 1.0f,
    .ema = 0.998f,
    .eval_every = 250,
    .save_every = 250,
    .eval_seqs = 4,
};

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        text[--n] = 0;
    return text;
}

static int set_value(void *at, enum value_type type, const char *value)
{
    char *end;
    errno = 0;
    if (type == TEXT) {
        if (strlen(value) >= CONFIG_PATH_MAX)
            return 0;
        memcpy(at, value, strlen(value) + 1);
        return 1;
    }
    if (type == F32) {
        const float x = strtof(value, &end);
        memcpy(at, &x, sizeof x);
        return end != value && !*end && errno == 0;
    }
    const unsigned long long x = strtoull(value, &end, 10);
    if (end == value || *end || errno || (type == U32 && x > UINT32_MAX))
        return 0;
    const uint32_t narrow = (uint32_t)x;
    const uint64_t wide = x;
    memcpy(at, type == U32 ? (const void *)&narrow : (const void *)&wide, type == U32 ? 4 : 8);
    return 1;
}

static int set_key(struct config *config, const char *key, const char *value)
{
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (!strcmp(KEYS[i].name, key))
            return set_value((char *)config + KEYS[i].offset, KEYS[i].type, value);
    if (strncmp(key, "mix.", 4) || config->n_mix == CONFIG_MIX_MAX ||
        strlen(key + 4) >= sizeof config->mix[0].name)
        return 0;
    struct config_mix *mix = &config->mix[config->n_mix++];
    memcpy(mix->name, key + 4, strlen(key + 4) + 1);
    return set_value(&mix->weight, F32, value) && mix->weight > 0;
}

enum tacit_status config_read(struct config *config, const char *path, int *bad_line)
{
    *config = DEFAULTS;
    *bad_line = 0;
    FILE *f = fopen(path, "r");
    if (!f)
        return TACIT_ERR_IO;
    char line[CONFIG_PATH_MAX + 64];
    enum tacit_status status = TACIT_OK;
    for (int n = 1; status == TACIT_OK && fgets(line, sizeof line, f); n++) {
        line[strcspn(line, "#")] = 0;
        char *key = trim(line), *equals = strchr(key, '=');
        if (!*key)
            continue;
        if (equals)
            *equals = 0;
        if (!equals || !set_key(config, trim(key), trim(equals + 1))) {
            *bad_line = n;
            status = TACIT_ERR_ARGUMENT;
        }
    }
    fclose(f);
    if (status == TACIT_OK &&
        (!config->n_threads || config->n_threads > CONFIG_THREADS_MAX || !config->batch_seqs))
        status = TACIT_ERR_ARGUMENT;
    return status;
}
