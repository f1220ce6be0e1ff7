/* SPDX-License-Identifier: Apache-2.0 */
#include "container/format.h"

#include "base/bytes.h"
#include "base/try.h"
#include "base/varint.h"
#include "tacit/archive.h"
#include "tacit/options.h"
#include "tacit/reference.h"

static const uint8_t magic[FORMAT_MAGIC_SIZE] = {FORMAT_FIRST_OF_ARCHIVE, FORMAT_LETTERS};
static const uint8_t block_mark[FORMAT_MARK_SIZE] = {
    FORMAT_FIRST_OF_PART, FORMAT_LETTERS, 'b', 0x9b, 0xc2, 0x1e};

/* The byte behind the magic: version in the low four bits, then flags. */
enum { FLAG_SINGLE = 0x10, MODEL_SHIFT = 5, MODEL_MASK = 3, FLAG_REFERENCE = 0x80 };

/* The second byte of brief form: this, the method in the low two bits, the payload size's high bits above them. */
enum { BRIEF = 0x10, BRIEF_MASK = 0xf0, METHOD_MASK = 3, SIZE_SHIFT = 2 };

static uint32_t hash32(const uint8_t *data, size_t n_bytes)
{
    return (uint32_t)hash64(data, n_bytes, 0);
}

static uint32_t read_le32(struct varint_reader *r)
{
    uint32_t v = r->pos + 4 <= r->n ? load_le32(r->data + r->pos) : 0;
    r->pos += 4;
    return v;
}

static void read_bytes(struct varint_reader *r, void *out, size_t n_bytes)
{
    if (r->pos + n_bytes <= r->n)
        memcpy(out, r->data + r->pos, n_bytes);
    r->pos += n_bytes;
}

static void read_model(struct varint_reader *r, struct format_model_identity *model)
{
    read_bytes(r, model->sha256, format_model_n_hash(model->kind));
    if (model->kind != FORMAT_MODEL_FULL && model->kind != FORMAT_MODEL_RULES)
        return;
    model->n_name = varint_read_byte(r);
    read_bytes(r, model->name, model->n_name);
    if (model->kind == FORMAT_MODEL_RULES)
        model->rules = read_le32(r);
}

static size_t put_model(uint8_t *out, const struct format_model_identity *model)
{
    size_t n = format_model_n_hash(model->kind);
    memcpy(out, model->sha256, n);
    if (model->kind != FORMAT_MODEL_FULL && model->kind != FORMAT_MODEL_RULES)
        return n;
    out[n++] = model->n_name;
    memcpy(out + n, model->name, model->n_name);
    n += model->n_name;
    if (model->kind == FORMAT_MODEL_FULL)
        return n;
    store_le32(out + n, model->rules);
    return n + 4;
}

static enum tacit_status read_reference(struct varint_reader *r, struct format_header *header)
{
    struct format_reference_identity *reference = &header->reference;
    TRY(varint_read(r, &reference->n_bytes));
    if (r->pos <= r->n && (reference->n_bytes == 0 || reference->n_bytes > TACIT_REFERENCE_MAX))
        return TACIT_ERR_CORRUPT;
    reference->n_hash = header->single ? FORMAT_REFERENCE_SHORT : FORMAT_REFERENCE_HASH;
    read_bytes(r, reference->hash, reference->n_hash);
    return TACIT_OK;
}

static size_t put_reference(uint8_t *out, const struct format_reference_identity *reference,
                            size_t n_hash)
{
    if (reference->n_bytes == 0)
        return 0;
    size_t n = varint_put(out, reference->n_bytes);
    memcpy(out + n, reference->hash, n_hash);
    return n + n_hash;
}

/* Stored content has no second size. */
static bool sizes_plausible(uint8_t method, uint64_t content_size, uint64_t payload_size)
{
    return content_size <= TACIT_BLOCK_SIZE_MAX && payload_size <= TACIT_BLOCK_SIZE_MAX &&
           (method != 0 || payload_size == content_size);
}

static enum tacit_status read_single(struct varint_reader *r, struct format_block *block)
{
    block->single = true;
    block->method = varint_read_byte(r);
    TRY(varint_read(r, &block->content_size));
    block->payload_size = block->content_size;
    if (block->method != 0)
        TRY(varint_read(r, &block->payload_size));
    block->content_check = read_le32(r);
    size_t n_checked = r->pos;
    block->payload_check = read_le32(r);
    if (r->pos > r->n)
        return TACIT_OK; /* the caller sees that bytes are missing */
    block->check_seed = hash64(r->data, n_checked, 0);
    bool plausible = sizes_plausible(block->method, block->content_size, block->payload_size) &&
                     (block->content_size > 0 || block->method == 0);
    return plausible ? TACIT_OK : TACIT_ERR_CORRUPT;
}

static enum tacit_status read_block_form(struct varint_reader *r, struct format_header *header)
{
    header->block_size = read_le32(r);
    header->tag = read_le32(r);
    size_t n_checked = r->pos;
    uint32_t check = read_le32(r);
    if (r->pos > r->n)
        return TACIT_OK; /* the caller sees that bytes are missing */
    if (check != hash32(r->data, n_checked))
        return TACIT_ERR_CHECKSUM;
    if (header->block_size == 0 || header->block_size > TACIT_BLOCK_SIZE_MAX)
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}

static enum tacit_status read_brief(struct varint_reader *r, struct format_header *header)
{
    struct format_block *block = &header->block;
    unsigned byte = r->data[1];
    header->single = block->single = block->brief = true;
    block->method = byte & METHOD_MASK;
    r->pos = 2;
    block->payload_size =
        1 + ((byte & ~(unsigned)BRIEF_MASK) >> SIZE_SHIFT << 8) + varint_read_byte(r);
    TRY(varint_read(r, &block->content_size));
    header->reference.n_hash = FORMAT_REFERENCE_BRIEF;
    read_bytes(r, header->reference.hash, FORMAT_REFERENCE_BRIEF);
    header->model.kind =
        block->method == TACIT_METHOD_MODEL ? FORMAT_MODEL_BRIEF : FORMAT_MODEL_NONE;
    read_model(r, &header->model);
    size_t n_checked = r->pos;
    block->content_check = read_le32(r);
    if (r->pos > r->n)
        return TACIT_OK; /* the caller sees that bytes are missing */
    block->check_seed = hash64(r->data, n_checked, 0);
    bool plausible = block->method != 0 && block->content_size > 0 &&
                     block->content_size <= FORMAT_BRIEF_CONTENT_MAX;
    return plausible ? TACIT_OK : TACIT_ERR_CORRUPT;
}

static bool is_brief(const uint8_t *data, size_t n)
{
    return n > 1 && data[0] == FORMAT_FIRST_OF_ARCHIVE && (data[1] & BRIEF_MASK) == BRIEF;
}

/* A header of single or block form. */
static enum tacit_status read_header(struct varint_reader *r, struct format_header *header)
{
    size_t n_magic = r->n < sizeof magic ? r->n : sizeof magic;
    if (memcmp(r->data, magic, n_magic) != 0)
        return TACIT_ERR_NOT_ARCHIVE;
    r->pos = sizeof magic;
    unsigned flags = varint_read_byte(r);
    if (r->pos > r->n)
        return TACIT_OK; /* the caller sees that bytes are missing */
    if ((flags & 0x0f) != FORMAT_VERSION)
        return TACIT_ERR_VERSION;
    header->single = flags & FLAG_SINGLE;
    header->model.kind = (enum format_model)(flags >> MODEL_SHIFT & MODEL_MASK);
    read_model(r, &header->model);
    if (flags & FLAG_REFERENCE)
        TRY(read_reference(r, header));
    return header->single ? read_single(r, &header->block) : read_block_form(r, header);
}

enum tacit_status format_header_parse(const uint8_t *data, size_t n, struct format_header *header,
                                      size_t *n_header)
{
    *header = (struct format_header){0};
    struct varint_reader r = {.data = data, .n = n};
    *n_header = 0;
    TRY(is_brief(data, n) ? read_brief(&r, header) : read_header(&r, header));
    *n_header = r.pos;
    return r.pos > n ? TACIT_ERR_TRUNCATED : TACIT_OK;
}

static size_t put_start(uint8_t *out, unsigned flags, const struct format_model_identity *model,
                        const struct format_reference_identity *reference)
{
    size_t n = sizeof magic + 1;
    memcpy(out, magic, sizeof magic);
    out[sizeof magic] = (uint8_t)(FORMAT_VERSION | flags | (unsigned)model->kind << MODEL_SHIFT |
                                  (reference->n_bytes > 0 ? FLAG_REFERENCE : 0));
    n += put_model(out + n, model);
    return n + put_reference(out + n, reference,
                             flags & FLAG_SINGLE ? FORMAT_REFERENCE_SHORT : FORMAT_REFERENCE_HASH);
}

size_t format_header_pack(uint8_t *out, const struct format_header *header)
{
    size_t n = put_start(out, 0, &header->model, &header->reference);
    store_le32(out + n, header->block_size);
    store_le32(out + n + 4, header->tag);
    store_le32(out + n + 8, hash32(out, n + 8));
    return n + 12;
}

/* The only check of brief form covers header and content; a damaged payload decodes to other
 * content, or to nothing. */
static uint64_t check_brief(uint64_t content_hash, uint64_t seed)
{
    uint8_t bytes[8];
    store_le64(bytes, content_hash);
    return hash64(bytes, sizeof bytes, seed);
}

static bool can_be_brief(const struct format_model_identity *model,
                         const struct format_reference_identity *reference,
                         const struct format_block *block)
{
    return reference->n_hash > 0 && block->method != TACIT_METHOD_STORED &&
           block->method <= METHOD_MASK && block->content_size <= FORMAT_BRIEF_CONTENT_MAX &&
           block->payload_size > 0 && block->payload_size <= FORMAT_BRIEF_PAYLOAD_MAX &&
           model->kind ==
               (block->method == TACIT_METHOD_MODEL ? FORMAT_MODEL_SHORT : FORMAT_MODEL_NONE);
}

static size_t pack_brief(uint8_t *out, const struct format_model_identity *model,
                         const struct format_reference_identity *reference,
                         const struct format_block *block)
{
    uint32_t size = block->payload_size - 1;
    size_t n = 3;
    out[0] = FORMAT_FIRST_OF_ARCHIVE;
    out[1] = (uint8_t)(BRIEF | block->method | size >> 8 << SIZE_SHIFT);
    out[2] = (uint8_t)size;
    n += varint_put(out + n, block->content_size);
    memcpy(out + n, reference->hash, FORMAT_REFERENCE_BRIEF);
    n += FORMAT_REFERENCE_BRIEF;
    if (block->method == TACIT_METHOD_MODEL)
        out[n++] = model->sha256[0];
    store_le32(out + n, (uint32_t)check_brief(block->content_check, hash64(out, n, 0)));
    return n + 4;
}

size_t format_single_pack(uint8_t *out, const struct format_model_identity *model,
                          const struct format_reference_identity *reference,
                          const struct format_block *block, const uint8_t *payload)
{
    if (can_be_brief(model, reference, block))
        return pack_brief(out, model, reference, block);
    size_t n = put_start(out, FLAG_SINGLE, model, reference);
    out[n++] = block->method;
    n += varint_put(out + n, block->content_size);
    if (block->method != 0)
        n += varint_put(out + n, block->payload_size);
    store_le32(out + n, (uint32_t)block->content_check);
    n += 4;
    uint64_t seed = hash64(out, n, 0);
    store_le32(out + n, (uint32_t)hash64(payload, block->payload_size, seed));
    return n + 4;
}

enum format_part format_part_kind(const uint8_t *mark)
{
    if (memcmp(mark, block_mark, sizeof block_mark) == 0)
        return FORMAT_PART_BLOCK;
    if (format_index_starts(mark))
        return FORMAT_PART_INDEX;
    return FORMAT_PART_UNKNOWN;
}

void format_block_pack(uint8_t *out, const struct format_block *block)
{
    memcpy(out, block_mark, sizeof block_mark);
    store_le32(out + 8, block->tag);
    out[12] = block->method;
    out[13] = 0;
    store_le64(out + 14, block->content_offset);
    store_le32(out + 22, block->content_size);
    store_le32(out + 26, block->payload_size);
    store_le64(out + 30, block->payload_check);
    store_le64(out + 38, block->content_check);
    store_le32(out + 46, hash32(out, 46));
}

enum tacit_status format_block_parse(const uint8_t *data, uint64_t block_size,
                                     struct format_block *block)
{
    *block = (struct format_block){
        .tag = load_le32(data + 8),
        .method = data[12],
        .content_offset = load_le64(data + 14),
        .content_size = load_le32(data + 22),
        .payload_size = load_le32(data + 26),
        .payload_check = load_le64(data + 30),
        .content_check = load_le64(data + 38),
    };
    if (memcmp(data, block_mark, sizeof block_mark) != 0)
        return TACIT_ERR_CORRUPT;
    if (load_le32(data + 46) != hash32(data, 46))
        return TACIT_ERR_CHECKSUM;
    if (data[13] != 0)
        return TACIT_ERR_VERSION;
    if (block->content_size == 0 || block->content_size > block_size ||
        block->content_offset > FORMAT_CONTENT_MAX ||
        !sizes_plausible(block->method, block->content_size, block->payload_size))
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}

static enum tacit_status verify(const struct format_block *block, uint64_t value, uint64_t expected)
{
    if (block->single)
        value &= UINT32_MAX;
    return value == expected ? TACIT_OK : TACIT_ERR_CHECKSUM;
}

enum tacit_status format_payload_verify(const struct format_block *block, const uint8_t *data)
{
    uint64_t seed = block->single ? block->check_seed : 0;
    if (block->brief)
        return TACIT_OK;
    return verify(block, hash64(data, block->payload_size, seed), block->payload_check);
}

enum tacit_status format_content_verify(const struct format_block *block, const uint8_t *data)
{
    uint64_t hash = hash64(data, block->content_size, 0);
    return verify(block, block->brief ? check_brief(hash, block->check_seed) : hash,
                  block->content_check);
}
