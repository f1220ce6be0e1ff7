/* SPDX-License-Identifier: Apache-2.0
 *
 * The table keeps the ends of windows of RECALL_WINDOW bytes that end at multiples of a stride, within the reference or
 * within the content. A place of the content is counted from content_base. All of it is part of the format.
 */
#include "methods/recall/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "content/tar_field.h"

#define MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

enum {
    STRIDE_LOG2_MIN = 3,
    TABLE_LOG2_MIN = 10,
    TABLE_LOG2_MAX = 23,
    CHANGE_MAX = 64, /* bytes */
    ODDS_LIMIT = 30, /* of what was counted */
    LENGTH_BITS = 5,
};

static void choose_table(uint64_t n_all, bool resumes, unsigned *log2, unsigned *stride_log2)
{
    *log2 = TABLE_LOG2_MIN;
    *stride_log2 = resumes ? 0 : STRIDE_LOG2_MIN;
    while (*log2 < TABLE_LOG2_MAX && (n_all >> *stride_log2) * 2 > UINT64_C(1) << *log2)
        ++*log2;
    while ((n_all >> *stride_log2) * 2 > UINT64_C(1) << *log2)
        ++*stride_log2;
}

/* Of the window that ends at end. */
static uint32_t *place_of(const struct recall *recall, const uint8_t *end)
{
    uint64_t hash = load_le64(end - 24) * MULTIPLIER;
    hash = (hash ^ hash >> 32 ^ load_le64(end - 16)) * MULTIPLIER;
    hash = (hash ^ hash >> 32 ^ load_le64(end - 8)) * MULTIPLIER;
    return &recall->places[hash >> (64 - recall->log2)];
}

uint64_t recall_memory(uint64_t n_reference, uint64_t n_content, bool resumes)
{
    unsigned log2, stride_log2;
    choose_table(n_reference + n_content, resumes, &log2, &stride_log2);
    return sizeof(uint32_t) << log2;
}

/* The first multiple of the stride at which a window ends. */
static uint32_t first_end(const struct recall *recall)
{
    uint32_t stride = UINT32_C(1) << recall->stride_log2;
    return (RECALL_WINDOW + stride - 1) / stride * stride;
}

enum tacit_status recall_create(struct recall *recall, struct byte_view reference,
                                uint32_t n_content, bool resumes)
{
    *recall = (struct recall){.reference = reference, .resumes = resumes};
    choose_table((uint64_t)reference.n + n_content, resumes, &recall->log2, &recall->stride_log2);
    for (unsigned i = 0; i < RECALL_N_KINDS; i++)
        recall->flag[i][0].p = recall->flag[i][1].p = 1 << 15;
    for (unsigned i = 0; i < 32; i++)
        recall->size[i].p = 1 << 15;
    recall->places = calloc((size_t)1 << recall->log2, sizeof *recall->places);
    if (!recall->places)
        return TACIT_ERR_MEMORY;
    recall->content_base = (uint32_t)(reference.n >> recall->stride_log2) + 1;
    recall->next = first_end(recall);
    for (size_t end = recall->next; end <= reference.n; end += (size_t)1 << recall->stride_log2)
        *place_of(recall, reference.data + end) = (uint32_t)(end >> recall->stride_log2);
    return TACIT_OK;
}

void recall_destroy(struct recall *recall)
{
    free(recall->places);
    recall->places = NULL;
}

static uint8_t byte_at(const struct recall *recall, const uint8_t *content, uint32_t at,
                       uint32_t distance)
{
    return at >= distance ? content[at - distance]
                          : recall->reference.data[recall->reference.n - (distance - at)];
}

/* The distance from at to the place in the table; 0: its window is another. */
static uint32_t distance_to(const struct recall *recall, const uint8_t *content, uint32_t at,
                            uint32_t place)
{
    bool in_content = place > recall->content_base;
    size_t end = (size_t)(in_content ? place - recall->content_base : place) << recall->stride_log2;
    const uint8_t *window = (in_content ? content : recall->reference.data) + end - RECALL_WINDOW;
    if (memcmp(window, content + at - RECALL_WINDOW, RECALL_WINDOW) != 0)
        return 0;
    return (uint32_t)(in_content ? at - end : at + recall->reference.n - end);
}

/* Whether the bytes repeat what was found before. */
static bool goes_on(const struct recall *recall, const uint8_t *content, uint32_t at,
                    uint32_t n_new)
{
    bool same = recall->distance != 0;
    for (uint32_t i = at - n_new; i < at && same; i++)
        same = content[i] == byte_at(recall, content, i, recall->distance);
    return same;
}

static bool find_window(struct recall *recall, const uint8_t *content, uint32_t at)
{
    for (; recall->next < at; recall->next += UINT32_C(1) << recall->stride_log2)
        *place_of(recall, content + recall->next) =
            recall->content_base + (recall->next >> recall->stride_log2);
    recall->kind = RECALL_BY_WINDOW;
    recall->distance = 0;
    if (at < RECALL_WINDOW)
        return false;
    uint32_t place = *place_of(recall, content + at);
    recall->distance = place == 0 ? 0 : distance_to(recall, content, at, place);
    return recall->distance != 0;
}

/* Where a block of 512 bytes begins, as a header of a tar does: the reference's block that begins at the last copy's
 * source's end, or next behind it. */
static bool find_block(struct recall *recall, uint32_t at)
{
    uint64_t source_end = (uint64_t)recall->reference.n + recall->copy_end - recall->copied;
    uint64_t block = (source_end + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    if (recall->copied == 0 || at % TAR_BLOCK != 0 || block >= recall->reference.n)
        return false;
    uint32_t distance = (uint32_t)(recall->reference.n + at - block);
    if (distance == recall->distance)
        return false;
    recall->kind = RECALL_BY_BLOCK;
    recall->distance = distance;
    return true;
}

/* Behind a few bytes that took the place of as many. */
static bool find_change(struct recall *recall, const uint8_t *content, uint32_t at)
{
    if (recall->copied == 0 || at - recall->copy_end > CHANGE_MAX ||
        content[at - 1] != byte_at(recall, content, at - 1, recall->copied))
        return false;
    recall->kind = RECALL_BY_CHANGE;
    recall->distance = recall->copied;
    return true;
}

bool recall_finds(struct recall *recall, const uint8_t *content, uint32_t at, uint32_t n_new)
{
    if (recall->resumes && find_block(recall, at))
        return true;
    if (goes_on(recall, content, at, n_new))
        return false;
    return find_window(recall, content, at) ||
           (recall->resumes && find_change(recall, content, at));
}

uint32_t recall_length(const struct recall *recall, const uint8_t *content, uint32_t at,
                       uint32_t end, uint32_t n_min)
{
    uint32_t n = 0;
    while (at + n < end && content[at + n] == byte_at(recall, content, at + n, recall->distance))
        n++;
    return n < n_min ? 0 : n;
}

static unsigned code_bit(unsigned bit, uint32_t p1, struct binary_encoder *enc,
                         struct binary_decoder *dec)
{
    if (dec)
        return (unsigned)binary_decode(dec, p1);
    binary_encode(enc, (int)bit, p1);
    return bit;
}

static unsigned code_by(struct recall_odds *odds, unsigned bit, struct binary_encoder *enc,
                        struct binary_decoder *dec)
{
    bit = code_bit(bit, (uint32_t)odds->p << 16 | 0x8000, enc, dec);
    int error = (bit ? 65535 : 0) - odds->p;
    odds->p = (uint16_t)(odds->p + error * 2 / (2 * odds->n + 3));
    odds->n += odds->n < ODDS_LIMIT;
    return bit;
}

uint32_t recall_code(struct recall *recall, enum recall_kind kind, uint32_t n,
                     struct binary_encoder *enc, struct binary_decoder *dec)
{
    unsigned n_bits = 0, node = 1;
    unsigned *last = &recall->last[kind];
    *last = code_by(&recall->flag[kind][*last], n > 0, enc, dec);
    if (!*last)
        return 0;
    while (n >> 1 >> n_bits > 0)
        n_bits++;
    for (unsigned i = LENGTH_BITS; i-- > 0;)
        node = node << 1 | code_by(&recall->size[node], n_bits >> i & 1, enc, dec);
    uint32_t length = 1;
    for (n_bits = node - (1 << LENGTH_BITS); n_bits-- > 0;)
        length = length << 1 | code_bit(n >> n_bits & 1, UINT32_C(1) << 31, enc, dec);
    return length;
}

void recall_note(struct recall *recall, uint32_t end)
{
    recall->copied = recall->distance;
    recall->copy_end = end;
}

void recall_copy(const struct recall *recall, uint8_t *content, uint32_t at, uint32_t n)
{
    for (uint32_t i = at; i < at + n; i++)
        content[i] = byte_at(recall, content, i, recall->distance);
}
