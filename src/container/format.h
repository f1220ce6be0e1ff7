/* SPDX-License-Identifier: Apache-2.0
 *
 * The archive's bytes, as docs/format.md specifies them: packing and parsing of headers, index and
 * footer, and the checks that cover them. These functions do not know what a payload holds and do
 * no input or output: each works on bytes in memory, checks every length before using it, and keeps
 * no state.
 *
 *     single form:  header (magic, sizes, checks)  payload
 *     brief form:   the same in 10 to 13 bytes, for a short block that reads a reference
 *     block form:   archive header  { block header  payload } ...  index  footer
 */
#ifndef TACIT_CONTAINER_FORMAT_H
#define TACIT_CONTAINER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/byte_buffer.h"
#include "base/hash.h"
#include "tacit/status.h"

enum {
    FORMAT_VERSION = 1,
    FORMAT_MAGIC_SIZE = 4,
    FORMAT_MARK_SIZE = 8,
    FORMAT_HEADER_MAX = 352,  /* archive header of either form */
    FORMAT_SINGLE_MIN = 15,   /* the smallest archive: no content */
    FORMAT_BLOCK_HEADER = 50, /* bytes */
    FORMAT_INDEX_HEAD = 16,   /* mark and number of blocks */
    FORMAT_INDEX_ENTRY = 9,   /* bytes a block */
    FORMAT_INDEX_TAIL = 32,   /* sizes and hashes behind the entries */
    FORMAT_FOOTER = 24,
    FORMAT_REFERENCE_HASH = 16,
    FORMAT_REFERENCE_SHORT = 4,
    FORMAT_REFERENCE_BRIEF = 2,
    FORMAT_BRIEF_CONTENT_MAX = 1 << 16,
    FORMAT_BRIEF_PAYLOAD_MAX = 1 << 10,
};

#define FORMAT_CONTENT_MAX ((uint64_t)1 << 62) /* content of one archive */

/* The archive and each of its parts begin with four bytes of which three are these letters. */
enum { FORMAT_PREFIX_SIZE = 4, FORMAT_FIRST_OF_ARCHIVE = 0xcf, FORMAT_FIRST_OF_PART = 0xd7 };
#define FORMAT_LETTERS 'T', 'C', 'T'

/* Whether an archive, a block or an index may start with these FORMAT_PREFIX_SIZE bytes; an archive of brief form has
 * no such bytes. */
static inline bool format_may_start(const uint8_t *data)
{
    static const uint8_t letters[] = {FORMAT_LETTERS};
    return (data[0] == FORMAT_FIRST_OF_ARCHIVE || data[0] == FORMAT_FIRST_OF_PART) &&
           memcmp(data + 1, letters, sizeof letters) == 0;
}

enum format_model {
    FORMAT_MODEL_NONE = 0,
    FORMAT_MODEL_SHORT = 1, /* the first 4 bytes of the SHA-256 */
    FORMAT_MODEL_FULL = 2,  /* SHA-256 and a name */
    FORMAT_MODEL_RULES = 3, /* as FULL, and a hash of the tokenizer's rules */
    FORMAT_MODEL_BRIEF = 4, /* the first byte of the SHA-256; in archives of brief form */
};

/* Bytes of the model's SHA-256 that an archive has. */
static inline size_t format_model_n_hash(enum format_model kind)
{
    static const uint8_t n_hash[] = {[FORMAT_MODEL_NONE] = 0,
                                     [FORMAT_MODEL_SHORT] = 4,
                                     [FORMAT_MODEL_FULL] = 32,
                                     [FORMAT_MODEL_RULES] = 32,
                                     [FORMAT_MODEL_BRIEF] = 1};
    return n_hash[kind];
}

/* The model that decoding needs. */
struct format_model_identity {
    enum format_model kind;
    uint8_t sha256[32]; /* format_model_n_hash bytes of it, then zeros */
    uint8_t n_name;
    char name[256]; /* n_name bytes, then a zero */
    uint32_t rules; /* FORMAT_MODEL_RULES */
};

/* The reference that decoding needs. */
struct format_reference_identity {
    uint32_t n_bytes; /* 0: none, or not stated in brief form */
    uint32_t n_hash;  /* bytes of hash, 0: none; _BRIEF, _SHORT in single form, else all */
    uint8_t hash[FORMAT_REFERENCE_HASH]; /* the rest is 0 */
};

/* A block's header in either form. */
struct format_block {
    bool single; /* checks are the low 32 bits, check_seed is used, content_offset and tag are 0 */
    bool brief;  /* of single form, with one check for header and content */
    uint8_t method;
    uint32_t tag;
    uint32_t content_size;
    uint32_t payload_size;
    uint64_t content_offset; /* within its archive */
    uint64_t payload_check;
    uint64_t content_check;
    uint64_t check_seed;
};

struct format_header {
    bool single;
    struct format_model_identity model;
    struct format_reference_identity reference;
    struct format_block block; /* single form */
    uint32_t block_size;       /* block form: no block's content is longer */
    uint32_t tag;              /* block form: repeated in each block header */
};

/* Parses the archive header at data[0 .. n). TACIT_OK: the header is complete and right, *n_header
 * is its length; TACIT_ERR_TRUNCATED: at least *n_header > n bytes are needed; otherwise
 * TACIT_ERR_NOT_ARCHIVE, _VERSION, _CORRUPT or _CHECKSUM. */
enum tacit_status format_header_parse(const uint8_t *data, size_t n, struct format_header *header,
                                      size_t *n_header);

/* Writes a header of block form; out: FORMAT_HEADER_MAX bytes. Returns its length. */
size_t format_header_pack(uint8_t *out, const struct format_header *header);

/* Writes a header of single form, computes payload_check. Takes the brief form if that is possible:
 * the block reads the reference, whose whole hash is given, and there is no model or one of the
 * short kind. Returns its length. */
size_t format_single_pack(uint8_t *out, const struct format_model_identity *model,
                          const struct format_reference_identity *reference,
                          const struct format_block *block, const uint8_t *payload);

enum format_part { FORMAT_PART_BLOCK, FORMAT_PART_INDEX, FORMAT_PART_UNKNOWN };

/* Which part of an archive starts with these FORMAT_MARK_SIZE bytes. */
enum format_part format_part_kind(const uint8_t *mark);

/* Whether these FORMAT_MARK_SIZE bytes start an index. */
bool format_index_starts(const uint8_t *mark);

/* out: FORMAT_BLOCK_HEADER bytes. */
void format_block_pack(uint8_t *out, const struct format_block *block);

/* data: FORMAT_BLOCK_HEADER bytes, the mark included. block_size: the archive's. */
enum tacit_status format_block_parse(const uint8_t *data, uint64_t block_size,
                                     struct format_block *block);

/* TACIT_OK or TACIT_ERR_CHECKSUM. data: payload_size or content_size bytes. */
enum tacit_status format_payload_verify(const struct format_block *block, const uint8_t *data);
enum tacit_status format_content_verify(const struct format_block *block, const uint8_t *data);

/* One block's entry in the index. */
struct format_entry {
    uint8_t method;
    uint32_t content_size;
    uint32_t payload_size;
};

/* Appends the block's entry to the entries. */
enum tacit_status format_entry_append(struct byte_buffer *entries,
                                      const struct format_block *block);
enum tacit_status format_entry_parse(const uint8_t *data, struct format_entry *entry);

struct format_index {
    uint64_t n_blocks;
    uint64_t content_size;
    uint64_t archive_size; /* from the magic to the end of the footer */
    struct hash128 content_hash;
};

/* Appends index and footer to out. entries: n_blocks packed entries. */
enum tacit_status format_index_pack(struct byte_buffer *out, const struct format_index *index,
                                    const uint8_t *entries);

/* data: the whole index with its footer, n bytes. *entries points into data. Checks the hash, the
 * sizes' sums and the footer. */
enum tacit_status format_index_parse(const uint8_t *data, size_t n, struct format_index *index,
                                     const uint8_t **entries);

/* The length that an index states, unchecked. head: FORMAT_INDEX_HEAD bytes. */
uint64_t format_index_n_blocks(const uint8_t *head);

/* Length of index and footer, UINT64_MAX if n_blocks is impossible. */
uint64_t format_index_size(uint64_t n_blocks);

/* data: FORMAT_FOOTER bytes. *index_size: index and footer. */
enum tacit_status format_footer_parse(const uint8_t *data, uint64_t *index_size,
                                      uint64_t *archive_size);

#endif
