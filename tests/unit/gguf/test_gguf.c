/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "check.h"
#include "gguf/gguf.h"
#include "gguf_writer.h"

#define CAP 4096

/* Type 3 is q4_1: 20 bytes for 32 values. */
static void write_good(struct gguf_writer *w, uint32_t version)
{
    w->n = 0;
    gw_header(w, version, 2, 9);
    gw_key(w, "general.architecture", GGUF_STRING);
    gw_string(w, "llama");
    gw_key(w, "general.alignment", GGUF_U32);
    gw_u32(w, 64);
    gw_key(w, "a.u64", GGUF_U64);
    gw_u64(w, 7);
    gw_key(w, "a.big", GGUF_U64);
    gw_u64(w, 1ull << 40);
    gw_key(w, "a.negative", GGUF_I32);
    gw_u32(w, (uint32_t)-5);
    gw_key(w, "a.float", GGUF_FLOAT32);
    gw_u32(w, 0x3fc00000); /* 1.5 */
    gw_key(w, "a.bool", GGUF_BOOL);
    gw_u8(w, 1);
    gw_array(w, "a.strings", GGUF_STRING, 3);
    gw_string(w, "x");
    gw_string(w, "");
    gw_string(w, "yz");
    gw_array(w, "a.ints", GGUF_I32, 2);
    gw_u32(w, 1);
    gw_u32(w, 2);
    gw_tensor(w, "weight", 64, 2, 3, 0);
    gw_tensor(w, "bias", 2, 1, 0, 128);
    gw_pad(w, 64);
    for (int i = 0; i < 80; i++)
        gw_u8(w, (uint8_t)(i < 40 ? i : 0));
    gw_pad(w, 64);
    gw_u32(w, 0x3fc00000);
    gw_u32(w, 0xc0000000);
}

static void test_values(const struct gguf *gguf)
{
    uint32_t u32 = 99;
    float f32 = 0;
    bool flag = false;
    struct byte_view string;
    struct gguf_array array;
    CHECK(gguf_get_string(gguf, "general.architecture", &string) && view_equals(string, "llama"));
    CHECK(gguf_get_u32(gguf, "a.u64", &u32) && u32 == 7);
    CHECK(!gguf_get_u32(gguf, "a.big", &u32) && !gguf_get_u32(gguf, "a.negative", &u32));
    CHECK(!gguf_get_u32(gguf, "a.float", &u32) && !gguf_get_u32(gguf, "a", &u32) && u32 == 7);
    CHECK(gguf_get_f32(gguf, "a.float", &f32) && f32 == 1.5f);
    CHECK(!gguf_get_f32(gguf, "a.u64", &f32));
    CHECK(gguf_get_bool(gguf, "a.bool", &flag) && flag);
    CHECK(!gguf_get_array(gguf, "a.bool", &array));
    CHECK(gguf_get_array(gguf, "a.strings", &array) && array.type == GGUF_STRING);
    CHECK(array.count == 3);
    const uint8_t *cursor = array.data;
    CHECK(view_equals(gguf_next_string(&cursor), "x"));
    CHECK(view_equals(gguf_next_string(&cursor), ""));
    CHECK(view_equals(gguf_next_string(&cursor), "yz"));
    CHECK(gguf_get_array(gguf, "a.ints", &array) && array.type == GGUF_I32 && array.count == 2);
    CHECK(load_le32(array.data + 4) == 2);
}

static void test_tensors(const struct gguf *gguf)
{
    float row[64];
    CHECK(gguf_n_tensors(gguf) == 2);
    const struct gguf_tensor *tensor = gguf_find_tensor(gguf, "weight");
    CHECK(tensor == gguf_tensor(gguf, 0) && strcmp(tensor->type->name, "q4_1") == 0);
    CHECK(tensor->n_dims == 2 && tensor->shape[0] == 64 && tensor->shape[1] == 2);
    CHECK(tensor->n_rows == 2 && tensor->row_bytes == 40);
    CHECK(gguf_tensor_row(tensor, 0, row) == TACIT_OK);
    /* d is 0x0100 = 2^-16, m is 0x0302 = 770 * 2^-24; the first value is 4, the 17th 0. */
    CHECK(row[0] == 4 * 0x1p-16f + 770 * 0x1p-24f && row[16] == 770 * 0x1p-24f);
    CHECK(gguf_tensor_row(tensor, 1, row) == TACIT_OK && row[0] == 0 && row[63] == 0);
    tensor = gguf_find_tensor(gguf, "bias");
    CHECK(tensor && gguf_tensor_row(tensor, 0, row) == TACIT_OK);
    CHECK(row[0] == 1.5f && row[1] == -2.0f);
    CHECK(!gguf_find_tensor(gguf, "weigh") && !gguf_find_tensor(gguf, "weights"));
}

static void test_good(void)
{
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    for (uint32_t version = 2; version <= 3; version++) {
        struct gguf *gguf;
        struct reason reason = {{0}};
        write_good(&w, version);
        CHECK(gguf_open_memory(&gguf, data, w.n, &reason) == TACIT_OK && !*reason.text);
        if (!gguf)
            return;
        test_values(gguf);
        test_tensors(gguf);
        gguf_close(gguf);
    }
}

/* Reads whatever an opened file offers: the sanitizers see any step outside. */
static uint32_t touch_all(const struct gguf *gguf)
{
    static float row[CAP];
    uint32_t sum = 0;
    for (uint32_t i = 0; i < gguf_n_tensors(gguf); i++) {
        const struct gguf_tensor *tensor = gguf_tensor(gguf, i);
        for (uint64_t r = 0; r < tensor->n_rows && tensor->shape[0] <= CAP; r++)
            sum += gguf_tensor_row(tensor, r, row) == TACIT_OK;
    }
    struct gguf_array array;
    if (gguf_get_array(gguf, "a.strings", &array) && array.type == GGUF_STRING) {
        const uint8_t *cursor = array.data;
        for (uint64_t i = 0; i < array.count; i++)
            sum += (uint32_t)gguf_next_string(&cursor).n;
    }
    return sum;
}

/* A copy whose end is the heap block's end, so that reading beyond it shows. */
static enum tacit_status open_exact(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct gguf *gguf;
    memcpy(copy, data, n);
    enum tacit_status status = gguf_open_memory(&gguf, copy, n, NULL);
    CHECK((status == TACIT_OK) == (gguf != NULL));
    if (gguf)
        touch_all(gguf);
    gguf_close(gguf);
    free(copy);
    return status;
}

static void test_truncated(void)
{
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    write_good(&w, 3);
    for (size_t n = 0; n < w.n; n++)
        CHECK_MSG(open_exact(data, n) == TACIT_ERR_MODEL_DAMAGED, "at %zu", n);
    CHECK(open_exact(data, w.n) == TACIT_OK);
}

/* Every byte replaced: whatever the verdict, nothing outside the file is read. */
static void test_changed_bytes(void)
{
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    unsigned n_refused = 0;
    for (unsigned flip = 0; flip < 10; flip++) {
        write_good(&w, 3);
        for (size_t i = 0; i < w.n; i++) {
            uint8_t saved = data[i];
            data[i] = flip < 8 ? saved ^ (uint8_t)(1u << flip) : flip == 8 ? 0xff : 0;
            n_refused += open_exact(data, w.n) != TACIT_OK;
            data[i] = saved;
        }
    }
    CHECK(n_refused > 1000);
}

/* The whole file is one tensor description or value, wrong in one way. */
static void check_tensor(uint64_t n_columns, uint64_t n_rows, uint32_t type, uint64_t offset,
                         enum tacit_status want)
{
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    gw_header(&w, 3, 1, 0);
    gw_tensor(&w, "t", n_columns, n_rows, type, offset);
    gw_pad(&w, 32);
    memset(gw_room(&w, 256), 0, 256);
    CHECK_MSG(open_exact(data, w.n) == want, "%llu x %llu, type %u, offset %llu",
              (unsigned long long)n_columns, (unsigned long long)n_rows, (unsigned)type,
              (unsigned long long)offset);
}

static void test_hostile_tensors(void)
{
    check_tensor(8, 8, 0, 0, TACIT_OK);
    check_tensor(8, 1, 0, 224, TACIT_OK);
    check_tensor(8, 9, 0, 0, TACIT_ERR_MODEL_DAMAGED);
    check_tensor(8, 8, 0, 32, TACIT_ERR_MODEL_DAMAGED);
    check_tensor(8, 1, 0, 16, TACIT_ERR_MODEL_DAMAGED); /* misaligned */
    check_tensor(33, 1, 8, 0, TACIT_ERR_MODEL_DAMAGED); /* not whole blocks */
    check_tensor(0, 1, 0, 0, TACIT_ERR_MODEL_DAMAGED);
    check_tensor(1, 0, 0, 0, TACIT_ERR_MODEL_DAMAGED);
    check_tensor(8, 1, 4, 0, TACIT_ERR_UNSUPPORTED);
    check_tensor(8, 1, 0xffffffff, 0, TACIT_ERR_UNSUPPORTED);
    check_tensor(1ull << 62, 4, 0, 0, TACIT_ERR_MODEL_DAMAGED); /* products that wrap */
    check_tensor(1ull << 32, 1ull << 32, 0, 0, TACIT_ERR_MODEL_DAMAGED);
    check_tensor(1ull << 31, 1ull << 31, 0, 0, TACIT_ERR_MODEL_DAMAGED);
    check_tensor(8, 1, 0, UINT64_MAX - 31, TACIT_ERR_MODEL_DAMAGED);
}

static void check_value(uint32_t type, uint32_t element_type, uint64_t count)
{
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    gw_header(&w, 3, 0, 1);
    gw_key(&w, "k", type);
    gw_u32(&w, element_type);
    gw_u64(&w, count);
    memset(gw_room(&w, 8), 0xff, 8);
    CHECK_MSG(open_exact(data, w.n) == TACIT_ERR_MODEL_DAMAGED, "type %u of %u", (unsigned)type,
              (unsigned)element_type);
}

static void test_hostile_values(void)
{
    check_value(13, 0, 0);                        /* unknown type */
    check_value(GGUF_ARRAY, 13, 1);               /* of an unknown type */
    check_value(GGUF_ARRAY, GGUF_ARRAY, 1);       /* of arrays */
    check_value(GGUF_ARRAY, GGUF_U8, UINT64_MAX); /* counts that wrap */
    check_value(GGUF_ARRAY, GGUF_U64, 1ull << 61);
    check_value(GGUF_ARRAY, GGUF_STRING, 1); /* a string of 2^64 - 1 bytes */
    check_value(GGUF_ARRAY, GGUF_BOOL, 8);   /* neither 0 nor 1 */
}

static void test_hostile_header(void)
{
    static const struct {
        uint32_t version;
        uint64_t n_tensors, n_values;
        enum tacit_status want;
    } cases[] = {
        {3, 0, 0, TACIT_OK},
        {1, 0, 0, TACIT_ERR_UNSUPPORTED},
        {4, 0, 0, TACIT_ERR_UNSUPPORTED},
        {0x03000000, 0, 0, TACIT_ERR_UNSUPPORTED}, /* big-endian */
        {3, UINT64_MAX, 0, TACIT_ERR_MODEL_DAMAGED},
        {3, 0, UINT64_MAX, TACIT_ERR_MODEL_DAMAGED},
        {3, 1, 0, TACIT_ERR_MODEL_DAMAGED},
    };
    uint8_t data[CAP];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gguf_writer w = {data, 0, CAP};
        gw_header(&w, cases[i].version, cases[i].n_tensors, cases[i].n_values);
        CHECK_MSG(open_exact(data, w.n) == cases[i].want, "case %zu", i);
    }
    data[0] = 'g';
    CHECK(open_exact(data, 24) == TACIT_ERR_MODEL_DAMAGED);
}

static void test_duplicate_names(void)
{
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    gw_header(&w, 3, 0, 2);
    for (int i = 0; i < 2; i++) {
        gw_key(&w, "k", GGUF_U8);
        gw_u8(&w, 0);
    }
    CHECK(open_exact(data, w.n) == TACIT_ERR_MODEL_DAMAGED);
    w.n = 0;
    gw_header(&w, 3, 2, 0);
    for (int i = 0; i < 2; i++)
        gw_tensor(&w, "t", 1, 1, 0, 0);
    gw_pad(&w, 32);
    gw_u32(&w, 0);
    CHECK(open_exact(data, w.n) == TACIT_ERR_MODEL_DAMAGED);
}

static void test_file(void)
{
    struct gguf *gguf;
    CHECK(gguf_open_file(&gguf, "/nonexistent.gguf", NULL) == TACIT_ERR_IO && !gguf);
    CHECK(gguf_open_file(&gguf, "/", NULL) == TACIT_ERR_IO && !gguf);
    uint8_t data[CAP];
    struct gguf_writer w = {data, 0, CAP};
    write_good(&w, 3);
    FILE *file = fopen("test_gguf.tmp", "wb");
    CHECK(file && fwrite(data, 1, w.n, file) == w.n && fclose(file) == 0);
    CHECK(gguf_open_file(&gguf, "test_gguf.tmp", NULL) == TACIT_OK);
    if (gguf) {
        test_tensors(gguf);
        CHECK(gguf_bytes(gguf).n == w.n);
    }
    gguf_close(gguf);
    gguf_close(NULL);
    remove("test_gguf.tmp");
}

int main(void)
{
    test_good();
    test_truncated();
    test_changed_bytes();
    test_hostile_tensors();
    test_hostile_values();
    test_hostile_header();
    test_duplicate_names();
    test_file();
    return check_result();
}
