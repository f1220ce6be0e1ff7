/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers, index and footer: what is packed parses to the same, every cut is truncation, every
 * changed byte is noticed, and each bound is refused where its checksum is right.
 */
#include "container/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "check.h"
#include "tacit/archive.h"
#include "tacit/options.h"
#include "tacit/reference.h"

enum { BLOCK_SIZE = 5000, TAG = 0x12345678, AT_BLOCK_CHECK = 46, AT_METHOD = 12 };

static struct format_model_identity model_of(enum format_model kind)
{
    struct format_model_identity model = {.kind = kind};
    for (size_t i = 0; i < format_model_n_hash(kind); i++)
        model.sha256[i] = (uint8_t)(i * 37 + 5);
    model.rules = kind == FORMAT_MODEL_RULES ? 0x89abcdef : 0;
    if (kind == FORMAT_MODEL_FULL || kind == FORMAT_MODEL_RULES) {
        model.n_name = 255;
        memset(model.name, 'n', 255);
    }
    return model;
}

static bool same_model(const struct format_model_identity *a, const struct format_model_identity *b)
{
    return a->kind == b->kind && a->rules == b->rules && a->n_name == b->n_name &&
           memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 &&
           memcmp(a->name, b->name, sizeof a->name) == 0;
}

static struct format_reference_identity reference_of(uint32_t n_bytes, uint32_t n_hash)
{
    struct format_reference_identity reference = {.n_bytes = n_bytes,
                                                  .n_hash = n_bytes > 0 ? n_hash : 0};
    for (uint32_t i = 0; i < reference.n_hash; i++)
        reference.hash[i] = (uint8_t)(i * 29 + 3);
    return reference;
}

/* Cut anywhere, a header says how much more it needs at least. */
static void check_cuts(const uint8_t *data, size_t n)
{
    struct format_header header;
    size_t n_header;
    for (size_t cut = 0; cut < n; cut++) {
        CHECK(format_header_parse(data, cut, &header, &n_header) == TACIT_ERR_TRUNCATED);
        CHECK_MSG(n_header > cut && n_header <= n, "cut at %zu, %zu needed", cut, n_header);
    }
}

static void check_block_form(enum format_model kind, uint32_t n_reference)
{
    struct format_header header = {.model = model_of(kind),
                                   .reference = reference_of(n_reference, FORMAT_REFERENCE_HASH),
                                   .block_size = BLOCK_SIZE,
                                   .tag = TAG};
    struct format_header parsed;
    uint8_t data[FORMAT_HEADER_MAX];
    size_t n = format_header_pack(data, &header), n_header;
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_OK && n_header == n);
    CHECK(!parsed.single && parsed.block_size == BLOCK_SIZE && parsed.tag == TAG);
    CHECK(same_model(&parsed.model, &header.model));
    CHECK(memcmp(&parsed.reference, &header.reference, sizeof header.reference) == 0);
    CHECK(format_may_start(data));
    check_cuts(data, n);
    for (size_t i = 0; i < n; i++) {
        data[i] ^= 0x08;
        CHECK_MSG(format_header_parse(data, n, &parsed, &n_header) != TACIT_OK, "byte %zu", i);
        data[i] ^= 0x08;
    }
}

static void check_header_bounds(void)
{
    static const uint32_t wrong_sizes[] = {0, (uint32_t)TACIT_BLOCK_SIZE_MAX + 1, UINT32_MAX};
    struct format_header parsed, header = {.tag = TAG};
    uint8_t data[FORMAT_HEADER_MAX];
    size_t n, n_header;
    for (size_t i = 0; i < sizeof wrong_sizes / sizeof wrong_sizes[0]; i++) {
        header.block_size = wrong_sizes[i];
        n = format_header_pack(data, &header);
        CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_CORRUPT);
    }
    header.block_size = (uint32_t)TACIT_BLOCK_SIZE_MAX;
    n = format_header_pack(data, &header);
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_OK);
    uint8_t flags = data[FORMAT_MAGIC_SIZE];
    data[FORMAT_MAGIC_SIZE] = (uint8_t)(flags + 1);
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_VERSION);
    data[FORMAT_MAGIC_SIZE] = flags | 0x80; /* a reference of no bytes */
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_CORRUPT);
    header.reference = reference_of((uint32_t)TACIT_REFERENCE_MAX, FORMAT_REFERENCE_HASH);
    n = format_header_pack(data, &header);
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_OK);
    header.reference.n_bytes++;
    n = format_header_pack(data, &header);
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_CORRUPT);
    header.reference = reference_of(0, 0);
    n = format_header_pack(data, &header);
    data[0]++;
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_NOT_ARCHIVE);
}

static void check_single_form(enum format_model kind, uint32_t n_reference)
{
    static const uint8_t content[] = "content that is its own payload";
    struct format_model_identity model = model_of(kind);
    struct format_reference_identity reference = reference_of(n_reference, FORMAT_REFERENCE_SHORT);
    struct format_block block = {.content_size = sizeof content,
                                 .payload_size = sizeof content,
                                 .content_check = hash64(content, sizeof content, 0)};
    struct format_header parsed;
    uint8_t data[FORMAT_HEADER_MAX], changed[sizeof content];
    size_t n = format_single_pack(data, &model, &reference, &block, content), n_header;
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_OK && n_header == n);
    CHECK(parsed.single && parsed.block.single && parsed.block.content_size == sizeof content);
    CHECK(parsed.block.payload_size == sizeof content && parsed.block.method == 0);
    CHECK(same_model(&parsed.model, &model));
    CHECK(memcmp(&parsed.reference, &reference, sizeof reference) == 0);
    CHECK(format_payload_verify(&parsed.block, content) == TACIT_OK);
    CHECK(format_content_verify(&parsed.block, content) == TACIT_OK);
    check_cuts(data, n);
    memcpy(changed, content, sizeof content);
    changed[3] ^= 1;
    CHECK(format_payload_verify(&parsed.block, changed) == TACIT_ERR_CHECKSUM);
    CHECK(format_content_verify(&parsed.block, changed) == TACIT_ERR_CHECKSUM);
    for (size_t i = 0; i < n; i++) { /* the payload's check covers the header, too */
        data[i] ^= 0x01;
        bool parses = format_header_parse(data, n, &parsed, &n_header) == TACIT_OK;
        CHECK_MSG(!parses || n_header != n || parsed.block.payload_size != sizeof content ||
                      format_payload_verify(&parsed.block, content) == TACIT_ERR_CHECKSUM,
                  "byte %zu", i);
        data[i] ^= 0x01;
    }
}

static void check_brief_bounds(uint8_t *data)
{
    const size_t n = FORMAT_HEADER_MAX;
    struct format_header parsed;
    size_t n_header;
    data[1] &= 0xfc; /* stored */
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_CORRUPT);
    data[1] |= 2;
    memcpy(data + 3, "\x81\x80\x04", 3); /* 2^16 + 1 bytes of content */
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_CORRUPT);
    data[3]--; /* 2^16 */
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_OK);
    CHECK(parsed.block.content_size == FORMAT_BRIEF_CONTENT_MAX);
    data[1] ^= 0x80;
    CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_ERR_NOT_ARCHIVE);
}

static void check_brief_form(uint8_t method, uint32_t content_size, uint32_t payload_size)
{
    static uint8_t content[FORMAT_BRIEF_CONTENT_MAX];
    struct format_model_identity model =
        model_of(method == TACIT_METHOD_MODEL ? FORMAT_MODEL_SHORT : FORMAT_MODEL_NONE);
    struct format_reference_identity reference = reference_of(4711, FORMAT_REFERENCE_HASH);
    struct format_block block = {.method = method,
                                 .content_size = content_size,
                                 .payload_size = payload_size,
                                 .content_check = hash64(content, content_size, 0)};
    struct format_header parsed;
    uint8_t data[FORMAT_HEADER_MAX] = {0};
    size_t n = format_single_pack(data, &model, &reference, &block, content), n_header = 0;
    CHECK(n <= 13 && format_header_parse(data, n, &parsed, &n_header) == TACIT_OK);
    CHECK(n_header == n && parsed.single && parsed.block.single && parsed.block.brief);
    CHECK(parsed.block.method == method && parsed.block.content_size == content_size &&
          parsed.block.payload_size == payload_size);
    CHECK(parsed.reference.n_bytes == 0 && parsed.reference.n_hash == FORMAT_REFERENCE_BRIEF &&
          memcmp(parsed.reference.hash, reference.hash, FORMAT_REFERENCE_BRIEF) == 0);
    CHECK(parsed.model.kind ==
          (method == TACIT_METHOD_MODEL ? FORMAT_MODEL_BRIEF : FORMAT_MODEL_NONE));
    CHECK(parsed.model.kind == FORMAT_MODEL_NONE || parsed.model.sha256[0] == model.sha256[0]);
    CHECK(format_payload_verify(&parsed.block, content) == TACIT_OK);
    CHECK(format_content_verify(&parsed.block, content) == TACIT_OK);
    content[content_size / 2] ^= 1;
    CHECK(format_content_verify(&parsed.block, content) == TACIT_ERR_CHECKSUM);
    content[content_size / 2] ^= 1;
    check_cuts(data, n);
    for (size_t i = 0; i < 8 * n; i++) { /* the check covers the header, too */
        data[i / 8] ^= (uint8_t)(1u << i % 8);
        bool parses = format_header_parse(data, n, &parsed, &n_header) == TACIT_OK;
        CHECK_MSG(!parses || parsed.block.content_size > sizeof content ||
                      format_content_verify(&parsed.block, content) == TACIT_ERR_CHECKSUM,
                  "bit %zu", i);
        data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    check_brief_bounds(data);
}

/* What cannot be brief has the longer header. */
static void check_not_brief(void)
{
    static const struct {
        uint8_t method;
        uint32_t content_size, payload_size;
        enum format_model model;
    } cases[] = {
        {TACIT_METHOD_STORED, 9, 9, FORMAT_MODEL_NONE},
        {TACIT_METHOD_CONTEXT, FORMAT_BRIEF_CONTENT_MAX + 1, 9, FORMAT_MODEL_NONE},
        {TACIT_METHOD_CONTEXT, 9, FORMAT_BRIEF_PAYLOAD_MAX + 1, FORMAT_MODEL_NONE},
        {TACIT_METHOD_CONTEXT, 9, 0, FORMAT_MODEL_NONE},
        {TACIT_METHOD_MODEL, 9, 9, FORMAT_MODEL_FULL},
        {4, 9, 9, FORMAT_MODEL_NONE},
    };
    static const uint8_t payload[FORMAT_BRIEF_PAYLOAD_MAX + 1];
    struct format_reference_identity reference = reference_of(4711, FORMAT_REFERENCE_HASH);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format_model_identity model = model_of(cases[i].model);
        struct format_block block = {.method = cases[i].method,
                                     .content_size = cases[i].content_size,
                                     .payload_size = cases[i].payload_size};
        uint8_t data[FORMAT_HEADER_MAX];
        struct format_header parsed;
        size_t n = format_single_pack(data, &model, &reference, &block, payload), n_header;
        CHECK(format_header_parse(data, n, &parsed, &n_header) == TACIT_OK && n_header == n);
        CHECK_MSG(parsed.single && !parsed.block.brief && parsed.reference.n_bytes == 4711,
                  "case %zu", i);
    }
}

static void check_single_bounds(void)
{
    static const struct {
        uint8_t method;
        uint32_t content_size, payload_size;
        enum tacit_status expected;
    } cases[] = {
        {0, 0, 0, TACIT_OK},
        {2, 0, 0, TACIT_ERR_CORRUPT}, /* no content is stored */
        {2, 1u << 30, 0, TACIT_OK},
        {2, (1u << 30) + 1, 0, TACIT_ERR_CORRUPT},
        {2, 1, (1u << 30) + 1, TACIT_ERR_CORRUPT},
    };
    struct format_model_identity model = model_of(FORMAT_MODEL_NONE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct format_block block = {.method = cases[i].method,
                                     .content_size = cases[i].content_size};
        struct format_header parsed;
        uint8_t data[FORMAT_HEADER_MAX];
        size_t n_header, n = format_single_pack(
                             data, &model, &(struct format_reference_identity){0}, &block, NULL);
        if (cases[i].payload_size > 0) { /* which is 0, one byte, in what was packed */
            size_t at = n - 2 * 4 - 1;
            uint32_t size = cases[i].payload_size;
            memmove(data + at + 5, data + at + 1, n - at - 1);
            for (unsigned j = 0; j < 5; j++, size >>= 7)
                data[at + j] = (uint8_t)((size & 0x7f) | (j < 4 ? 0x80 : 0));
            n += 4;
        }
        CHECK_MSG(format_header_parse(data, n, &parsed, &n_header) == cases[i].expected, "case %zu",
                  i);
    }
}

static const struct format_block block_example = {.method = 2,
                                                  .tag = TAG,
                                                  .content_size = 4000,
                                                  .payload_size = 1000,
                                                  .content_offset = 8000,
                                                  .payload_check = 0x1122334455667788,
                                                  .content_check = 0x99aabbccddeeff00};

static void check_block_header(void)
{
    struct format_block parsed;
    uint8_t data[FORMAT_BLOCK_HEADER];
    format_block_pack(data, &block_example);
    CHECK(format_part_kind(data) == FORMAT_PART_BLOCK && format_may_start(data));
    CHECK(format_block_parse(data, BLOCK_SIZE, &parsed) == TACIT_OK);
    CHECK(!parsed.single && parsed.method == 2 && parsed.tag == TAG);
    CHECK(parsed.content_size == 4000 && parsed.payload_size == 1000);
    CHECK(parsed.content_offset == 8000 && parsed.payload_check == block_example.payload_check);
    CHECK(parsed.content_check == block_example.content_check);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] ^= 0x20;
        CHECK_MSG(format_block_parse(data, BLOCK_SIZE, &parsed) != TACIT_OK, "byte %zu", i);
        data[i] ^= 0x20;
    }
    data[AT_METHOD + 1] = 1; /* reserved */
    store_le32(data + AT_BLOCK_CHECK, (uint32_t)hash64(data, AT_BLOCK_CHECK, 0));
    CHECK(format_block_parse(data, BLOCK_SIZE, &parsed) == TACIT_ERR_VERSION);
}

static enum tacit_status parse_block(struct format_block block, uint64_t block_size)
{
    struct format_block parsed;
    uint8_t data[FORMAT_BLOCK_HEADER];
    format_block_pack(data, &block);
    return format_block_parse(data, block_size, &parsed);
}

static void check_block_bounds(void)
{
    struct format_block block = block_example;
    CHECK(parse_block(block, 4000) == TACIT_OK);
    CHECK(parse_block(block, 3999) == TACIT_ERR_CORRUPT);
    block.content_size = 0;
    CHECK(parse_block(block, BLOCK_SIZE) == TACIT_ERR_CORRUPT);
    block.content_size = (uint32_t)TACIT_BLOCK_SIZE_MAX + 1;
    CHECK(parse_block(block, UINT64_MAX) == TACIT_ERR_CORRUPT);
    block.content_size--;
    CHECK(parse_block(block, UINT64_MAX) == TACIT_OK);
    block.payload_size = (uint32_t)TACIT_BLOCK_SIZE_MAX + 1;
    CHECK(parse_block(block, UINT64_MAX) == TACIT_ERR_CORRUPT);
    block = block_example;
    block.content_offset = FORMAT_CONTENT_MAX;
    CHECK(parse_block(block, BLOCK_SIZE) == TACIT_OK);
    block.content_offset++;
    CHECK(parse_block(block, BLOCK_SIZE) == TACIT_ERR_CORRUPT);
    block = block_example;
    block.method = 0; /* stored: both sizes are the same */
    CHECK(parse_block(block, BLOCK_SIZE) == TACIT_ERR_CORRUPT);
    block.payload_size = block.content_size;
    CHECK(parse_block(block, BLOCK_SIZE) == TACIT_OK);
}

/* An index over blocks of these sizes, to *out; content_size: as the index says. */
static void pack_index(struct byte_buffer *out, const uint32_t *sizes, size_t n,
                       uint64_t content_size, uint64_t archive_size)
{
    struct format_index index = {.n_blocks = n,
                                 .content_size = content_size,
                                 .archive_size = archive_size,
                                 .content_hash = {1, 2}};
    struct byte_buffer entries = {0};
    for (size_t i = 0; i < n; i++) {
        const struct format_block block = {
            .method = 1, .content_size = sizes[i], .payload_size = 10};
        CHECK(format_entry_append(&entries, &block) == TACIT_OK);
    }
    out->size = 0;
    CHECK(format_index_pack(out, &index, entries.data) == TACIT_OK);
    byte_buffer_free(&entries);
    CHECK(out->size == format_index_size(n));
}

static void check_index(void)
{
    static const uint32_t sizes[] = {100, 200, 50};
    struct byte_buffer data = {0};
    struct format_index index;
    struct format_entry entry;
    const uint8_t *entries;
    pack_index(&data, sizes, 3, 350, 1000);
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_OK);
    CHECK(index.n_blocks == 3 && index.content_size == 350 && index.archive_size == 1000);
    CHECK(index.content_hash.low == 1 && index.content_hash.high == 2);
    CHECK(format_entry_parse(entries + FORMAT_INDEX_ENTRY, &entry) == TACIT_OK);
    CHECK(entry.method == 1 && entry.content_size == 200 && entry.payload_size == 10);
    CHECK(format_part_kind(data.data) == FORMAT_PART_INDEX && format_may_start(data.data));
    CHECK(format_index_n_blocks(data.data) == 3);
    for (size_t n = 0; n < data.size; n++)
        CHECK(format_index_parse(data.data, n, &index, &entries) == TACIT_ERR_CORRUPT);
    for (size_t i = 0; i < data.size; i++) {
        data.data[i] ^= 0x04;
        CHECK_MSG(format_index_parse(data.data, data.size, &index, &entries) != TACIT_OK,
                  "byte %zu", i);
        data.data[i] ^= 0x04;
    }
    byte_buffer_free(&data);
}

static void check_index_bounds(void)
{
    static const uint32_t none[] = {100, 0, 250}, large[] = {(1u << 30) + 1};
    static const uint32_t good[] = {100, 250};
    struct byte_buffer data = {0};
    struct format_index index;
    const uint8_t *entries;
    pack_index(&data, good, 2, 350, 1000);
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_OK);
    pack_index(&data, good, 2, 351, 1000); /* the blocks do not make up the content */
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_ERR_CORRUPT);
    pack_index(&data, none, 3, 350, 1000);
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_ERR_CORRUPT);
    pack_index(&data, large, 1, large[0], 1000);
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_ERR_CORRUPT);
    pack_index(&data, good, 0, 0, 1000);
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_ERR_CORRUPT);
    pack_index(&data, good, 2, 350, 20); /* an index larger than its archive */
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_ERR_CORRUPT);
    pack_index(&data, good, 2, 350, 1000); /* the footer says another size than the index has */
    uint8_t *footer = data.data + data.size - FORMAT_FOOTER;
    store_le64(footer, data.size + 1);
    store_le32(footer + 16, (uint32_t)hash64(footer, 16, 0));
    CHECK(format_index_parse(data.data, data.size, &index, &entries) == TACIT_ERR_CORRUPT);
    CHECK(format_index_size((uint64_t)1 << 40) == UINT64_MAX);
    CHECK(format_index_size(((uint64_t)1 << 40) - 1) < UINT64_MAX);
    byte_buffer_free(&data);
}

static void check_footer(void)
{
    static const uint32_t sizes[] = {7};
    struct byte_buffer data = {0};
    uint64_t index_size, archive_size;
    pack_index(&data, sizes, 1, 7, 500);
    uint8_t *footer = data.data + data.size - FORMAT_FOOTER;
    CHECK(format_footer_parse(footer, &index_size, &archive_size) == TACIT_OK);
    CHECK(index_size == data.size && archive_size == 500);
    for (size_t i = 0; i < FORMAT_FOOTER; i++) {
        footer[i] ^= 0x40;
        CHECK_MSG(format_footer_parse(footer, &index_size, &archive_size) != TACIT_OK, "byte %zu",
                  i);
        footer[i] ^= 0x40;
    }
    store_le64(footer, format_index_size(0) - 1); /* an index without its own parts */
    store_le32(footer + 16, (uint32_t)hash64(footer, 16, 0));
    CHECK(format_footer_parse(footer, &index_size, &archive_size) == TACIT_ERR_CORRUPT);
    byte_buffer_free(&data);
}

int main(void)
{
    for (unsigned kind = FORMAT_MODEL_NONE; kind <= FORMAT_MODEL_RULES; kind++) {
        for (uint32_t n_reference = 0; n_reference <= TACIT_REFERENCE_MAX;
             n_reference += 1u << 30) {
            check_block_form((enum format_model)kind, n_reference);
            check_single_form((enum format_model)kind, n_reference);
        }
    }
    check_header_bounds();
    check_single_bounds();
    check_brief_form(TACIT_METHOD_ZSTD, 1, 1);
    check_brief_form(TACIT_METHOD_CONTEXT, FORMAT_BRIEF_CONTENT_MAX, FORMAT_BRIEF_PAYLOAD_MAX);
    check_brief_form(TACIT_METHOD_MODEL, 1000, 257);
    check_not_brief();
    check_block_header();
    check_block_bounds();
    check_index();
    check_index_bounds();
    check_footer();
    CHECK(!format_may_start((const uint8_t *)"TCTb"));
    CHECK(format_part_kind((const uint8_t *)"\xd7TCTb\x9b\xc2\x1f") == FORMAT_PART_UNKNOWN);
    return check_result();
}
