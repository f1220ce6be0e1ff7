/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives follow each other and never interleave: a part of another archive between two parts of
 * one archive was inside one of its blocks, which is lost. The parts of an archive share its tag;
 * the index states the archive's length. The search for an archive's end:
 *
 *     a header or single form     ends the archive before it, which is incomplete
 *     an index                    ends its own archive
 *     a block of another tag      begins an archive whose header is lost
 *
 * Blocks of the same tag belong to the archive wherever they lie: in any order, and behind its
 * index where one is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "archive/recover_parts.h"
#include "base/find_start.h"
#include "base/try.h"

struct planner {
    struct recover_plan *plan;
    struct recover_parts *parts;
    uint64_t n_source;
    size_t n_blocks;   /* assigned so far */
    size_t *next_same; /* [parts]: the next HEADER or BLOCK of the same tag */
    size_t *claimed;   /* [parts]: of a HEADER, the last INDEX that says its archive starts there */

    /* The last archive. */
    struct recover_archive *archive;
    bool is_open;       /* its end has not been seen */
    uint32_t tag;       /* of the block form */
    size_t last;        /* part of that tag */
    uint64_t next;      /* content that its blocks reach to */
    uint64_t n_content; /* of its whole blocks */
};

/* The key is part of what is sorted, since qsort passes no context. */
struct sort_key {
    uint64_t first, second;
    size_t part;
};

static int compare_keys(const void *a, const void *b)
{
    const struct sort_key *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    if (x->second != y->second)
        return x->second < y->second ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

static bool has_tag(const struct recover_part *part)
{
    return part->kind == RECOVER_HEADER || part->kind == RECOVER_BLOCK;
}

static enum tacit_status link_tags(struct planner *p)
{
    const struct recover_parts *parts = p->parts;
    size_t n = 0;
    struct sort_key *keys = malloc((parts->n + 1) * sizeof *keys);
    if (!keys)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < parts->n; i++) {
        p->next_same[i] = RECOVER_NONE;
        if (has_tag(&parts->items[i]))
            keys[n++] = (struct sort_key){parts->items[i].tag, 0, i};
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (keys[i - 1].first == keys[i].first)
            p->next_same[keys[i - 1].part] = keys[i].part;
    free(keys);
    return TACIT_OK;
}

static void link_claims(struct planner *p)
{
    const struct recover_parts *parts = p->parts;
    for (size_t i = 0; i < parts->n; i++)
        p->claimed[i] = RECOVER_NONE;
    for (size_t i = 0; i < parts->n; i++) {
        const struct recover_part *part = &parts->items[i];
        if (part->kind != RECOVER_INDEX || part->index.archive_size > part->end)
            continue;
        const uint64_t start = part->end - part->index.archive_size;
        const size_t at = find_start(parts->items, parts->n, sizeof *parts->items,
                                     offsetof(struct recover_part, offset), start);
        if (parts->items[at].offset == start && parts->items[at].kind == RECOVER_HEADER)
            p->claimed[at] = i;
    }
}

/* Whether a later index states that it belongs to the open archive. */
static bool is_claimed_behind(const struct planner *p, size_t i)
{
    const size_t header = p->archive->header;
    return header != RECOVER_NONE && p->claimed[header] != RECOVER_NONE && p->claimed[header] > i;
}

/* Whether a later part shows that the open archive goes on behind part i, so that part i lies
 * inside it. */
static bool goes_on_behind(const struct planner *p, size_t i)
{
    const struct recover_part *items = p->parts->items;
    if (!p->is_open)
        return false;
    if (is_claimed_behind(p, i))
        return true;
    const struct recover_part *last = &items[p->last];
    if (last->is_damaged && last->end > items[i].offset && last->end > p->n_source)
        return true; /* the source ends in the middle of a block */
    size_t next = p->next_same[p->last];
    if (next == i)
        next = p->next_same[i];
    return next != RECOVER_NONE && items[next].kind == RECOVER_BLOCK &&
           items[next].block.content_offset >= p->next && items[next].block.content_offset > 0;
}

static void begin_archive(struct planner *p, size_t i, uint64_t n_explained)
{
    const struct recover_part *part = &p->parts->items[i];
    struct recover_plan *plan = p->plan;
    const bool is_cut = p->is_open;
    p->archive = &plan->archives[plan->n_archives++];
    *p->archive = (struct recover_archive){
        .header = RECOVER_NONE,
        .index = RECOVER_NONE,
        .first = p->n_blocks,
        .after_gap = is_cut || part->offset - plan->end > n_explained,
    };
    p->is_open = true;
    p->tag = part->tag;
    p->last = i;
    p->next = p->n_content = 0;
    plan->end = part->end;
}

static void add_block(struct planner *p, size_t i)
{
    const struct recover_part *part = &p->parts->items[i];
    const uint64_t end = part->block.content_offset + part->block.content_size;
    p->last = i;
    p->plan->end = part->end < p->n_source ? part->end : p->n_source;
    if (end > p->next)
        p->next = end;
    if (part->is_damaged)
        return;
    p->n_content += part->block.content_size;
    p->plan->blocks[p->n_blocks++] = i;
    p->archive->n++;
}

static void deal_header(struct planner *p, size_t i)
{
    const bool is_own = p->is_open && p->parts->items[i].tag == p->tag;
    if (is_own && p->archive->header == RECOVER_NONE) {
        p->archive->header = i; /* the index lies behind blocks of its archive */
        p->last = i;
        return;
    }
    if (goes_on_behind(p, i)) {
        if (is_own)
            p->last = i;
        return;
    }
    begin_archive(p, i, 0);
    p->archive->header = i;
}

static void deal_single(struct planner *p, size_t i)
{
    if (p->parts->items[i].is_damaged || goes_on_behind(p, i))
        return;
    begin_archive(p, i, 0);
    p->archive->header = i;
    p->archive->is_whole = true;
    p->is_open = false;
}

/* Marks the archive's blocks that the index names; false: it does not name all. Sorts the blocks by
 * content offset, named blocks first. */
static enum tacit_status match_index(struct planner *p, const struct recover_part *index, bool *all)
{
    size_t *blocks = p->plan->blocks + p->archive->first;
    const size_t n = p->archive->n;
    uint64_t offset = 0, k = 0;
    struct sort_key *keys = malloc((n + 1) * sizeof *keys);
    if (!keys)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct sort_key){p->parts->items[blocks[i]].block.content_offset, 0, blocks[i]};
    qsort(keys, n, sizeof *keys, compare_keys);
    *all = true;
    for (size_t i = 0; i < n; i++) {
        struct recover_part *part = &p->parts->items[keys[i].part];
        struct format_entry entry = {0};
        for (; index && k < index->index.n_blocks; k++, offset += entry.content_size) {
            if (format_entry_parse(index->entries + k * FORMAT_INDEX_ENTRY, &entry) != TACIT_OK ||
                offset >= part->block.content_offset)
                break;
        }
        part->agrees = index && k < index->index.n_blocks && offset == part->block.content_offset &&
                       entry.method == part->block.method &&
                       entry.content_size == part->block.content_size &&
                       entry.payload_size == part->block.payload_size;
        *all = *all && part->agrees;
        keys[i].second = !part->agrees;
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < n; i++)
        blocks[i] = keys[i].part;
    free(keys);
    return TACIT_OK;
}

static bool claims_archive(const struct planner *p, size_t i)
{
    return p->archive->header != RECOVER_NONE && p->claimed[p->archive->header] == i;
}

static enum tacit_status deal_index(struct planner *p, size_t i)
{
    const struct recover_part *part = &p->parts->items[i];
    if (p->is_open) {
        /* An index is compared with at most as many blocks as it has entries, so that all
         * comparisons together grow in proportion to the source. */
        bool all = part->index.n_blocks >= p->archive->n;
        if (part->index.content_size < p->next || is_claimed_behind(p, i))
            return TACIT_OK;
        if (all)
            TRY(match_index(p, part, &all));
        if (!all && !claims_archive(p, i) && goes_on_behind(p, i))
            return TACIT_OK;
    } else {
        begin_archive(p, i, UINT64_MAX); /* all other parts of it are lost */
    }
    p->archive->index = i;
    p->archive->is_whole = true;
    p->is_open = false;
    p->plan->end = part->end;
    return TACIT_OK;
}

/* Finds a block that lies behind its archive's index and is missing before it. */
static bool is_late(const struct planner *p, const struct recover_part *part)
{
    const struct recover_archive *archive = p->archive;
    if (p->is_open || !archive || archive->index == RECOVER_NONE || part->is_damaged ||
        archive->n == 0 || part->tag != p->tag)
        return false;
    return p->n_content + part->block.content_size <=
           p->parts->items[archive->index].index.content_size;
}

static void deal_block(struct planner *p, size_t i)
{
    const struct recover_part *part = &p->parts->items[i];
    if ((p->is_open && part->tag == p->tag) || is_late(p, part)) {
        add_block(p, i);
        return;
    }
    if (p->is_open && (part->is_damaged || goes_on_behind(p, i)))
        return;
    /* The archive's header is lost, and perhaps blocks, whose size is then known. */
    begin_archive(p, i, part->block.content_offset > 0 ? UINT64_MAX : FORMAT_HEADER_MAX);
    add_block(p, i);
}

static enum tacit_status deal(struct planner *p)
{
    for (size_t i = 0; i < p->parts->n; i++) {
        switch (p->parts->items[i].kind) {
        case RECOVER_HEADER:
            deal_header(p, i);
            break;
        case RECOVER_SINGLE:
            deal_single(p, i);
            break;
        case RECOVER_BLOCK:
            deal_block(p, i);
            break;
        case RECOVER_INDEX:
            TRY(deal_index(p, i));
            break;
        }
    }
    return TACIT_OK;
}

/* Goes through the archive's blocks again, late blocks included. */
static enum tacit_status sort_blocks(struct planner *p)
{
    for (size_t i = 0; i < p->plan->n_archives; i++) {
        bool all;
        p->archive = &p->plan->archives[i];
        TRY(match_index(
            p, p->archive->index == RECOVER_NONE ? NULL : &p->parts->items[p->archive->index],
            &all));
    }
    return TACIT_OK;
}

enum tacit_status recover_plan_make(struct recover_plan *plan, struct recover_parts *parts,
                                    uint64_t n_source)
{
    const size_t n = parts->n + 1;
    struct planner p = {.plan = plan,
                        .parts = parts,
                        .n_source = n_source,
                        .next_same = malloc(n * sizeof *p.next_same),
                        .claimed = malloc(n * sizeof *p.claimed)};
    *plan = (struct recover_plan){.archives = malloc(n * sizeof *plan->archives),
                                  .blocks = malloc(n * sizeof *plan->blocks)};
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (p.next_same && p.claimed && plan->archives && plan->blocks)
        status = link_tags(&p);
    if (status == TACIT_OK) {
        link_claims(&p);
        status = deal(&p);
    }
    if (status == TACIT_OK)
        status = sort_blocks(&p);
    free(p.next_same);
    free(p.claimed);
    return status;
}

void recover_plan_free(struct recover_plan *plan)
{
    free(plan->archives);
    free(plan->blocks);
}
