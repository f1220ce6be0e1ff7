/* SPDX-License-Identifier: Apache-2.0
 *
 * .tmodel files: what is read is what was written, wherever it lies in memory; every truncation and
 * any changed byte is noticed.
 */
#include "model/tmodel.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "engine/lm_identity.h"
#include "tiny_model.h"

struct buffer {
    uint8_t *data;
    size_t n, cap;
};

static enum tacit_status buffer_sink(void *context, const void *data, size_t n_bytes)
{
    struct buffer *b = context;
    if (n_bytes > b->cap - b->n)
        return TACIT_ERR_IO;
    memcpy(b->data + b->n, data, n_bytes);
    b->n += n_bytes;
    return TACIT_OK;
}

static struct byte_view view(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

static void check_same(const struct buffer *file, const struct lm_model *model)
{
    struct tmodel *t;
    uint8_t identity[LM_IDENTITY_BYTES];
    CHECK(tmodel_open_memory(&t, file->data, file->n) == TACIT_OK);
    lm_identity(tmodel_model(t), identity);
    CHECK(memcmp(identity, model->identity, sizeof identity) == 0);
    CHECK(memcmp(tmodel_model(t)->identity, identity, sizeof identity) == 0);
    CHECK(memcmp(&tmodel_model(t)->shape, &model->shape, sizeof model->shape) == 0);
    CHECK(view_equals(tmodel_text(t).name, "tiny"));
    CHECK(view_equals(tmodel_text(t).licence, "none"));
    CHECK(view_equals(tmodel_text(t).tokenizer, "the tokenizer's bytes"));
    tmodel_close(t);
}

static void check_damage(struct buffer *file)
{
    struct tmodel *t;
    for (size_t n = 0; n < file->n; n += n < 300 ? 1 : 997)
        CHECK_MSG(tmodel_open_memory(&t, file->data, n) != TACIT_OK && !t, "%zu bytes", n);
    for (size_t i = 0; i < file->n; i += i < 300 ? 1 : 991) {
        file->data[i] ^= 0x10;
        CHECK_MSG(tmodel_open_memory(&t, file->data, file->n) != TACIT_OK && !t, "byte %zu", i);
        file->data[i] ^= 0x10;
    }
}

static void check_model(const struct lm_shape *shape)
{
    struct lm_model *model;
    struct tmodel_text text = {view("tiny"), view("none"), view("the tokenizer's bytes")};
    CHECK(tiny_model(&model, shape) == TACIT_OK);
    size_t cap = model->n_bytes + 8192;
    uint8_t *memory = aligned_alloc(4096, (cap + 64 + 4095) / 4096 * 4096);
    struct buffer file = {memory, 0, cap};
    CHECK(tmodel_write(model, &text, buffer_sink, &file) == TACIT_OK);
    check_same(&file, model);
    check_damage(&file);
    memmove(memory + 3, memory, file.n);
    file.data = memory + 3;
    check_same(&file, model);
    struct buffer small = {memory, 0, file.n - 1};
    CHECK(tmodel_write(model, &text, buffer_sink, &small) == TACIT_ERR_IO);
    free(memory);
    lm_model_destroy(model);
}

#define SHAPE(name, ...) {__VA_ARGS__},

int main(void)
{
    static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check_model(&shapes[i]);
    return check_result();
}
