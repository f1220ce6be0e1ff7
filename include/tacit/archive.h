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

/* Where an archive's bytes come from. read_at fills data with exactly n_bytes from offset and
 * returns TACIT_OK, or says why not; it is never asked beyond size. */
struct tacit_source {
    void *context;
    uint64_t size;
    enum tacit_status (*read_at)(void *context, uint64_t offset, void *data, size_t n_bytes);
};

/* How a block is coded: the cheapest by actual size was kept. */
enum tacit_method {
    TACIT_METHOD_STORED = 0,
    TACIT_METHOD_ZSTD = 1,
    TACIT_METHOD_CONTEXT = 2, /* context models and mixer */
    TACIT_METHOD_MODEL = 3,   /* and a language model */
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
    uint64_t reference_size;                      /* bytes; 0: not told, or none needs one */
    uint8_t reference_hash[TACIT_REFERENCE_HASH]; /* of the first archive that needs one ... */
    uint32_t n_reference_hash;                    /* ... so many bytes of it; 0: none does */
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
    uint32_t n_hash;    /* bytes of hash that the archive tells: 0 (it needs none), 1, 4 or all */
    uint8_t hash[TACIT_MODEL_HASH];  /* as tacit_model_identity */
    char name[TACIT_MODEL_TEXT_MAX]; /* cut to fit; empty where the archive has none */
};

/* Enough of an archive's beginning for tacit_archive_needs. */
#define TACIT_ARCHIVE_HEADER_MAX 352

/* The model that the archive which begins with data[0 .. n_bytes) needs. TACIT_ERR_TRUNCATED: more
 * bytes are needed; TACIT_ERR_NOT_ARCHIVE, _VERSION, _CORRUPT, _CHECKSUM. */
TACIT_API enum tacit_status tacit_archive_needs(const void *data, size_t n_bytes,
                                                struct tacit_archive_model *model);

/* Likewise the reference; reference->n_hash is 0 if it needs none. */
TACIT_API enum tacit_status
tacit_archive_needs_reference(const void *data, size_t n_bytes,
                              struct tacit_reference_identity *reference);

struct tacit_archive;

/* Reads headers and index, verifies them, decodes nothing. source: copied; its context must outlive
 * the handle. On failure *archive is NULL. */
TACIT_API enum tacit_status tacit_archive_open(struct tacit_archive **archive,
                                               const struct tacit_source *source,
                                               const struct tacit_options *options);

TACIT_API enum tacit_status tacit_archive_get_info(const struct tacit_archive *archive,
                                                   struct tacit_archive_info *info);

/* index: 0 .. n_blocks - 1, in content order. */
TACIT_API enum tacit_status tacit_archive_get_block(const struct tacit_archive *archive,
                                                    uint64_t index, struct tacit_block_info *info);

/* Decodes content bytes [offset, offset + n_bytes) to data, reading only the blocks they lie in.
 * The last block decoded is kept. TACIT_ERR_RANGE if the range leaves the content. Each block is
 * verified by itself; who reads all blocks of an archive in order gets TACIT_ERR_CHECKSUM in
 * place of the last one if together they are not the content that the index has the hash of. */
TACIT_API enum tacit_status tacit_archive_read(struct tacit_archive *archive, uint64_t offset,
                                               void *data, size_t n_bytes);

/* NULL is allowed. */
TACIT_API void tacit_archive_close(struct tacit_archive *archive);

/* What recovery tells of a part of the content. */
enum tacit_recovered {
    TACIT_RECOVERED_CONTENT = 0, /* n_bytes of content at content_offset */
    TACIT_RECOVERED_LOST = 1,    /* they are lost; n_bytes == 0: nobody knows how many */
    TACIT_RECOVERED_DOUBTFUL =
        2, /* they were handed over, each block right by its own check, but the
                                     archive's index is not of all of them: they may be of several
                                     versions of the content, put together */
};

/* Content, in order; data is NULL but for TACIT_RECOVERED_CONTENT. content_offset is UINT64_MAX
 * when the position is unknown, which happens behind a loss of unknown size. What is doubtful is
 * told behind content, at the latest at the end of its archive. Return non-zero to stop. */
typedef int (*tacit_recover_fn)(void *context, enum tacit_recovered what, uint64_t content_offset,
                                const void *data, uint64_t n_bytes);

/* Finds each block that is whole, index or not, by the mark that starts it, and hands its
 * content to sink, at the place that its header tells, wherever it lies. Archives inside of
 * blocks, lost or not, are content and not taken for archives. Reads the source twice, in time
 * and memory that grow in proportion to its size and to the content. Bytes that cannot be read
 * count as damage; zeros behind the last archive do not. An archive whose header is lost is
 * taken to need options->model or else the linked-in one. TACIT_OK: nothing was lost, and each
 * archive's content is the one that its index has the hash of; TACIT_ERR_CHECKSUM: nothing was
 * lost, but some is doubtful; TACIT_ERR_CORRUPT: something was lost, what could be had was
 * handed over, and where blocks are lost no hash tells whether the others are of one version;
 * TACIT_ERR_MODEL_MISSING, TACIT_ERR_MODEL_WRONG, TACIT_ERR_REFERENCE_MISSING,
 * TACIT_ERR_REFERENCE_WRONG: likewise, and a header names a model or a reference that is not
 * there; TACIT_ERR_NOT_ARCHIVE: neither a block nor a header was found; TACIT_ERR_CANCELLED: the
 * sink said so. */
TACIT_API enum tacit_status tacit_archive_recover(const struct tacit_source *source,
                                                  const struct tacit_options *options,
                                                  tacit_recover_fn sink, void *sink_context);

#ifdef __cplusplus
}
#endif

#endif
