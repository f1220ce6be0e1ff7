/* SPDX-License-Identifier: Apache-2.0 */
#include "arrangement.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "content_changes.h"

static void take_headers(struct arrangement *a, uint32_t size)
{
    uint32_t next = 0;
    a->n_headers = take_varint();
    note("tar headers", a->n_headers > 0);
    if (a->n_headers == 0)
        return;
    require(a->n_headers <= size / 512, "too many tar headers");
    a->before = take_varint();
    a->n_zeros = take_varint();
    a->n_gaps = take_varint();
    note("gaps", a->n_gaps > 0);
    require(a->n_zeros <= size - 512 * a->n_headers && a->n_gaps <= 256, "zeros or gaps");
    for (uint32_t i = 0; i < a->n_gaps; i++) {
        uint32_t skipped = take_varint();
        a->gap_bytes[i] = take_varint();
        require(skipped < a->n_headers - 1 - next, "a gap behind the last header");
        a->gap_header[i] = next + skipped;
        next = a->gap_header[i] + 1;
    }
}

static void take_part(struct speech_part *part, uint32_t n_left, int last)
{
    unsigned kind = *take(1);
    part->silent = (kind & 0x10) != 0;
    require(kind == 0 || (part->silent && (kind & 0xa0) == 0), "kind of a segment");
    part->type = stored_type(kind);
    if (part->silent && has_rows(part->type)) {
        part->stride = take_varint();
        part->offset = take_varint();
    }
    if (part->silent)
        check_type(part->type, part->stride, part->offset);
    uint64_t length = last ? n_left : (uint64_t)take_varint() + 1;
    require(length >= 1 && length <= n_left, "length of a segment");
    part->length = (uint32_t)length;
}

static void order_silent(struct arrangement *a)
{
    int placed[1024] = {0};
    for (uint32_t i = 0; i < a->n_parts; i++)
        for (uint32_t j = i; j < a->n_parts && a->part[i].silent && !placed[i]; j++) {
            int same = a->part[j].silent && !placed[j] && a->part[j].type == a->part[i].type &&
                       a->part[j].stride == a->part[i].stride;
            if (!same)
                continue;
            placed[j] = j != i;
            a->silent[a->n_silent++] = j;
        }
}

uint32_t take_arrangement(struct arrangement *a, uint32_t size)
{
    memset(a, 0, sizeof *a);
    take_headers(a, size);
    size -= a->n_zeros;
    a->n_parts = take_varint();
    require(a->n_parts < 1024, "too many segments");
    a->n_parts += 1;
    uint32_t n_left = size;
    for (uint32_t i = 0; i < a->n_parts; i++) {
        take_part(&a->part[i], n_left, i + 1 == a->n_parts);
        n_left -= a->part[i].length;
        a->n_spoken += a->part[i].silent ? 0 : a->part[i].length;
    }
    require(a->n_spoken > 0 && a->n_spoken < size, "nothing spoken, or nothing silent");
    order_silent(a);
    return size;
}

static void undo_parts(const struct arrangement *a, const uint8_t *from, uint8_t *to)
{
    uint32_t start[1024], at = 0, place = 0;
    for (uint32_t i = 0; i < a->n_parts; i++)
        if (!a->part[i].silent) {
            start[i] = at;
            at += a->part[i].length;
        }
    for (uint32_t i = 0; i < a->n_silent; i++) {
        start[a->silent[i]] = at;
        at += a->part[a->silent[i]].length;
    }
    for (uint32_t i = 0; i < a->n_parts; i++) {
        memcpy(to + place, from + start[i], a->part[i].length);
        place += a->part[i].length;
    }
}

static uint64_t header_size(const uint8_t *header)
{
    uint64_t size = 0;
    int i = 124;
    while (i < 135 && header[i] == ' ')
        i++;
    for (; i < 135 && header[i] >= '0' && header[i] <= '7'; i++)
        size = size * 8 + (uint64_t)(header[i] - '0');
    return size;
}

static void put_checksum(uint8_t *header)
{
    uint8_t blank = header[148] == ' ' ? ' ' : '0';
    unsigned sum = 0;
    for (int i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : header[i];
    for (int i = 5; i >= 0; i--, sum /= 8)
        header[148 + i] = sum > 0 || i == 5 ? (uint8_t)('0' + sum % 8) : blank;
    header[154] = 0;
    header[155] = ' ';
}

static void undo_headers(const struct arrangement *a, const uint8_t *from, uint8_t *to,
                         uint32_t size)
{
    uint32_t n_text = size - a->n_zeros - 512 * a->n_headers, gap = 0;
    const uint8_t *header = from + n_text, *text = from;
    uint64_t n = a->before, n_zeros = 0, n_zeros_left = a->n_zeros;
    for (uint32_t i = 0; i < a->n_headers; i++, header += 512) {
        require(n <= (uint64_t)(from + n_text - text) && n_zeros <= n_zeros_left,
                "bytes between tar headers");
        memcpy(to, text, (size_t)n);
        memset(to + n, 0, (size_t)n_zeros);
        to += n + n_zeros;
        text += n;
        n_zeros_left -= n_zeros;
        memcpy(to, header, 512);
        put_checksum(to);
        to += 512;
        int listed = gap < a->n_gaps && a->gap_header[gap] == i;
        n = listed ? a->gap_bytes[gap++] : header_size(header);
        n_zeros = listed ? 0 : (512 - n % 512) % 512;
    }
    memcpy(to, text, (size_t)(from + n_text - text));
    require(n_zeros_left == 0, "zeros that were removed");
}

void undo_arrangement(const struct arrangement *a, uint8_t *content, uint32_t size)
{
    uint8_t *other = allocate(size);
    undo_parts(a, content, other);
    if (a->n_headers > 0)
        undo_headers(a, other, content, size);
    else
        memcpy(content, other, size);
    free(other);
}
