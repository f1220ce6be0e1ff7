/* SPDX-License-Identifier: Apache-2.0
 *
 * A drafted file is read again: values of every type, copied ones too, tensors and their places.
 */
#include "check.h"
#include "gguf/gguf_write.h"

#include <string.h>

static struct byte_view view(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

static void draft_values(struct gguf_draft *draft)
{
    gguf_draft_u32(draft, "a.number", 7);
    gguf_draft_f32(draft, "a.float", -0.5f);
    gguf_draft_bool(draft, "a.flag", true);
    gguf_draft_string(draft, "a.text", view("words"));
    gguf_draft_array(draft, "a.list", GGUF_STRING, 2);
    gguf_draft_string_element(draft, view("one"));
    gguf_draft_string_element(draft, view(""));
    gguf_draft_array(draft, "a.types", GGUF_I32, 1);
    gguf_draft_u32_element(draft, 3);
}

static void check_values(const struct gguf *gguf)
{
    uint32_t number = 0;
    float real = 0;
    bool flag = false;
    struct byte_view text = {NULL, 0};
    struct gguf_array list = {.count = 0};
    CHECK(gguf_n_values(gguf) == 6);
    CHECK(gguf_get_u32(gguf, "a.number", &number) && number == 7);
    CHECK(gguf_get_f32(gguf, "a.float", &real) && real == -0.5f);
    CHECK(gguf_get_bool(gguf, "a.flag", &flag) && flag);
    CHECK(gguf_get_string(gguf, "a.text", &text) && view_equals(text, "words"));
    CHECK(gguf_get_array(gguf, "a.list", &list) && list.count == 2 && list.type == GGUF_STRING);
    CHECK(view_equals(gguf_next_string(&list.data), "one"));
    CHECK(view_equals(gguf_next_string(&list.data), ""));
    CHECK(gguf_get_array(gguf, "a.types", &list) && list.count == 1 && list.data[0] == 3);
}

/* Head and data; the tensors' bytes count up. */
static struct gguf *open_draft(const struct gguf_draft *draft, struct byte_buffer *file)
{
    struct gguf *gguf = NULL;
    CHECK(gguf_draft_head(draft, file) == TACIT_OK);
    CHECK(file->size % GGUF_ALIGNMENT == 0);
    for (uint64_t i = 0; i < draft->n_data; i++) {
        uint8_t byte = (uint8_t)i;
        CHECK(byte_buffer_append(file, &byte, 1) == TACIT_OK);
    }
    CHECK(gguf_open_memory(&gguf, file->data, file->size, NULL) == TACIT_OK);
    return gguf;
}

int main(void)
{
    struct gguf_draft draft = {.n_values = 0}, copy = {.n_values = 0};
    struct byte_buffer file = {0}, second = {0};
    draft_values(&draft);
    gguf_draft_tensor(&draft, "vector", gguf_type_find(0), 3, 0); /* 12 bytes, and 20 zeros */
    gguf_draft_tensor(&draft, "matrix", gguf_type_find(2), 64, 5);
    struct gguf *gguf = open_draft(&draft, &file);
    check_values(gguf);
    const struct gguf_tensor *matrix = gguf_find_tensor(gguf, "matrix");
    CHECK(gguf_n_tensors(gguf) == 2 && gguf_find_tensor(gguf, "vector")->n_dims == 1);
    CHECK(matrix->n_rows == 5 && matrix->row_bytes == 36 && matrix->data[0] == 32);
    for (uint32_t i = 0; i < gguf_n_values(gguf); i++)
        gguf_draft_copy(&copy, gguf, i);
    struct gguf *copied = open_draft(&copy, &second);
    check_values(copied);
    gguf_close(copied);
    gguf_close(gguf);
    gguf_draft_free(&draft);
    gguf_draft_free(&copy);
    byte_buffer_free(&file);
    byte_buffer_free(&second);
    return check_result();
}
