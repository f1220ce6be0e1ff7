/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a .tmodel file back into a weights-only checkpoint, so that training can continue from an
 * exported model. What rounding to int8 lost stays lost.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/try.h"
#include "model/tmodel.h"
#include "tacit/train.h"
#include "token/tokenizer.h"
#include "workshop/net/net_export.h"
#include "workshop/train/checkpoint.h"
#include "workshop/train/config.h"
#include "workshop/train/files.h"
#include "workshop/train/say.h"

static enum tacit_status write_weights(const struct lm_model *model, const struct vocab *vocab,
                                       const char *path)
{
    struct net_config config;
    struct net net;
    const struct train_position start = {0};
    TRY(net_import_config(&config, model));
    TRY(net_open(&net, &config));
    float *params = calloc(net.n_params, sizeof *params);
    enum tacit_status status = params ? TACIT_OK : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        net_import(&net, model, params);
        status = checkpoint_write_weights(path, &net, vocab, &start, params);
    }
    free(params);
    net_close(&net);
    return status;
}

static enum tacit_status write_vocab(const struct vocab *vocab, const struct config *config,
                                     const struct tacit_train_sink *sink)
{
    char path[CONFIG_PATH_MAX + 32];
    TRY(file_said(folder_make(config->data_dir), config->data_dir, sink));
    snprintf(path, sizeof path, "%s/vocab.bin", config->data_dir);
    return file_said(vocab_write(vocab, path), path, sink);
}

static enum tacit_status import_model(const struct tmodel *file, const struct config *config,
                                      const char *weights, const struct tacit_train_sink *sink)
{
    struct tokenizer *tokenizer;
    struct vocab vocab;
    const struct byte_view saved = tmodel_text(file).tokenizer;
    TRY(tokenizer_load(&tokenizer, saved.data, saved.n));
    enum tacit_status status = vocab_from_tokenizer(&vocab, tokenizer);
    tokenizer_destroy(tokenizer);
    if (status != TACIT_OK)
        return status;
    status = write_weights(tmodel_model(file), &vocab, weights);
    if (status == TACIT_OK)
        status = write_vocab(&vocab, config, sink);
    vocab_close(&vocab);
    return status;
}

enum tacit_status tacit_train_import(const char *config_path, const char *model,
                                     const char *weights, const struct tacit_train_sink *sink)
{
    struct config config;
    struct tmodel *file;
    TRY(config_read_said(&config, config_path, sink));
    TRY(file_said(tmodel_open_file(&file, model), model, sink));
    const enum tacit_status status = import_model(file, &config, weights, sink);
    tmodel_close(file);
    return status;
}
