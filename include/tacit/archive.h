/* SPDX-License-Identifier: Apache-2.0
 *
 * Random access to a finished archive through its index: list, read a range, recover what is left
 * of a damaged one. One handle belongs to one thread at a time; separate handles are independent.
 */
#ifndef TACIT_ARCHIVE_H
#define TACIT_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/model.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where an archive's bytes come from. read_at writes exactly n_bytes from offset to data and
 * returns TACIT_OK, or returns another status. The library never asks for bytes beyond size. */
struct tacit_source {
    void *context;
    uint64_t size;
    enum tacit_status (*read_at)(void *context, uint64_t offset, void *data, size_t n_bytes);
};

/* How a block is coded. The encoder keeps the method with the smallest payload. */
enum tacit_method {
    TACIT_METHOD_STORED = 0,
    TACIT_METHOD_ZSTD = 1,
    TACIT_METHOD_CONTEXT = 2, /* context models and mixer */
    TACIT_METHOD_MODEL = 3,   /* a language model too */
};

/* "stored", "zstd", "context", "model"; "unknown" otherwise. A static string. */
TACIT_API const char *tacit_method_name(enum tacit_method method);

struct tacit_archive_info {
    size_t struct_size;      /* set by the caller */
    uint32_t format_version; /* of the first archive when several are concatenated */
    uint32_t n_archives;     /* concatenated */
    uint64_t n_blocks;
    uint64_t content_size;
    uint64_t archive_size;                        /* without zero bytes behind the last archive */
    uint64_t reference_size;                      /* bytes; 0: not stated, or no archive needs
                                                     one */
    uint8_t reference_hash[TACIT_REFERENCE_HASH]; /* n_reference_hash bytes, of the first archive
                                                     that needs one */
    uint32_t n_reference_hash;                    /* bytes of reference_hash that are known; 0: no
                                                     archive needs one */
};

struct tacit_block_info {
    size_t struct_size; /* set by the caller */
    uint64_t content_offset;
    uint64_t content_size;
    uint64_t archive_offset;
    uint64_t archive_size; /* header included */
    enum tacit_method method;
};

/* The language model that an archive needs. */
struct tacit_archive_model {
    size_t struct_size; /* set by the caller */
    uint32_t n_hash;    /* bytes of hash that the archive has: 0 (no model is needed), 1, 4 or
                           all */
    uint8_t hash[TACIT_MODEL_HASH];  /* as tacit_model_identity */
    char name[TACIT_MODEL_TEXT_MAX]; /* cut to fit; empty if the archive has none */
    uint32_t has_rules; /* 1: decoding may need the rules of the model's tokenizer, which are, */
    uint32_t rules;     /* as tacit_model_rules, these; otherwise 0 */
};

/* Enough of an archive's beginning for tacit_archive_needs. */
#define TACIT_ARCHIVE_HEADER_MAX 352

/* Tells which model an archive needs. data[0 .. n_bytes): the archive's first bytes.
 * TACIT_ERR_TRUNCATED: more bytes are needed; TACIT_ERR_NOT_ARCHIVE, _VERSION, _CORRUPT,
 * _CHECKSUM. */
TACIT_API enum tacit_status tacit_archive_needs(const void *data, size_t n_bytes,
                                                struct tacit_archive_model *model);

/* Tells which reference an archive needs; reference->n_hash is 0 if the archive needs none. Errors
 * as tacit_archive_needs. */
TACIT_API enum tacit_status
tacit_archive_needs_reference(const void *data, size_t n_bytes,
                              struct tacit_reference_identity *reference);

struct tacit_archive;

/* Reads and verifies headers and index. Decodes nothing. source: copied; its context must outlive
 * the handle. On failure *archive is NULL. */
TACIT_API enum tacit_status tacit_archive_open(struct tacit_archive **archive,
                                               const struct tacit_source *source,
                                               const struct tacit_options *options);

TACIT_API enum tacit_status tacit_archive_get_info(const struct tacit_archive *archive,
                                                   struct tacit_archive_info *info);

/* index: 0 .. n_blocks - 1, in content order. */
TACIT_API enum tacit_status tacit_archive_get_block(const struct tacit_archive *archive,
                                                    uint64_t index, struct tacit_block_info *info);

/* Decodes content bytes [offset, offset + n_bytes) to data, reading only the blocks that hold them.
 * The handle keeps the block that it decoded last. TACIT_ERR_RANGE if the range leaves the content.
 * Each block is verified by itself. A caller who reads all blocks of an archive in order gets
 * TACIT_ERR_CHECKSUM instead of the last block if the blocks together do not have the hash that the
 * index states. */
TACIT_API enum tacit_status tacit_archive_read(struct tacit_archive *archive, uint64_t offset,
                                               void *data, size_t n_bytes);

/* NULL is allowed. */
TACIT_API void tacit_archive_close(struct tacit_archive *archive);

/* What recovery tells of a part of the content. */
enum tacit_recovered {
    TACIT_RECOVERED_CONTENT = 0, /* n_bytes of content at content_offset */
    TACIT_RECOVERED_LOST = 1,    /* n_bytes are lost; 0: an unknown number */
    /* The bytes were handed over, and each block agrees with its own check, but the archive's index
     * does not name all of these blocks: they may belong to several versions of the content. */
    TACIT_RECOVERED_DOUBTFUL = 2,
};

/* Takes a part of the content, in order. data is NULL but for TACIT_RECOVERED_CONTENT.
 * content_offset is UINT64_MAX where the position is unknown, which happens behind a loss of
 * unknown size. That content is doubtful is reported after the content, at the latest at the end of
 * its archive. Return non-zero to stop. */
typedef int (*tacit_recover_fn)(void *context, enum tacit_recovered what, uint64_t content_offset,
                                const void *data, uint64_t n_bytes);

/* Finds each undamaged block by the mark that starts it, with or without an index, and hands its
 * content to sink at the place that the block's header states, wherever the block lies. An archive
 * inside a block is content, even if the block is lost. Recovery reads the source twice; time and
 * memory grow in proportion to the source and to the content. Bytes that cannot be read count as
 * damage; zeros behind the last archive do not. If an archive's header is lost, recovery uses
 * options->model, or else the linked-in model. TACIT_OK: nothing was lost, and each archive's
 * content has the hash that its index states; TACIT_ERR_CHECKSUM: nothing was lost, but some
 * content is doubtful; TACIT_ERR_CORRUPT: something was lost and the rest was handed over; where
 * blocks are lost, no hash tells whether the others are of one version; TACIT_ERR_MODEL_MISSING,
 * TACIT_ERR_MODEL_WRONG, TACIT_ERR_REFERENCE_MISSING, TACIT_ERR_REFERENCE_WRONG: something was
 * lost, and a header names a model or a reference that was not given; TACIT_ERR_VERSION: something
 * was lost, and a header or a block needs a newer version; TACIT_ERR_NOT_ARCHIVE:
 * neither a block nor a header was found; TACIT_ERR_CANCELLED: the sink stopped it. */
TACIT_API enum tacit_status tacit_archive_recover(const struct tacit_source *source,
                                                  const struct tacit_options *options,
                                                  tacit_recover_fn sink, void *sink_context);

#ifdef __cplusplus
}
#endif

#endif
