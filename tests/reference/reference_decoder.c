/* SPDX-License-Identifier: Apache-2.0
 *
 * A second decoder, slow and plain, written from docs/format.md: reference_decoder FILE writes the
 * content to standard output; exit status 0, or 1 and a line that says which rule was broken. It
 * keeps the whole archive in memory, shares no code with the library's container, coder, segments
 * and transforms, and trusts no check more than the page does. Hashes and zstd frames are other
 * people's specifications; the models' predictions are taken from the library.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <zstd.h>

#include "base/cpu.h"
#include "predict/context_mixer.h"

static const uint8_t *archive; /* the whole file */
static size_t n_archive, at;   /* how much of it is read */

static void refuse(const char *rule)
{
    fprintf(stderr, "reference_decoder: at %zu: %s\n", at, rule);
    exit(1);
}

static void require(int holds, const char *rule)
{
    if (!holds)
        refuse(rule);
}

/* Section 1: conventions. */

static const uint8_t *take(size_t n)
{
    require(n <= n_archive - at, "the archive ends too early");
    at += n;
    return archive + at - n;
}

static uint64_t number(const uint8_t *p, int n_bytes)
{
    uint64_t v = 0;
    for (int i = n_bytes - 1; i >= 0; i--)
        v = v * 256 + p[i];
    return v;
}

static uint64_t take_number(int n_bytes)
{
    return number(take((size_t)n_bytes), n_bytes);
}

static uint32_t take_varint(void)
{
    uint64_t v = 0;
    for (int i = 0; i < 5; i++) {
        uint8_t byte = *take(1);
        v += (uint64_t)(byte % 128) << (7 * i);
        if (byte < 128) {
            require(i == 0 || byte != 0, "varint is not in its shortest form");
            require(v <= UINT32_MAX, "varint exceeds 32 bits");
            return (uint32_t)v;
        }
    }
    refuse("varint is longer than five bytes");
    return 0;
}

static uint64_t h64(const uint8_t *data, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, n, seed);
}

static uint32_t h32(const uint8_t *data, size_t n)
{
    return (uint32_t)h64(data, n, 0);
}

static uint8_t *allocate(size_t n)
{
    uint8_t *p = malloc(n + 1);
    require(p != NULL, "out of memory");
    return p;
}

/* Section 5.3: the arithmetic decoder. Its input is archive[at .. end). */

struct decoder {
    uint64_t low, high, code;
    size_t end;
};

static uint8_t next_byte(const struct decoder *d)
{
    return at < d->end ? archive[at++] : 0;
}

static int decode_bit(struct decoder *d, uint64_t p)
{
    uint64_t range = d->high - d->low;
    uint64_t middle = d->low + range / 4294967296u * p + range % 4294967296u * p / 4294967296u;
    int bit = d->code <= middle;
    if (bit)
        d->high = middle;
    else
        d->low = middle + 1;
    while (d->low >> 56 == d->high >> 56) {
        d->low *= 256;
        d->high = d->high * 256 + 255;
        d->code = d->code * 256 + next_byte(d);
    }
    return bit;
}

/* Section 5: segments. */

struct segment {
    unsigned type;
    int raw;
    uint32_t distance, stride, offset, length;
};

static int has_rows(unsigned type)
{
    return type == 3 || type == 5 || type == 6 || type == 7 || type == 10 || type == 11;
}

static void check_type(const struct segment *s)
{
    require(s->type <= 11, "unknown content type");
    if (!has_rows(s->type))
        return;
    uint32_t least = s->type == 6 ? 3 : s->type == 7 ? 2 : s->type == 10 ? 4 : 1;
    uint32_t most = s->type == 7 ? 16 : 1u << 18;
    require(s->stride >= least && s->stride <= most, "stride out of range");
    require(s->type != 7 || s->stride % 2 == 0, "odd stride of audio");
    require(s->offset < s->stride, "offset is not below stride");
}

/* start: content before the segment; size: the block's. */
static void take_segment(struct segment *s, uint32_t start, uint32_t size, int last)
{
    unsigned kind = *take(1);
    memset(s, 0, sizeof *s);
    require(kind < 0x40, "reserved bits of a segment");
    s->type = kind & 15;
    s->raw = (kind & 0x10) != 0;
    if (kind & 0x20) {
        require(kind == 0x20, "bits beside copy");
        uint64_t distance = (uint64_t)take_varint() + 1;
        require(distance <= start, "copy from before the block");
        s->distance = (uint32_t)distance;
    } else if (!s->raw) {
        if (has_rows(s->type)) {
            s->stride = take_varint();
            s->offset = take_varint();
        }
        check_type(s);
    }
    uint64_t length = last ? size - start : (uint64_t)take_varint() + 1;
    require(length >= 1 && length <= size - start, "segments exceed the block");
    s->length = (uint32_t)length;
}

/* Section 5.2: transforms. */

static void undo_x86(uint8_t *d, size_t n)
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

static void undo_audio(uint8_t *d, size_t n, size_t offset)
{
    for (size_t i = offset; i + 2 <= n; i += 2) {
        uint8_t first = d[i] ^ 0x80;
        d[i] = d[i + 1];
        d[i + 1] = first;
    }
}

static void decode_segment(struct decoder *d, struct cm *models, const struct segment *s,
                           uint8_t *to)
{
    struct content content = {(enum content_type)s->type, s->stride, s->offset};
    require(cm_set_content(models, &content) == TACIT_OK, "the models refuse the content type");
    for (uint32_t i = 0; i < s->length; i++) {
        to[i] = 0;
        for (int b = 0; b < 8; b++) {
            int bit = decode_bit(d, cm_predict(models));
            cm_update(models, bit);
            to[i] = (uint8_t)(to[i] * 2 + bit);
        }
    }
    if (s->type == 4)
        undo_x86(to, s->length);
    if (s->type == 7)
        undo_audio(to, s->length, s->offset);
}

static void decode_context(uint8_t *content, uint32_t size, size_t end)
{
    static struct segment segments[4096];
    unsigned configuration = *take(1);
    uint32_t n = 1, start = 0;
    require(configuration < 0x40, "reserved bits of the configuration");
    require((configuration & 15) <= 10, "memory out of range");
    if (configuration & 0x20) {
        n = take_varint();
        require(n <= 4094, "too many segments");
        n += 2;
    }
    uint32_t types = 0;
    size_t n_raw = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct segment *s = &segments[i];
        take_segment(s, start, size, i + 1 == n);
        start += s->length;
        n_raw += s->raw ? s->length : 0;
        if (!s->raw && s->distance == 0)
            types |= 1u << s->type;
    }
    require(at <= end && n_raw <= end - at, "raw bytes exceed the payload");
    const uint8_t *raw = take(n_raw);

    struct decoder d = {0, UINT64_MAX, 0, end};
    for (int i = 0; i < 8; i++)
        d.code = d.code * 256 + next_byte(&d);
    struct kernels kernels;
    struct cm *models = NULL;
    kernels_select(&kernels, CPU_SCALAR);
    struct cm_config config = {.strength = configuration & 0x10 ? CM_STRONG : CM_QUICK,
                               .content_set = types,
                               .memory_log2 = 20 + (configuration & 15)};
    if (types != 0)
        require(cm_create(&models, &config, &kernels) == TACIT_OK, "the models cannot be made");
    for (uint32_t i = 0; i < n; content += segments[i++].length) {
        const struct segment *s = &segments[i];
        if (s->raw) {
            memcpy(content, raw, s->length);
            raw += s->length;
        } else if (s->distance != 0) {
            for (uint32_t j = 0; j < s->length; j++)
                content[j] = content[(ptrdiff_t)j - (ptrdiff_t)s->distance];
        } else {
            decode_segment(&d, models, s, content);
        }
    }
    cm_destroy(models);
}

/* Section 4: methods. The payload is archive[at .. at + n_payload). */
static uint8_t *decode_payload(unsigned method, uint32_t n_content, uint32_t n_payload)
{
    size_t end = at + n_payload;
    uint8_t *content = allocate(n_content);
    if (method == 0) {
        memcpy(content, archive + at, n_content);
    } else if (method == 1) {
        require(ZSTD_findFrameCompressedSize(archive + at, n_payload) == n_payload,
                "the payload is not one zstd frame");
        require(ZSTD_getFrameContentSize(archive + at, n_payload) == n_content,
                "the zstd frame states another size");
        require(ZSTD_decompress(content, n_content, archive + at, n_payload) == n_content,
                "the zstd frame is damaged");
    } else if (method == 2) {
        decode_context(content, n_content, end);
    } else {
        refuse("unknown method");
    }
    at = end;
    return content;
}

static void give(const uint8_t *content, size_t n)
{
    require(fwrite(content, 1, n, stdout) == n, "cannot write");
}

/* Section 2, single form; the header starts at start. */
static void decode_single(size_t start)
{
    unsigned method = *take(1);
    uint32_t n_content = take_varint();
    uint32_t n_payload = method == 0 ? n_content : take_varint();
    uint32_t content_check = (uint32_t)take_number(4);
    uint64_t seed = h64(archive + start, at - start, 0);
    uint32_t payload_check = (uint32_t)take_number(4);
    require(n_content <= 1u << 30 && n_payload <= 1u << 30, "sizes exceed 2^30");
    require(n_content > 0 || method == 0, "empty content that is not stored");
    require(n_payload <= n_archive - at, "the archive ends too early");
    require((uint32_t)h64(archive + at, n_payload, seed) == payload_check, "payload check");
    uint8_t *content = decode_payload(method, n_content, n_payload);
    require(h32(content, n_content) == content_check, "content check");
    give(content, n_content);
    free(content);
}

/* Section 3.1. Behind the mark; what the index must say of the block goes to entry. */
static uint32_t decode_block(uint32_t block_size, uint32_t tag, uint64_t offset, uint8_t *entry,
                             XXH3_state_t *hash)
{
    const uint8_t *header = archive + at - 8;
    take(42);
    require(h32(header, 46) == number(header + 46, 4), "block header check");
    require(number(header + 8, 4) == tag, "tag of another archive");
    require(header[13] == 0, "reserved byte of a block header");
    require(number(header + 14, 8) == offset, "content offset");
    uint32_t n_content = (uint32_t)number(header + 22, 4);
    uint32_t n_payload = (uint32_t)number(header + 26, 4);
    require(n_content >= 1 && n_content <= block_size, "content size");
    require(n_payload <= 1u << 30 && (header[12] != 0 || n_payload == n_content), "payload size");
    require(n_payload <= n_archive - at, "the archive ends too early");
    require(h64(archive + at, n_payload, 0) == number(header + 30, 8), "payload check");
    uint8_t *content = decode_payload(header[12], n_content, n_payload);
    require(h64(content, n_content, 0) == number(header + 38, 8), "content check");
    XXH3_128bits_update(hash, content, n_content);
    give(content, n_content);
    free(content);
    entry[0] = header[12];
    memcpy(entry + 1, header + 22, 8);
    return n_content;
}

/* Sections 3.2 and 3.3. Behind the mark. */
static void check_index(const uint8_t *entries, uint64_t n, uint64_t content_size, size_t start,
                        const XXH3_state_t *hash)
{
    const uint8_t *index = archive + at - 8;
    require(n >= 1 && take_number(8) == n, "number of blocks");
    require(memcmp(take((size_t)n * 9), entries, (size_t)n * 9) == 0, "entries");
    require(take_number(8) == content_size, "content size");
    XXH128_hash_t value = XXH3_128bits_digest(hash);
    uint64_t low = take_number(8), high = take_number(8);
    size_t n_checked = (size_t)(archive + at - index);
    require(take_number(8) == h64(index, n_checked, 0), "index check");
    require(low == value.low64 && high == value.high64, "content hash");
    const uint8_t *footer = take(24);
    require(number(footer, 8) == 9 * n + 72, "index size");
    require(number(footer + 8, 8) == at - start, "archive size");
    require(number(footer + 16, 4) == h32(footer, 16), "footer check");
    require(memcmp(footer + 20,
                   "\xcf"
                   "end",
                   4) == 0,
            "footer mark");
}

/* Section 3; the header starts at start. */
static void decode_blocks(size_t start)
{
    uint32_t block_size = (uint32_t)take_number(4), tag = (uint32_t)take_number(4);
    uint32_t check = h32(archive + start, at - start);
    require(take_number(4) == check, "header check");
    require(block_size >= 1 && block_size <= 1u << 30, "block size");
    uint8_t *entries = allocate((n_archive / 50 + 1) * 9); /* a header takes 50 bytes */
    uint64_t n = 0, content_size = 0;
    XXH3_state_t *hash = XXH3_createState();
    require(hash != NULL, "out of memory");
    XXH3_128bits_reset(hash);
    for (;;) {
        const uint8_t *mark = take(8);
        if (memcmp(mark, "\xd7TCTi\x64\x3d\xe1", 8) == 0)
            break;
        require(memcmp(mark, "\xd7TCTb\x9b\xc2\x1e", 8) == 0, "neither block nor index");
        content_size += decode_block(block_size, tag, content_size, entries + 9 * n, hash);
        n++;
    }
    check_index(entries, n, content_size, start, hash);
    XXH3_freeState(hash);
    free(entries);
}

static void decode_archive(void)
{
    size_t start = at;
    require(memcmp(take(4), "\xcfTCT", 4) == 0, "not an archive");
    unsigned flags = *take(1);
    require((flags & 15) == 1, "another version");
    require((flags & 0x80) == 0, "reserved flag");
    require((flags & 0x60) == 0, "needs a language model");
    if (flags & 0x10)
        decode_single(start);
    else
        decode_blocks(start);
}

static void read_archive(FILE *file)
{
    uint8_t *data = NULL;
    size_t n;
    do {
        data = realloc(data, n_archive + 65536);
        require(data != NULL, "out of memory");
        n = fread(data + n_archive, 1, 65536, file);
        n_archive += n;
    } while (n > 0);
    archive = data;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) {
        fprintf(stderr, "usage: reference_decoder ARCHIVE\n");
        return 2;
    }
    read_archive(file);
    fclose(file);
    do
        decode_archive();
    while (at < n_archive);
    require(fflush(stdout) == 0, "cannot write");
    return 0;
}
