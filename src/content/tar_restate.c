/* SPDX-License-Identifier: Apache-2.0 */
#include "content/tar_restate.h"

#include <string.h>

#include "base/try.h"
#include "content/tar_field.h"

/* Of a header's fields, as POSIX calls them. */
enum { NAME_BYTES = 100, MTIME = 136 };
enum { TIME_BYTES = 5 }; /* in the archive */

static bool is_octal(uint8_t c)
{
    return (c & 0xf8) == '0';
}

static bool is_header(const uint8_t *data)
{
    bool fits = tar_is_marked(data);
    for (unsigned i = 0; fits && i < TAR_CHKSUM_DIGITS; i++)
        fits = is_octal(data[TAR_CHKSUM + i]);
    for (unsigned i = 0; fits && i < TAR_TIME_DIGITS; i++)
        fits = is_octal(data[MTIME + i]);
    return fits;
}

static uint32_t root_of(const uint8_t *header)
{
    const uint8_t *slash = memchr(header, '/', NAME_BYTES);
    return slash ? (uint32_t)(slash - header) : 0;
}

struct names {
    const uint8_t *root, *time;
    uint32_t n_root;
};

/* Puts the values of `to` where a header has those of `from`. */
static void exchange(uint8_t *header, const struct names *from, const struct names *to)
{
    if (memcmp(header + MTIME, from->time, TAR_TIME_DIGITS) == 0)
        memcpy(header + MTIME, to->time, TAR_TIME_DIGITS);
    const uint8_t *end = memchr(header, 0, NAME_BYTES);
    size_t n = end ? (size_t)(end - header) : NAME_BYTES;
    if (n <= from->n_root || header[from->n_root] != '/' ||
        memcmp(header, from->root, from->n_root) != 0 || n - from->n_root + to->n_root > NAME_BYTES)
        return;
    n -= from->n_root;
    memmove(header + to->n_root, header + from->n_root, n);
    memcpy(header, to->root, to->n_root);
    memset(header + to->n_root + n, 0, NAME_BYTES - to->n_root - n);
}

static struct names older_names(const struct tar_restate *restate, struct byte_view reference)
{
    const uint8_t *header = reference.data + (size_t)restate->pattern * TAR_BLOCK;
    return (struct names){header, header + MTIME, root_of(header)};
}

static struct names names_of(const struct tar_restate *restate)
{
    return (struct names){restate->root, restate->time, restate->n_root};
}

static void restore_header(uint8_t *header, const struct names *older, const struct names *names)
{
    exchange(header, older, names);
    tar_make_checksum(header, '0', header + TAR_CHKSUM);
}

void tar_restate_restore(const struct tar_restate *restate, struct byte_view reference,
                         uint8_t *data, size_t n)
{
    struct names older = older_names(restate, reference), names = names_of(restate);
    for (size_t at = 0; at + TAR_BLOCK <= n; at += TAR_BLOCK)
        if (is_header(data + at))
            restore_header(data + at, &older, &names);
}

/* How many headers an encoder compares at most, so that its time stays linear. */
enum { SEARCH_MAX = 1 << 24 };

struct search {
    struct byte_view reference;
    size_t at; /* the header behind the one found last */
    uint32_t n_compared, n_found;
};

/* The reference's next header of that name and kind; NULL: none. */
static const uint8_t *find_older(struct search *search, const uint8_t *header)
{
    enum { KIND = 156 };
    size_t n = search->reference.n / TAR_BLOCK;
    for (size_t i = 0; i < n && search->n_compared < SEARCH_MAX; i++, search->n_compared++) {
        search->at = search->at < n ? search->at : 0;
        const uint8_t *older = search->reference.data + search->at++ * TAR_BLOCK;
        if (older[KIND] != header[KIND] || memcmp(older, header, NAME_BYTES) != 0 ||
            !is_header(older))
            continue;
        search->n_found++;
        return older;
    }
    return NULL;
}

static bool comes_back(const uint8_t *restated, const uint8_t *header, const struct names *older,
                       const struct names *names)
{
    uint8_t restored[TAR_BLOCK];
    memcpy(restored, restated, TAR_BLOCK);
    if (is_header(restored))
        restore_header(restored, older, names);
    return memcmp(restored, header, TAR_BLOCK) == 0;
}

/* Writes the header as it is restated, or as it is, to out. False if neither comes back. */
static bool restate_header(struct search *search, const uint8_t *header, const struct names *older,
                           const struct names *names, uint8_t out[TAR_BLOCK])
{
    memcpy(out, header, TAR_BLOCK);
    exchange(out, names, older);
    tar_make_checksum(out, '0', out + TAR_CHKSUM);
    const uint8_t *found = find_older(search, out);
    if (found)
        memcpy(out + TAR_CHKSUM, found + TAR_CHKSUM, TAR_CHKSUM_BYTES);
    if (comes_back(out, header, older, names))
        return true;
    memcpy(out, header, TAR_BLOCK);
    return comes_back(out, header, older, names);
}

/* The first header that names a folder at the root; n if there is none. */
static size_t find_pattern(const uint8_t *data, size_t n)
{
    for (size_t at = 0; at + TAR_BLOCK <= n; at += TAR_BLOCK)
        if (is_header(data + at) && root_of(data + at) > 0 && data[at] != '.')
            return at;
    return n;
}

/* Restates all headers, or, if not written, sees whether that pays. */
static bool restate_all(const struct tar_restate *restate, struct byte_view reference,
                        uint8_t *data, size_t n, bool written)
{
    struct names older = older_names(restate, reference), names = names_of(restate);
    struct search search = {.reference = reference, .at = restate->pattern};
    uint8_t restated[TAR_BLOCK];
    uint32_t n_headers = 0;
    for (size_t at = 0; at + TAR_BLOCK <= n; at += TAR_BLOCK) {
        if (!is_header(data + at))
            continue;
        n_headers++;
        if (!restate_header(&search, data + at, &older, &names, restated))
            return false;
        if (written)
            memcpy(data + at, restated, TAR_BLOCK);
    }
    return search.n_found * 2 > n_headers;
}

void tar_restate_apply(struct tar_restate *restate, struct byte_view reference, uint8_t *data,
                       size_t n)
{
    size_t old_at = find_pattern(reference.data, reference.n), at = find_pattern(data, n);
    restate->used = old_at < reference.n && at < n;
    if (!restate->used)
        return;
    restate->pattern = (uint32_t)(old_at / TAR_BLOCK);
    restate->n_root = root_of(data + at);
    memcpy(restate->root, data + at, restate->n_root);
    memcpy(restate->time, data + at + MTIME, TAR_TIME_DIGITS);
    struct names older = older_names(restate, reference);
    restate->timed = memcmp(restate->time, older.time, TAR_TIME_DIGITS) != 0;
    restate->n_same = 0;
    while (restate->n_same < restate->n_root && restate->n_same < older.n_root &&
           restate->root[restate->n_same] == older.root[restate->n_same])
        restate->n_same++;
    restate->used = restate_all(restate, reference, data, n, false);
    if (restate->used)
        restate_all(restate, reference, data, n, true);
}

size_t tar_restate_pack(uint8_t *out, const struct tar_restate *restate)
{
    uint32_t n_same = restate->n_same;
    uint64_t time = 0;
    size_t n = varint_put(out, restate->pattern << 1 | restate->timed);
    n += varint_put(out + n, n_same);
    n += varint_put(out + n, restate->n_root - n_same);
    memcpy(out + n, restate->root + n_same, restate->n_root - n_same);
    n += restate->n_root - n_same;
    for (unsigned i = 0; i < TAR_TIME_DIGITS; i++)
        time = time * 8 + (restate->time[i] & 7);
    for (unsigned i = 0; restate->timed && i < TIME_BYTES; i++)
        out[n++] = (uint8_t)(time >> 8 * i);
    return n;
}

enum tacit_status tar_restate_parse(struct varint_reader *r, struct byte_view reference,
                                    struct tar_restate *restate)
{
    uint32_t n_same, n_other;
    uint64_t time = 0;
    TRY(varint_read(r, &restate->pattern));
    TRY(varint_read(r, &n_same));
    TRY(varint_read(r, &n_other));
    restate->timed = restate->pattern & 1;
    restate->pattern >>= 1;
    if (restate->pattern >= reference.n / TAR_BLOCK)
        return TACIT_ERR_CORRUPT;
    struct names older = older_names(restate, reference);
    if (n_same > older.n_root || n_other > TAR_ROOT_MAX - n_same)
        return TACIT_ERR_CORRUPT;
    memcpy(restate->root, older.root, n_same);
    for (uint32_t i = 0; i < n_other; i++)
        restate->root[n_same + i] = varint_read_byte(r);
    restate->n_same = n_same;
    restate->n_root = n_same + n_other;
    memcpy(restate->time, older.time, TAR_TIME_DIGITS);
    for (unsigned i = 0; restate->timed && i < TIME_BYTES; i++)
        time |= (uint64_t)varint_read_byte(r) << 8 * i;
    for (unsigned i = restate->timed ? TAR_TIME_DIGITS : 0; i-- > 0; time >>= 3)
        restate->time[i] = (uint8_t)('0' + (time & 7));
    if (time != 0) /* more than the digits hold */
        return TACIT_ERR_CORRUPT;
    restate->used = true;
    return TACIT_OK;
}
