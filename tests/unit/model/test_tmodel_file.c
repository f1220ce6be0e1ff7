/* SPDX-License-Identifier: Apache-2.0
 *
 * .tmodel files on the disk: what becomes of the file does not touch a model that is open, and a file
 * that states another identity than its weights have is refused, though its checksums are right.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file_replace.h"
#include "base/hash.h"
#include "check.h"
#include "engine/lm_identity.h"
#include "model/tmodel_layout.h"
#include "tiny_tmodel.h"

#define FOLDER "test_tmodel_file.test"

static const char path[] = FOLDER "/tiny.tmodel";

static void check_identity(const struct tacit_model *model)
{
    uint8_t identity[LM_IDENTITY_BYTES];
    lm_identity(model_file_lm(model->file), identity);
    CHECK(memcmp(identity, model_file_lm(model->file)->identity, sizeof identity) == 0);
    CHECK(view_equals(model_file_name(model->file), "tiny"));
}

static void test_file_changes(const uint8_t *data, size_t n_bytes)
{
    struct tacit_model *model;
    CHECK(file_replace_all(path, data, n_bytes) == TACIT_OK);
    CHECK(tacit_model_open(&model, path) == TACIT_OK);
    FILE *file = fopen(path, "r+b");
    for (size_t i = 0; i < n_bytes; i++)
        CHECK(putc(0x55, file) == 0x55);
    CHECK(fclose(file) == 0);
    check_identity(model);
    CHECK(truncate(path, 300) == 0);
    check_identity(model);
    tacit_model_close(model);
    CHECK(tacit_model_open(&model, path) == TACIT_ERR_MODEL_DAMAGED);
}

static void test_forged(uint8_t *data, size_t n_bytes, const struct tacit_model *tiny)
{
    struct tacit_model *model;
    char why[TACIT_MODEL_REASON_MAX], stored[TACIT_MODEL_PATH_MAX];
    uint8_t claimed[TACIT_MODEL_HASH];
    CHECK(file_replace_all(path, data, n_bytes) == TACIT_OK);
    CHECK(tacit_model_claimed_identity(path, claimed) == TACIT_OK);
    CHECK(memcmp(claimed, tiny->identity, sizeof claimed) == 0);
    data[TMODEL_AT_IDENTITY] ^= 1;
    store_le64(data + TMODEL_AT_HEADER_HASH, hash64(data, TMODEL_AT_HEADER_HASH, 0));
    CHECK(file_replace_all(path, data, n_bytes) == TACIT_OK);
    CHECK(tacit_model_claimed_identity(path, claimed) == TACIT_OK);
    CHECK(memcmp(claimed, tiny->identity, sizeof claimed) != 0);
    CHECK(tacit_model_open(&model, path) == TACIT_ERR_MODEL_DAMAGED && model == NULL);
    CHECK(tacit_model_explain(path, why) == TACIT_ERR_MODEL_DAMAGED);
    CHECK(strstr(why, "not those of the identity") != NULL);
    CHECK(tacit_model_import(path, "forged", stored) == TACIT_ERR_MODEL_DAMAGED);
    CHECK(access(FOLDER "/tacit", F_OK) != 0);
}

/* Only what can be read is claimed. */
static void test_claims_of_damaged(uint8_t *data, size_t n_bytes)
{
    uint8_t claimed[TACIT_MODEL_HASH];
    CHECK(tacit_model_claimed_identity(FOLDER "/missing.tmodel", claimed) == TACIT_ERR_IO);
    CHECK(tacit_model_claimed_identity(FOLDER, claimed) == TACIT_ERR_IO);
    for (size_t n = 0; n < n_bytes; n += n < 300 ? 23 : 9973) {
        CHECK(file_replace_all(path, data, n) == TACIT_OK);
        CHECK(tacit_model_claimed_identity(path, claimed) == TACIT_ERR_MODEL_DAMAGED);
    }
    static const uint64_t sizes[] = {0, 5, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        store_le64(data + TMODEL_AT_SECTIONS + 16 * (size_t)TMODEL_TOKENIZER + 8, sizes[i]);
        store_le64(data + TMODEL_AT_HEADER_HASH, hash64(data, TMODEL_AT_HEADER_HASH, 0));
        CHECK(file_replace_all(path, data, n_bytes) == TACIT_OK);
        CHECK(tacit_model_claimed_identity(path, claimed) == TACIT_ERR_MODEL_DAMAGED);
    }
}

#define SHAPE(name, ...) {__VA_ARGS__},

int main(void)
{
    static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
    char folder[4096];
    struct tacit_model *tiny;
    uint8_t *data;
    CHECK(mkdir(FOLDER, 0777) == 0 || access(FOLDER, W_OK) == 0);
    CHECK(getcwd(folder, sizeof folder - sizeof FOLDER - 1) != NULL);
    strcat(folder, "/" FOLDER);
    CHECK(setenv("XDG_DATA_HOME", folder, 1) == 0);
    CHECK(tiny_tmodel(&tiny, &shapes[0], &data) == TACIT_OK);
    size_t n_bytes = (size_t)load_le64(data + 16);
    test_file_changes(data, n_bytes);
    test_forged(data, n_bytes, tiny);
    test_claims_of_damaged(data, n_bytes);
    tacit_model_close(tiny);
    free(data);
    unlink(path);
    rmdir(FOLDER);
    return check_result();
}
