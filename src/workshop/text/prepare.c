/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns raw text into tokens. Each category's files are joined and cleaned of evaluation text; one
 * document in 64 is held out. The vocabulary is counted over a sample drawn to the mixture's
 * weights, unless data_dir already has one. Writes data_dir/vocab.bin, CATEGORY.train,
 * CATEGORY.held and NAME.apart: ids as little-endian 16-bit numbers, each document beginning with
 * BOS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file_replace.h"
#include "base/try.h"
#include "workshop/text/clean.h"
#include "workshop/text/vocab.h"
#include "workshop/train/config.h"
#include "workshop/train/files.h"
#include "workshop/train/say.h"

enum { HELD_OUT_ONE_IN = 64, HELD_OUT_AT = 5 };

struct text {
    char name[64];
    uint8_t *data;
    size_t n, cap;
};

struct prepare {
    struct config config;
    const struct tacit_train_sink *sink;
    struct shingles shingles;
    struct text train[CONFIG_MIX_MAX], held[CONFIG_MIX_MAX];
    struct vocab vocab;
};

static enum tacit_status append(struct text *t, const uint8_t *data, size_t n)
{
    if (t->cap - t->n < n + 1) {
        const size_t cap = (t->n + n + 1) * 2;
        uint8_t *grown = realloc(t->data, cap);
        if (!grown)
            return TACIT_ERR_MEMORY;
        t->data = grown;
        t->cap = cap;
    }
    memcpy(t->data + t->n, data, n);
    t->n += n;
    t->data[t->n++] = 0;
    return TACIT_OK;
}

static int category_of(const struct config *config, const char *input, const char **path)
{
    const char *equals = strchr(input, '=');
    if (!equals)
        return -1;
    *path = equals + 1;
    for (size_t i = 0; i < config->n_mix; i++)
        if (strlen(config->mix[i].name) == (size_t)(equals - input) &&
            !strncmp(config->mix[i].name, input, (size_t)(equals - input)))
            return (int)i;
    return -1;
}

/* Cleans one input file and divides its documents between train and held. */
static enum tacit_status take_input(struct prepare *p, const char *input)
{
    const char *path = NULL;
    const int c = category_of(&p->config, input, &path);
    if (c < 0) {
        say(p->sink, "%s: not CATEGORY=PATH with a category of the mixture", input);
        return TACIT_ERR_ARGUMENT;
    }
    uint8_t *data;
    size_t n_raw;
    TRY(file_said(file_read(path, &data, &n_raw), path, p->sink));
    const size_t n = shingles_cut(&p->shingles, data, n_raw);
    if (n + 64 < n_raw)
        say(p->sink, "%s: %zu of %zu bytes removed, they overlap with evaluation text", input,
            n_raw - n, n_raw);
    enum tacit_status status = TACIT_OK;
    size_t n_docs = 0;
    for (size_t at = 0; at < n && status == TACIT_OK;) {
        const uint8_t *end = memchr(data + at, 0, n - at);
        const size_t len = end ? (size_t)(end - data) - at : n - at;
        struct text *to = n_docs++ % HELD_OUT_ONE_IN == HELD_OUT_AT ? &p->held[c] : &p->train[c];
        if (len >= 32)
            status = append(to, data + at, len);
        at += len + 1;
    }
    free(data);
    return status;
}

/* A sample of each category in proportion to its weight, in evenly spread 64 KiB pieces. */
static enum tacit_status count_vocab(struct prepare *p)
{
    const size_t piece = 65536;
    const struct config *config = &p->config;
    float sum = 0;
    for (size_t i = 0; i < config->n_mix; i++)
        sum += config->mix[i].weight;
    struct text samples[CONFIG_MIX_MAX] = {0};
    const uint8_t *texts[CONFIG_MIX_MAX];
    size_t sizes[CONFIG_MIX_MAX];
    enum tacit_status status = TACIT_OK;
    for (size_t i = 0; i < config->n_mix && status == TACIT_OK; i++) {
        const struct text *t = &p->train[i];
        const size_t want =
            (size_t)(config->mix[i].weight / sum * (float)config->vocab_sample_mb * 1e6f);
        const size_t n_pieces = (want < t->n ? want : t->n) / piece + 1;
        for (size_t j = 0; j < n_pieces && status == TACIT_OK; j++) {
            const size_t at = t->n / n_pieces * j;
            status = append(&samples[i], t->data + at, t->n - at < piece ? t->n - at : piece);
        }
        texts[i] = samples[i].data;
        sizes[i] = samples[i].n;
    }
    if (status == TACIT_OK)
        status = vocab_train(&p->vocab, config->net.n_vocab, config->n_mix, texts, sizes, 3);
    for (size_t i = 0; i < config->n_mix; i++)
        free(samples[i].data);
    return status;
}

/* Documents, which NUL bytes divide, as tokens, BOS before each. ids: room for n + 2. */
static enum tacit_status encode_documents(const struct vocab *vocab, const uint8_t *text, size_t n,
                                          uint16_t *ids, size_t *n_ids)
{
    *n_ids = 0;
    for (size_t at = 0, n_new; at < n;) {
        const uint8_t *end = memchr(text + at, 0, n - at);
        const size_t len = end ? (size_t)(end - text) - at : n - at;
        if (len > 0) {
            ids[(*n_ids)++] = (uint16_t)(vocab->n_tokens - 1);
            TRY(vocab_encode(vocab, text + at, len, ids + *n_ids, &n_new));
            *n_ids += n_new;
        }
        at += len + 1;
    }
    for (size_t i = 0; i < *n_ids; i++)
        store_le16((uint8_t *)&ids[i], ids[i]);
    return TACIT_OK;
}

static enum tacit_status write_tokens(struct prepare *p, const char *name, const char *suffix,
                                      const uint8_t *text, size_t n)
{
    char path[CONFIG_PATH_MAX + 128];
    snprintf(path, sizeof path, "%s/%s.%s", p->config.data_dir, name, suffix);
    uint16_t *ids = malloc((n + 2) * sizeof *ids);
    if (!ids)
        return TACIT_ERR_MEMORY;
    size_t n_ids;
    enum tacit_status status = encode_documents(&p->vocab, text, n, ids, &n_ids);
    if (status == TACIT_OK)
        status = file_said(file_replace_all(path, ids, n_ids * sizeof *ids), path, p->sink);
    free(ids);
    if (status != TACIT_OK)
        return status;
    say(p->sink, "%s.%s: %zu bytes, %zu tokens, %.3f bytes a token", name, suffix, n, n_ids,
        n_ids ? (double)n / (double)n_ids : 0.0);
    return TACIT_OK;
}

static enum tacit_status write_apart(struct prepare *p, const char *path)
{
    uint8_t *data;
    size_t n;
    TRY(file_said(file_read(path, &data, &n), path, p->sink));
    const char *slash = strrchr(path, '/');
    const enum tacit_status status =
        memchr(data, 0, n) ? TACIT_OK /* not text */
                           : write_tokens(p, slash ? slash + 1 : path, "apart", data, n);
    free(data);
    return status;
}

static enum tacit_status take_apart(struct prepare *p, const char *path)
{
    uint8_t *data;
    size_t n;
    TRY(file_said(file_read(path, &data, &n), path, p->sink));
    const enum tacit_status status = shingles_add(&p->shingles, data, n);
    free(data);
    return status;
}

static enum tacit_status prepare(struct prepare *p, size_t n_inputs, const char *const *inputs,
                                 size_t n_apart, const char *const *apart)
{
    char path[CONFIG_PATH_MAX + 128];
    TRY(file_said(folder_make(p->config.data_dir), p->config.data_dir, p->sink));
    TRY(shingles_open(&p->shingles));
    for (size_t i = 0; i < n_apart; i++)
        TRY(take_apart(p, apart[i]));
    say(p->sink, "%zu shingles of evaluation text", p->shingles.n);
    for (size_t i = 0; i < n_inputs; i++)
        TRY(take_input(p, inputs[i]));
    snprintf(path, sizeof path, "%s/vocab.bin", p->config.data_dir);
    if (vocab_read(&p->vocab, path) != TACIT_OK) {
        TRY(count_vocab(p));
        TRY(file_said(vocab_write(&p->vocab, path), path, p->sink));
    }
    say(p->sink, "%s: %u tokens", path, p->vocab.n_tokens);
    for (size_t i = 0; i < p->config.n_mix; i++) {
        const char *name = p->config.mix[i].name;
        TRY(write_tokens(p, name, "train", p->train[i].data, p->train[i].n));
        TRY(write_tokens(p, name, "held", p->held[i].data, p->held[i].n));
    }
    for (size_t i = 0; i < n_apart; i++)
        TRY(write_apart(p, apart[i]));
    return TACIT_OK;
}

enum tacit_status tacit_train_prepare(const char *config_path, size_t n_inputs,
                                      const char *const *inputs, size_t n_apart,
                                      const char *const *apart, const struct tacit_train_sink *sink)
{
    struct prepare *p = calloc(1, sizeof *p);
    if (!p)
        return TACIT_ERR_MEMORY;
    p->sink = sink;
    enum tacit_status status = config_read_said(&p->config, config_path, sink);
    if (status == TACIT_OK)
        status = prepare(p, n_inputs, inputs, n_apart, apart);
    for (size_t i = 0; i < CONFIG_MIX_MAX; i++) {
        free(p->train[i].data);
        free(p->held[i].data);
    }
    shingles_close(&p->shingles);
    vocab_close(&p->vocab);
    free(p);
    return status;
}
