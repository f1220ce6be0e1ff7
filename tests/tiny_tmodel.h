/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole tiny model for tests: the weights of tiny_model.h and a vocabulary of single bytes and
 * short words, which lacks the bytes 'Q' and 255.
 */
#ifndef TACIT_TESTS_TINY_TMODEL_H
#define TACIT_TESTS_TINY_TMODEL_H

#include <stdlib.h>
#include <string.h>

#include "model/open_model.h"
#include "model/tmodel.h"
#include "tiny_model.h"

struct tiny_file {
    uint8_t *data;
    size_t n, cap;
};

static inline enum tacit_status tiny_sink(void *context, const void *data, size_t n_bytes)
{
    struct tiny_file *file = (struct tiny_file *)context;
    if (n_bytes > file->cap - file->n)
        return TACIT_ERR_IO;
    memcpy(file->data + file->n, data, n_bytes);
    file->n += n_bytes;
    return TACIT_OK;
}

/* The first n_tokens of: special, 254 bytes, words. */
static inline struct tokenizer *tiny_tokenizer(uint32_t n_tokens)
{
    static const char *const words[] = {"th", "the", " t", " the", "in", "an", "er", "es",
                                        "on", "at",  "en", "ou",   "it", "or", "is", " a"};
    static uint8_t bytes[256];
    struct byte_view tokens[320] = {{NULL, 0}};
    uint8_t is_text[320] = {0};
    uint32_t n = 1;
    for (unsigned b = 0; b < 255; b++) {
        bytes[b] = (uint8_t)b;
        if (b != 'Q')
            tokens[n++] = (struct byte_view){&bytes[b], 1};
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        tokens[n++] = (struct byte_view){(const uint8_t *)words[i], strlen(words[i])};
    for (uint32_t i = 1; i < n; i++)
        is_text[i] = 1;
    struct tokenizer_spec spec = {.pre = {(const uint8_t *)"gpt-2", 5},
                                  .form = TOKENIZER_JOINED,
                                  .n_tokens = n_tokens,
                                  .tokens = tokens,
                                  .is_text = is_text,
                                  .has_start = true};
    struct tokenizer *tokenizer = NULL;
    return tokenizer_create(&tokenizer, &spec) == TACIT_OK ? tokenizer : NULL;
}

/* The model of these two, which it takes over, opened from memory. *memory: the caller's to free after
 * closing. */
static inline enum tacit_status tiny_open_with(struct tacit_model **model, struct lm_model *lm,
                                               struct tokenizer *tokenizer, uint8_t **memory)
{
    struct tmodel_text text = {{(const uint8_t *)"tiny", 4}, {NULL, 0}, {NULL, 0}};
    uint8_t *saved = NULL;
    *model = NULL;
    *memory = NULL;
    enum tacit_status status = tokenizer_save(tokenizer, &saved, &text.tokenizer.n);
    text.tokenizer.data = saved;
    if (status == TACIT_OK) {
        size_t cap = (lm->n_bytes + text.tokenizer.n + 8192 + 4095) / 4096 * 4096;
        struct tiny_file file = {(uint8_t *)aligned_alloc(4096, cap), 0, cap};
        *memory = file.data;
        status = tmodel_write(lm, &text, tiny_sink, &file);
        if (status == TACIT_OK)
            status = model_open_memory(model, file.data, file.n);
    }
    free(saved);
    tokenizer_destroy(tokenizer);
    lm_model_destroy(lm);
    return status;
}

/* The same with the tokenizer above. */
static inline enum tacit_status tiny_open(struct tacit_model **model, struct lm_model *lm,
                                          uint8_t **memory)
{
    return tiny_open_with(model, lm, tiny_tokenizer(lm->shape.n_vocab), memory);
}

/* The weights are shape's of tiny_model.h. */
static inline enum tacit_status tiny_tmodel(struct tacit_model **model,
                                            const struct lm_shape *shape, uint8_t **memory)
{
    struct lm_model *lm;
    *model = NULL;
    *memory = NULL;
    enum tacit_status status = tiny_model(&lm, shape);
    return status == TACIT_OK ? tiny_open(model, lm, memory) : status;
}

#endif
