/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovery's search of a source, in two steps: it finds the parts of archives in the order of their
 * places (recover_scan.c), then the archives to which these parts belong (recover_plan.c).
 * recover.c decodes them.
 *
 * Time and memory grow in proportion to the source, whatever it holds.
 */
#ifndef TACIT_ARCHIVE_RECOVER_PARTS_H
#define TACIT_ARCHIVE_RECOVER_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container/format.h"
#include "methods/block_job.h"
#include "tacit/archive.h"

enum recover_kind { RECOVER_HEADER, RECOVER_SINGLE, RECOVER_BLOCK, RECOVER_INDEX };

#define RECOVER_NONE SIZE_MAX

struct recover_part {
    enum recover_kind kind;
    bool is_damaged; /* BLOCK, SINGLE: its header is whole, its payload is not */
    bool agrees;     /* BLOCK: its archive's index names such a block at this place */
    uint32_t tag;    /* HEADER, BLOCK */
    uint64_t offset, end;
    union {
        struct format_block block; /* BLOCK, SINGLE; the payload ends at `end` */
        struct format_index index; /* INDEX */
    };
    uint8_t *entries; /* INDEX: owned */
};

struct recover_parts {
    struct recover_part *items; /* [n], by offset */
    size_t n, cap;
    bool saw_header; /* header of a block or an archive, even if the bytes behind are lost */
    bool saw_newer;  /* such a header that needs a newer version */
};

/* Reads the source from front to back. TACIT_ERR_MEMORY, TACIT_ERR_MEMORY_LIMIT (by the plan);
 * bytes that cannot be read count as damage. job: scratch. */
enum tacit_status recover_scan(struct recover_parts *parts, const struct tacit_source *source,
                               struct block_job *job);
void recover_parts_free(struct recover_parts *parts);

/* One archive; its parts are given by their numbers. */
struct recover_archive {
    size_t header, index; /* or RECOVER_NONE; for the single form, header is that part */
    size_t first, n;      /* its blocks are recover_plan.blocks[first .. first + n) */
    bool after_gap;       /* unknown content may be lost before it */
    bool is_whole;        /* its end was found */
};

struct recover_plan {
    struct recover_archive *archives; /* [n_archives], in the order of the source */
    size_t n_archives;
    size_t *blocks; /* each archive's by content offset, the blocks that its index names first */
    uint64_t end;   /* end of the last part that belongs to an archive */
};

/* Assigns the parts to archives; sets `agrees`. A part inside a lost block of another archive
 * belongs to none. n_source: size of the source. TACIT_ERR_MEMORY. Free the plan even after a
 * failure. */
enum tacit_status recover_plan_make(struct recover_plan *plan, struct recover_parts *parts,
                                    uint64_t n_source);
void recover_plan_free(struct recover_plan *plan);

#endif
