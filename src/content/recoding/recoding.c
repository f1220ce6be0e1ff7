/* SPDX-License-Identifier: Apache-2.0 */
#include "content/recoding/recoding.h"

#include <string.h>

#include "base/try.h"
#include "content/recoding/dictionary_text.h"
#include "content/recoding/digit_text.h"
#include "content/recoding/dump_text.h"
#include "content/recoding/unicode_text.h"
#include "tacit/options.h"

/* UTF-8 has three bytes for two of UTF-16 at most; all else becomes shorter. */
static uint64_t recoded_max(uint32_t n)
{
    return n + (uint64_t)n / 2;
}

/* Adds a stretch to those that end at *done. false: there is no room. */
static bool add(struct recoding *recoding, const struct recoding_found *found, size_t *done)
{
    if (recoding->n_stretches == RECODING_STRETCHES_MAX)
        return false;
    struct recoded_stretch *stretch = &recoding->stretches[recoding->n_stretches++];
    *stretch = (struct recoded_stretch){.n_before = (uint32_t)(found->start - *done),
                                        .n_bytes = (uint32_t)found->n_bytes,
                                        .n_written = (uint32_t)(found->end - found->start),
                                        .kind = found->kind};
    recoding->n_bytes += stretch->n_before + stretch->n_bytes;
    *done = found->end;
    return true;
}

/* Finds stretches of at least n_least bytes. false: there are too many, and these are the first ones. */
static bool find_long(struct recoding *recoding, const uint8_t *data, size_t n, size_t n_least)
{
    struct recoding_found text = {0}, digits = {0}, dump = {0}, next;
    struct unicode_finder finder = {{0}};
    size_t done = 0;
    bool all = true;
    recoding->n_stretches = recoding->n_bytes = 0;
    for (size_t at = 0; at < n; at = next.end) {
        if (text.start <= at && text.start < n)
            unicode_find(&finder, data, n, at, &text);
        if (digits.start <= at && digits.start < n)
            digit_text_find(data, n, at, &digits);
        if (dump.start <= at && dump.start < n)
            dump_text_find(data, n, at, &dump);
        next = text.start <= digits.start ? text : digits;
        if (dump.start < next.start)
            next = dump;
        if (next.start == n)
            break;
        if (next.end - next.start >= n_least && !add(recoding, &next, &done)) {
            all = false;
            break;
        }
    }
    recoding->n_behind = (uint32_t)(n - done);
    recoding->n_bytes += recoding->n_behind;
    return all;
}

static size_t n_covered(const struct recoding *recoding)
{
    size_t n = 0;
    for (uint32_t i = 0; i < recoding->n_stretches; i++)
        n += recoding->stretches[i].n_written;
    return n;
}

/* If there are too many, the long ones or the first ones, whichever are more bytes. */
void recoding_find(struct recoding *recoding, const uint8_t *data, size_t n, size_t n_max)
{
    size_t n_least = 0, covered = 0;
    while (!find_long(recoding, data, n, n_least) && n_covered(recoding) > covered) {
        covered = n_covered(recoding);
        n_least = n_least == 0 ? 128 : n_least * 2;
    }
    if (n_covered(recoding) < covered)
        find_long(recoding, data, n, n_least == 128 ? 0 : n_least / 2);
    if (recoding->n_bytes > n_max || recoding->n_bytes > TACIT_BLOCK_SIZE_MAX)
        recoding->n_stretches = 0;
}

bool recoding_has_codes(const struct recoding *recoding)
{
    for (uint32_t i = 0; i < recoding->n_stretches; i++)
        if (recoding_form(&recoding->stretches[i].kind) == RECODING_DICTIONARY)
            return true;
    return false;
}

static void read_stretch(const struct recoded_stretch *stretch, const uint8_t *data, uint8_t *out)
{
    switch (recoding_form(&stretch->kind)) {
    case RECODING_UNICODE:
        unicode_to_utf8(stretch->kind.code, data, stretch->n_written, out);
        break;
    case RECODING_DUMP:
    case RECODING_WORDS:
        dump_text_read(&stretch->kind, data, stretch->n_written, out, stretch->n_bytes);
        break;
    default:
        digit_text_read(&stretch->kind, data, stretch->n_written, out);
    }
}

/* Returns the number of bytes; SIZE_MAX if it cannot be, or there is no room. */
static size_t write_stretch(const struct recoded_stretch *stretch, const uint8_t *data,
                            uint8_t *out, size_t room)
{
    const struct recoding_kind *kind = &stretch->kind;
    switch (recoding_form(kind)) {
    case RECODING_UNICODE:
        return unicode_from_utf8(kind->code, data, stretch->n_bytes, out, room);
    case RECODING_DUMP:
    case RECODING_WORDS:
        return dump_text_write(kind, data, stretch->n_bytes, out, room);
    case RECODING_DICTIONARY:
        return dictionary_text_write(data, stretch->n_bytes, out, room);
    default:
        return digit_text_write(kind, data, stretch->n_bytes, out, room);
    }
}

enum tacit_status recoding_apply(const struct recoding *recoding, struct byte_buffer *data)
{
    struct byte_buffer recoded = {0};
    size_t n = recoding->n_bytes, from = 0, to = 0;
    TRY(byte_buffer_reserve(&recoded, n, n));
    for (uint32_t i = 0; i < recoding->n_stretches; i++) {
        const struct recoded_stretch *stretch = &recoding->stretches[i];
        memcpy(recoded.data + to, data->data + from, stretch->n_before);
        from += stretch->n_before;
        to += stretch->n_before;
        read_stretch(stretch, data->data + from, recoded.data + to);
        from += stretch->n_written;
        to += stretch->n_bytes;
    }
    memcpy(recoded.data + to, data->data + from, recoding->n_behind);
    recoded.size = n;
    byte_buffer_free(data);
    *data = recoded;
    return TACIT_OK;
}

/* Writes all to out[0 .. n), which has to be filled. */
static enum tacit_status write_all(const struct recoding *recoding, const uint8_t *data,
                                   uint8_t *out, size_t n)
{
    for (uint32_t i = 0; i < recoding->n_stretches; i++) {
        const struct recoded_stretch *stretch = &recoding->stretches[i];
        if (stretch->n_before > n)
            return TACIT_ERR_CORRUPT;
        memcpy(out, data, stretch->n_before);
        data += stretch->n_before;
        out += stretch->n_before;
        n -= stretch->n_before;
        size_t n_written = write_stretch(stretch, data, out, n);
        if (n_written == SIZE_MAX)
            return TACIT_ERR_CORRUPT;
        data += stretch->n_bytes;
        out += n_written;
        n -= n_written;
    }
    if (n != recoding->n_behind)
        return TACIT_ERR_CORRUPT;
    memcpy(out, data, n);
    return TACIT_OK;
}

enum tacit_status recoding_restore(const struct recoding *recoding, struct byte_buffer *data,
                                   size_t n, size_t cap)
{
    struct byte_buffer restored = {0};
    TRY(byte_buffer_reserve(&restored, cap, cap));
    enum tacit_status status = write_all(recoding, data->data, restored.data, n);
    if (status != TACIT_OK) {
        byte_buffer_free(&restored);
        return status;
    }
    restored.size = n;
    byte_buffer_free(data);
    *data = restored;
    return TACIT_OK;
}

static bool same_kind(const struct recoding_kind *a, const struct recoding_kind *b)
{
    uint8_t bytes[2][RECODING_KIND_BYTES_MAX];
    size_t n = recoding_kind_put(bytes[0], a);
    return recoding_kind_put(bytes[1], b) == n && memcmp(bytes[0], bytes[1], n) == 0;
}

size_t recoding_pack(uint8_t *out, const struct recoding *recoding)
{
    const struct recoding_kind *before = NULL;
    size_t n = varint_put(out, recoding->n_stretches - 1);
    for (uint32_t i = 0; i < recoding->n_stretches; i++) {
        const struct recoded_stretch *stretch = &recoding->stretches[i];
        bool again = before && same_kind(before, &stretch->kind);
        n += varint_put(out + n, stretch->n_before);
        n += varint_put(out + n, (stretch->n_bytes - 1) * 2 + again);
        if (!again)
            n += recoding_kind_put(out + n, &stretch->kind);
        before = &stretch->kind;
    }
    return n + varint_put(out + n, recoding->n_behind);
}

enum tacit_status recoding_parse(struct varint_reader *r, uint32_t n, struct recoding *recoding)
{
    uint64_t n_all = 0;
    TRY(varint_read(r, &recoding->n_stretches));
    if (recoding->n_stretches >= RECODING_STRETCHES_MAX)
        return TACIT_ERR_CORRUPT;
    recoding->n_stretches++;
    for (uint32_t i = 0; i < recoding->n_stretches; i++) {
        struct recoded_stretch *stretch = &recoding->stretches[i];
        uint32_t length;
        TRY(varint_read(r, &stretch->n_before));
        TRY(varint_read(r, &length));
        stretch->n_bytes = length / 2 + 1;
        n_all += (uint64_t)stretch->n_before + stretch->n_bytes;
        if (!(length & 1))
            TRY(recoding_kind_read(r, &stretch->kind));
        else if (i > 0)
            stretch->kind = stretch[-1].kind;
        else
            return TACIT_ERR_CORRUPT;
    }
    TRY(varint_read(r, &recoding->n_behind));
    n_all += recoding->n_behind;
    recoding->n_bytes = (uint32_t)n_all;
    return n_all <= recoded_max(n) && n_all <= TACIT_BLOCK_SIZE_MAX ? TACIT_OK : TACIT_ERR_CORRUPT;
}
