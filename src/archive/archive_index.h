/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds where each block of a source lies, from the index or, without one, by hopping from header
 * to header. Concatenated archives make one list. Decodes nothing.
 */
#ifndef TACIT_ARCHIVE_ARCHIVE_INDEX_H
#define TACIT_ARCHIVE_ARCHIVE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container/format.h"
#include "methods/plan.h"
#include "tacit/archive.h"

struct archive_block {
    uint64_t content_offset; /* in the whole content */
    uint64_t archive_offset; /* of the header */
    uint64_t base;           /* content_offset of its archive */
    uint64_t base_offset;    /* archive_offset of its archive */
    uint32_t content_size;
    uint32_t payload_size;
    uint32_t header_size; /* single form: the archive's header */
    uint32_t tag;
    uint8_t method;
    const struct tacit_model *model; /* the model that its archive names, if it is at hand */
    bool other_model;                /* another model was given */
    /* the reference that its archive names, if it is at hand */
    const struct tacit_reference *reference;
    enum tacit_status reference_status;
    bool ends_archive;           /* the last block of an archive of block form, ... */
    struct hash128 content_hash; /* ... all of whose content has this hash */
};

struct archive_index {
    struct archive_block *blocks; /* [n_blocks], in content order */
    size_t n_blocks, cap;
    uint64_t content_size;
    uint64_t archive_size; /* without padding */
    uint32_t n_archives;
    uint32_t format_version;
    struct format_reference_identity reference; /* of the first archive that names one */
};

/* index: zero-initialised; free it with archive_index_free, even after a failure. plan: for its
 * model, its reference, and memory_limit for the list. */
enum tacit_status archive_index_load(struct archive_index *index, const struct tacit_source *source,
                                     const struct codec_plan *plan);

void archive_index_free(struct archive_index *index);

#endif
