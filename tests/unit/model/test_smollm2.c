/* SPDX-License-Identifier: Apache-2.0
 *
 * The real model's tokens against an independent implementation's. Skipped where the model
 * smollm2-135m is not there: 'tacit model fetch smollm2-135m' gets it.
 */
#include "check.h"
#include "model/open_model.h"
#include "unit/model/smollm2_ids.h"
#include "unit/token/tokenizer_cases.h"

#include <stdlib.h>

#define SKIPPED 77

static void test_texts(const struct tacit_model *model)
{
    const struct tokenizer *tokenizer = model_file_tokenizer(model->file);
    const unsigned short *ids = smollm2_ids;
    uint32_t items[1024];
    for (int i = 0; i < N_TEXTS; i++) {
        size_t n_want = *ids++, n, n_same = 0;
        CHECK(tokenizer_encode(tokenizer, (const uint8_t *)texts[i], strlen(texts[i]), items, &n) ==
              TACIT_OK);
        while (n_same < n && n_same < n_want && items[n_same] == ids[n_same])
            n_same++;
        CHECK_MSG(n == n_want && n_same == n, "text %d, token %zu", i, n_same);
        ids += n_want;
    }
}

/* The 21 bytes that this vocabulary lacks, and its 17 special tokens. */
static void test_vocabulary(const struct tacit_model *model)
{
    static const uint8_t lacking[] = {0x04, 0x06, 0x13, 0x14, 0x16, 0x1d, 0xc0,
                                      0xc1, 0xf1, 0xf2, 0xf5, 0xf6, 0xf7, 0xf8,
                                      0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
    const struct tokenizer *tokenizer = model_file_tokenizer(model->file);
    uint32_t n_bare = 0, n_tokens = tokenizer_n_items(tokenizer) - 256;
    for (size_t i = 0; i < sizeof lacking; i++)
        CHECK(tokenizer_item_bytes(tokenizer, n_tokens + lacking[i]).n == 1);
    for (uint32_t byte = 0; byte < 256; byte++)
        n_bare += tokenizer_item_bytes(tokenizer, n_tokens + byte).n == 1;
    CHECK(n_bare == sizeof lacking);
    uint32_t start = tokenizer_start(tokenizer);
    CHECK(start == 0 || start == VOCABULARY_NONE); /* the latter of an older .tmodel */
    CHECK(n_tokens == 49152 && model->trie->n_places == 49152 - 17 + 21);
}

int main(void)
{
    char path[TACIT_MODEL_PATH_MAX];
    struct tacit_model *model;
    (void)words, (void)merges;
    (void)ids_smollm, (void)ids_gpt_2, (void)ids_qwen2, (void)ids_llama_bpe;
    if (tacit_model_find("smollm2-135m", path) != TACIT_OK) {
        printf("skipped: no model smollm2-135m\n");
        return SKIPPED;
    }
    CHECK_MSG(tacit_model_open(&model, path) == TACIT_OK, "%s", path);
    if (model) {
        test_texts(model);
        test_vocabulary(model);
    }
    tacit_model_close(model);
    return check_result();
}
