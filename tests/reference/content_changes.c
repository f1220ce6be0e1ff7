/* SPDX-License-Identifier: Apache-2.0 */
#include "content_changes.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "sample_type.h"

int has_rows(unsigned type)
{
    return type == 3 || type == 5 || type == 6 || type == 7 || type == 10 || type == 11 ||
           type == 29 || sample_bytes(type) > 0;
}

void check_type(unsigned type, uint32_t stride, uint32_t offset)
{
    require(type <= 30, "unknown content type");
    note("type", type);
    if (!has_rows(type))
        return;
    uint32_t least = type == 6 ? 3 : type == 10 ? 4 : 1, most = 1u << 18;
    uint32_t sample = sample_bytes(type);
    if (type == 29) {
        require((stride & (stride - 1)) == 0, "page size");
        least = 512;
        most = 65536;
    }
    if (sample > 0) {
        least = is_deep_image(type) ? deep_planes(type) * sample : sample;
        most = is_deep_image(type) ? most : 8 * sample;
        require(stride % sample == 0, "stride of samples");
    }
    require(stride >= least && stride <= most, "stride out of range");
    require(offset < stride, "offset is not below stride");
}

/* Section 5.2: transforms. */

void undo_x86(uint8_t *d, size_t n)
{
    for (size_t i = 0; i + 7 <= n; i++) {
        size_t k = 0;
        if (d[i] == 0xe8 || d[i] == 0xe9)
            k = 1;
        else if (d[i] == 0x0f && d[i + 1] >= 0x80 && d[i + 1] <= 0x8f)
            k = 2;
        else if (d[i] >= 0x48 && d[i] <= 0x4f &&
                 (d[i + 1] == 0x89 || d[i + 1] == 0x8b || d[i + 1] == 0x8d) &&
                 (d[i + 2] & 0xc7) == 0x05)
            k = 3;
        if (k == 0 || (d[i + k + 3] != 0x00 && d[i + k + 3] != 0xff))
            continue;
        uint32_t v = (uint32_t)number(d + i + k, 4);
        v = (v - (uint32_t)(i + k + 4)) % 0x2000000;
        if (v >= 0x1000000)
            v += 0xfe000000;
        for (int j = 0; j < 4; j++)
            d[i + k + (size_t)j] = (uint8_t)(v >> (8 * j));
    }
}

void undo_samples(unsigned type, uint8_t *d, size_t n, size_t offset)
{
    size_t b = sample_bytes(type);
    for (size_t i = offset; i + b <= n; i += b) {
        uint8_t *p = d + i, sample[4] = {0};
        memcpy(sample, p, b);
        int negative = sample[0] < 0x80;
        if (!sample_is_unsigned(type))
            sample[0] ^= 0x80;
        for (size_t k = audio_is_float(type) && negative ? 0 : b; k < b; k++)
            sample[k] ^= k == 0 ? 0x7f : 0xff;
        for (size_t k = 0; k < b; k++)
            p[k] = sample[sample_is_big_endian(type) ? k : b - 1 - k];
    }
}

/* Section 5.5: line ends. */

static void take_lines(struct line_list *lines, uint32_t size)
{
    uint32_t next = 0;
    uint64_t n_removed = (uint64_t)take_varint() + 1;
    require(n_removed <= size / 2, "more CRs than lines");
    lines->n_removed = (uint32_t)n_removed;
    lines->n_bare = take_varint();
    require(lines->n_bare <= 256, "too many lines without CR");
    for (uint32_t i = 0; i < lines->n_bare; i++) {
        uint32_t gap = take_varint();
        require(gap < size - next, "a line beyond the content");
        lines->bare[i] = next + gap;
        next = lines->bare[i] + 1;
    }
}

static void put_crs(const struct line_list *lines, uint8_t *content, uint32_t size)
{
    uint32_t n_text = size - lines->n_removed, line = 0, listed = 0, n = 0;
    uint8_t *text = allocate(n_text);
    memcpy(text, content, n_text);
    for (uint32_t i = 0; i < n_text; i++) {
        int ends = text[i] == '\n';
        int bare = listed < lines->n_bare && lines->bare[listed] == line;
        require(n + (uint32_t)(ends && !bare) < size, "too many lines");
        if (ends && !bare)
            content[n++] = '\r';
        content[n++] = text[i];
        listed += (uint32_t)(ends && bare);
        line += (uint32_t)ends;
    }
    require(n == size && listed == lines->n_bare, "other lines than listed");
    free(text);
}

uint32_t take_changes(struct changes *changes, int lines, int recoded, uint32_t size)
{
    memset(changes, 0, sizeof *changes);
    changes->recoded = recoded;
    if (lines)
        take_lines(&changes->lines, size);
    note("line ends", lines ? 1 + (changes->lines.n_bare > 0) : 0);
    note("recoded", recoded ? 1 + lines : 0);
    changes->text_size = size - changes->lines.n_removed;
    return recoded ? take_stretches(&changes->stretches, changes->text_size) : changes->text_size;
}

void undo_changes(const struct changes *changes, uint8_t *decoded, uint8_t *content, uint32_t size)
{
    if (changes->recoded) {
        write_stretches(&changes->stretches, decoded, content, changes->text_size);
        free(decoded);
    }
    if (changes->lines.n_removed > 0)
        put_crs(&changes->lines, content, size);
}
