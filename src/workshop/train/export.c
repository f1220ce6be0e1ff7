/* SPDX-License-Identifier: Apache-2.0
 *
 * From a weights-only checkpoint to a .tmodel file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file_replace.h"
#include "base/try.h"
#include "model/tmodel.h"
#include "tacit/train.h"
#include "token/tokenizer.h"
#include "workshop/net/net_export.h"
#include "workshop/train/checkpoint.h"
#include "workshop/train/files.h"

struct buffer {
    uint8_t *data;
    size_t n, cap;
};

static enum tacit_status buffer_sink(void *context, const void *data, size_t n_bytes)
{
    struct buffer *b = context;
    if (n_bytes > b->cap - b->n) {
        size_t cap = 2 * (b->n + n_bytes);
        uint8_t *grown = realloc(b->data, cap);
        if (!grown)
            return TACIT_ERR_MEMORY;
        b->data = grown;
        b->cap = cap;
    }
    memcpy(b->data + b->n, data, n_bytes);
    b->n += n_bytes;
    return TACIT_OK;
}

static enum tacit_status write_model(const char *path, const struct lm_model *model,
                                     const struct vocab *vocab, const char *name,
                                     const char *licence)
{
    struct tmodel_text text = {.name = {(const uint8_t *)name, strlen(name)},
                               .licence = {(const uint8_t *)licence, strlen(licence)}};
    struct buffer file = {0};
    uint8_t *tokenizer;
    TRY(tokenizer_save(vocab->tokenizer, &tokenizer, &text.tokenizer.n));
    text.tokenizer.data = tokenizer;
    enum tacit_status status = tmodel_write(model, &text, buffer_sink, &file);
    if (status == TACIT_OK)
        status = file_replace_all(path, file.data, file.n);
    free(file.data);
    free(tokenizer);
    return status;
}

static enum tacit_status export_net(const char *weights, const char *path, const struct net *net,
                                    const struct vocab *vocab, const char *name,
                                    const char *licence)
{
    struct lm_model *model = NULL;
    float *params = malloc(net->n_params * sizeof *params);
    enum tacit_status status = params ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK)
        status = checkpoint_read_weights(weights, net, params);
    if (status == TACIT_OK)
        status = net_export(&model, net, params, NULL);
    if (status == TACIT_OK)
        status = write_model(path, model, vocab, name, licence);
    lm_model_destroy(model);
    free(params);
    return status;
}

enum tacit_status tacit_train_export(const char *weights, const char *path, const char *name,
                                     const char *licence)
{
    struct net_config config;
    struct vocab vocab = {0};
    struct train_position at;
    struct net net;
    TRY(checkpoint_read_weights_head(weights, &config, &vocab, &at));
    enum tacit_status status = net_open(&net, &config);
    if (status == TACIT_OK) {
        status = export_net(weights, path, &net, &vocab, name, licence);
        net_close(&net);
    }
    vocab_close(&vocab);
    return status;
}
