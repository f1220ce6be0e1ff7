/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens models for the codec: weights, tokenizer, byte trie and identity; explains why a file cannot be run.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "base/try.h"
#include "model/open_model.h"
#include "model/tmodel.h"

/* SHA-256 of
 *
 *     "tacit model 1\n" | identity of the weights (lm_identity.h) | number of tokens u32
 *     | each token: length u32, bytes (none where text cannot produce it)
 *
 * numbers little-endian. The rules by which text is cut are not part of the identity: a decoder needs them only where a
 * block is primed or reads a reference, and such an archive names them beside it (tokenizer_hash_rules).
 */
static void hash_model(const uint8_t weights[LM_IDENTITY_BYTES], const struct tokenizer *tokenizer,
                       uint8_t identity[TACIT_MODEL_HASH])
{
    static const char title[] = "tacit model 1\n";
    uint32_t n_tokens = tokenizer_vocabulary(tokenizer)->n_tokens;
    struct sha256 sha;
    uint8_t number[4];
    sha256_init(&sha);
    sha256_update(&sha, title, sizeof title - 1);
    sha256_update(&sha, weights, LM_IDENTITY_BYTES);
    store_le32(number, n_tokens);
    sha256_update(&sha, number, sizeof number);
    for (uint32_t i = 0; i < n_tokens; i++) {
        struct byte_view bytes = tokenizer_item_bytes(tokenizer, i);
        store_le32(number, (uint32_t)bytes.n);
        sha256_update(&sha, number, sizeof number);
        sha256_update(&sha, bytes.data, bytes.n);
    }
    sha256_final(&sha, identity);
}

/* Takes over file. */
static enum tacit_status make_model(struct tacit_model **out, struct model_file *file)
{
    struct tacit_model *model = calloc(1, sizeof *model);
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (model)
        status = byte_trie_of_tokenizer(&model->trie, model_file_tokenizer(file));
    if (status == TACIT_OK)
        status = tokenizer_hash_rules(model_file_tokenizer(file), &model->rules);
    if (status != TACIT_OK) {
        byte_trie_destroy(model ? model->trie : NULL);
        free(model);
        model_file_close(file);
        return status;
    }
    model->file = file;
    hash_model(model_file_lm(file)->identity, model_file_tokenizer(file), model->identity);
    *out = model;
    return TACIT_OK;
}

enum tacit_status tacit_model_open(struct tacit_model **model, const char *path)
{
    struct model_file *file;
    *model = NULL;
    TRY(model_file_open(&file, path, NULL));
    return make_model(model, file);
}

enum tacit_status tacit_model_explain(const char *path, char text[TACIT_MODEL_REASON_MAX])
{
    struct model_file *file;
    struct reason reason = {{0}};
    enum tacit_status status = model_file_open(&file, path, &reason);
    model_file_close(file);
    snprintf(text, TACIT_MODEL_REASON_MAX, "%s", reason.text);
    return status;
}

enum tacit_status model_open_memory(struct tacit_model **model, const uint8_t *data, size_t n_bytes)
{
    struct model_file *file;
    *model = NULL;
    TRY(model_file_open_memory(&file, data, n_bytes));
    return make_model(model, file);
}

void tacit_model_close(struct tacit_model *model)
{
    if (!model || model->is_linked)
        return;
    byte_trie_destroy(model->trie);
    model_file_close(model->file);
    free(model);
}

void tacit_model_identity(const struct tacit_model *model, uint8_t identity[TACIT_MODEL_HASH])
{
    memcpy(identity, model->identity, TACIT_MODEL_HASH);
}

uint32_t tacit_model_rules(const struct tacit_model *model)
{
    return model->rules;
}

enum tacit_status tacit_model_claimed_identity(const char *path, uint8_t identity[TACIT_MODEL_HASH])
{
    uint8_t weights[LM_IDENTITY_BYTES];
    struct tokenizer *tokenizer;
    TRY(tmodel_read_claim(path, weights, &tokenizer));
    hash_model(weights, tokenizer, identity);
    tokenizer_destroy(tokenizer);
    return TACIT_OK;
}

enum tacit_status tacit_model_hash_file(const char *path, uint8_t hash[TACIT_MODEL_HASH])
{
    uint8_t piece[1 << 15];
    struct sha256 sha;
    size_t n;
    FILE *file = fopen(path, "rb");
    if (!file)
        return TACIT_ERR_IO;
    sha256_init(&sha);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        sha256_update(&sha, piece, n);
    bool failed = ferror(file);
    int saved = errno;
    fclose(file);
    errno = saved;
    if (failed)
        return TACIT_ERR_IO;
    sha256_final(&sha, hash);
    return TACIT_OK;
}
