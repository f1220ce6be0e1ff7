/* SPDX-License-Identifier: Apache-2.0
 *
 * Index and footer; container/format.h states the contract.
 */
#include "base/bytes.h"
#include "base/try.h"
#include "container/format.h"
#include "tacit/options.h"

static const uint8_t index_mark[FORMAT_MARK_SIZE] = {
    FORMAT_FIRST_OF_PART, FORMAT_LETTERS, 'i', 0x64, 0x3d, 0xe1};
static const uint8_t footer_mark[4] = {FORMAT_FIRST_OF_ARCHIVE, 'e', 'n', 'd'};

enum { N_BLOCKS_MAX_LOG2 = 40 };

bool format_index_starts(const uint8_t *mark)
{
    return memcmp(mark, index_mark, sizeof index_mark) == 0;
}

enum tacit_status format_entry_append(struct byte_buffer *entries, const struct format_block *block)
{
    uint8_t packed[FORMAT_INDEX_ENTRY];
    packed[0] = block->method;
    store_le32(packed + 1, block->content_size);
    store_le32(packed + 5, block->payload_size);
    return byte_buffer_append(entries, packed, sizeof packed);
}

enum tacit_status format_entry_parse(const uint8_t *data, struct format_entry *entry)
{
    *entry = (struct format_entry){
        .method = data[0],
        .content_size = load_le32(data + 1),
        .payload_size = load_le32(data + 5),
    };
    if (entry->content_size == 0 || entry->content_size > TACIT_BLOCK_SIZE_MAX ||
        entry->payload_size > TACIT_BLOCK_SIZE_MAX)
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}

uint64_t format_index_n_blocks(const uint8_t *head)
{
    return load_le64(head + 8);
}

uint64_t format_index_size(uint64_t n_blocks)
{
    if (n_blocks >> N_BLOCKS_MAX_LOG2)
        return UINT64_MAX;
    return FORMAT_INDEX_HEAD + n_blocks * FORMAT_INDEX_ENTRY + FORMAT_INDEX_TAIL + FORMAT_FOOTER;
}

static void pack_footer(uint8_t *out, uint64_t index_size, uint64_t archive_size)
{
    store_le64(out, index_size);
    store_le64(out + 8, archive_size);
    store_le32(out + 16, (uint32_t)hash64(out, 16, 0));
    memcpy(out + 20, footer_mark, sizeof footer_mark);
}

enum tacit_status format_index_pack(struct byte_buffer *out, const struct format_index *index,
                                    const uint8_t *entries)
{
    size_t start = out->size;
    uint8_t head[FORMAT_INDEX_HEAD];
    memcpy(head, index_mark, sizeof index_mark);
    store_le64(head + 8, index->n_blocks);
    TRY(byte_buffer_append(out, head, sizeof head));
    TRY(byte_buffer_append(out, entries, (size_t)index->n_blocks * FORMAT_INDEX_ENTRY));

    uint8_t tail[FORMAT_INDEX_TAIL + FORMAT_FOOTER] = {0};
    store_le64(tail, index->content_size);
    store_le64(tail + 8, index->content_hash.low);
    store_le64(tail + 16, index->content_hash.high);
    TRY(byte_buffer_append(out, tail, 24));
    store_le64(tail, hash64(out->data + start, out->size - start, 0));
    pack_footer(tail + 8, format_index_size(index->n_blocks), index->archive_size);
    return byte_buffer_append(out, tail, 8 + FORMAT_FOOTER);
}

enum tacit_status format_footer_parse(const uint8_t *data, uint64_t *index_size,
                                      uint64_t *archive_size)
{
    *index_size = load_le64(data);
    *archive_size = load_le64(data + 8);
    if (memcmp(data + 20, footer_mark, sizeof footer_mark) != 0)
        return TACIT_ERR_CORRUPT;
    if (load_le32(data + 16) != (uint32_t)hash64(data, 16, 0))
        return TACIT_ERR_CHECKSUM;
    if (*index_size < format_index_size(0) || *index_size > *archive_size)
        return TACIT_ERR_CORRUPT;
    return TACIT_OK;
}

/* The blocks' sizes must add up to the content's. */
static enum tacit_status check_sums(const struct format_index *index, const uint8_t *entries)
{
    uint64_t content_size = 0;
    for (uint64_t i = 0; i < index->n_blocks; i++) {
        struct format_entry entry;
        TRY(format_entry_parse(entries + i * FORMAT_INDEX_ENTRY, &entry));
        content_size += entry.content_size;
        if (content_size > FORMAT_CONTENT_MAX)
            return TACIT_ERR_CORRUPT;
    }
    return content_size == index->content_size ? TACIT_OK : TACIT_ERR_CORRUPT;
}

enum tacit_status format_index_parse(const uint8_t *data, size_t n, struct format_index *index,
                                     const uint8_t **entries)
{
    if (n < format_index_size(0) || !format_index_starts(data))
        return TACIT_ERR_CORRUPT;
    index->n_blocks = load_le64(data + 8);
    if (index->n_blocks == 0 || format_index_size(index->n_blocks) != n)
        return TACIT_ERR_CORRUPT;
    const uint8_t *tail = data + n - FORMAT_FOOTER - FORMAT_INDEX_TAIL;
    if (load_le64(tail + 24) != hash64(data, (size_t)(tail + 24 - data), 0))
        return TACIT_ERR_CHECKSUM;
    index->content_size = load_le64(tail);
    index->content_hash = (struct hash128){load_le64(tail + 8), load_le64(tail + 16)};
    uint64_t index_size;
    TRY(format_footer_parse(data + n - FORMAT_FOOTER, &index_size, &index->archive_size));
    if (index_size != n)
        return TACIT_ERR_CORRUPT;
    *entries = data + FORMAT_INDEX_HEAD;
    return check_sums(index, *entries);
}
