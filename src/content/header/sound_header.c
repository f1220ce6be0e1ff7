/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads of sound files: WAV, RF64, W64, AIFF and AIFF-C, with whole numbers of 8 to 32 bits or floats of 32.
 */
#include "content/header/content_header.h"

#include <string.h>

#include "base/bytes.h"

enum { SCAN_MAX = 4096, FMT_SIZE_MIN = 16, FMT_SIZE_EXTENSIBLE = 26, COMM_SIZE_MIN = 18 };
enum { WAVE_PCM = 1, WAVE_FLOAT = 3, WAVE_EXTENSIBLE = 0xfffe };

#define W64_RIFF  "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
#define W64_WAVE  "wave\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
#define W64_FMT   "fmt \xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
#define W64_DATA  "data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
#define W64_CHUNK 24 /* bytes of a chunk's name and size, which counts them */

static uint32_t load_be(const uint8_t *p, unsigned n_bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        value = value << 8 | p[i];
    return value;
}

/* The type whose samples have that form. CONTENT_DEFAULT: none has. */
static enum content_type type_of(struct sample_format wanted)
{
    for (unsigned type = 0; type < CONTENT_N_TYPES; type++) {
        struct sample_format f = content_samples((enum content_type)type);
        if (f.n_planes == 0 && f.n_bytes != 0 && f.n_bytes == wanted.n_bytes &&
            f.is_float == wanted.is_float && f.is_unsigned == wanted.is_unsigned &&
            (f.n_bytes == 1 || f.big_endian == wanted.big_endian))
            return (enum content_type)type;
    }
    return CONTENT_DEFAULT;
}

/* Fewer bits than fill bytes are in the top ones. */
static bool set_samples(struct content *content, struct sample_format f, unsigned n_channels,
                        unsigned n_bits)
{
    if (n_bits == 0 || n_bits > 32 || (f.is_float && n_bits != 32))
        return false;
    f.n_bytes = (uint8_t)((n_bits + 7) / 8);
    *content = (struct content){type_of(f), n_channels * f.n_bytes, 0};
    return content->type != CONTENT_DEFAULT && content_is_valid(content);
}

/* The chunk "fmt " of n bytes. */
static bool read_fmt(const uint8_t *p, size_t n, struct content *content)
{
    if (n < FMT_SIZE_MIN)
        return false;
    unsigned format = load_le16(p), n_bits = load_le16(p + 14);
    if (format == WAVE_EXTENSIBLE)
        format = n >= FMT_SIZE_EXTENSIBLE ? load_le16(p + 24) : WAVE_PCM;
    if (format != WAVE_PCM && format != WAVE_FLOAT)
        return false;
    struct sample_format f = {.is_unsigned = n_bits <= 8, .is_float = format == WAVE_FLOAT};
    return set_samples(content, f, load_le16(p + 2), n_bits) &&
           content->stride == load_le16(p + 12);
}

/* RIFF or RF64 of the form WAVE. */
static bool find_wav(const uint8_t *data, size_t n, struct content_header *h)
{
    struct content content = {CONTENT_DEFAULT, 0, 0};
    if (memcmp(data + 8, "WAVE", 4) != 0)
        return false;
    for (size_t pos = 12; pos + 8 <= n && pos < SCAN_MAX;) {
        uint32_t size = load_le32(data + pos + 4);
        const uint8_t *inside = data + pos + 8;
        if (memcmp(data + pos, "data", 4) == 0) {
            *h = (struct content_header){content, pos + 8, size};
            return content.type != CONTENT_DEFAULT;
        }
        if (size > SCAN_MAX || size > n - pos - 8)
            return false;
        if (memcmp(data + pos, "fmt ", 4) == 0 && !read_fmt(inside, size, &content))
            return false;
        pos += 8 + (size_t)size + (size & 1);
    }
    return false;
}

/* Chunks are filled up to eight bytes. */
static bool find_w64(const uint8_t *data, size_t n, struct content_header *h)
{
    struct content content = {CONTENT_DEFAULT, 0, 0};
    if (memcmp(data, W64_RIFF, 16) != 0 || memcmp(data + W64_CHUNK, W64_WAVE, 16) != 0)
        return false;
    for (size_t pos = W64_CHUNK + 16; pos + W64_CHUNK <= n && pos < SCAN_MAX;) {
        uint64_t size = load_le64(data + pos + 16);
        if (size < W64_CHUNK)
            return false;
        if (memcmp(data + pos, W64_DATA, 16) == 0) {
            *h = (struct content_header){content, pos + W64_CHUNK, size - W64_CHUNK};
            return content.type != CONTENT_DEFAULT;
        }
        if (size > SCAN_MAX || size > n - pos)
            return false;
        if (memcmp(data + pos, W64_FMT, 16) == 0 &&
            !read_fmt(data + pos + W64_CHUNK, (size_t)size - W64_CHUNK, &content))
            return false;
        pos += ((size_t)size + 7) / 8 * 8;
    }
    return false;
}

/* The chunk "COMM" of n bytes; in AIFF-C it names how samples are written. */
static bool read_comm(const uint8_t *p, size_t n, bool named, struct content *content)
{
    static const struct {
        char name[5];
        struct sample_format format;
        uint8_t n_bits; /* 0: as the chunk says */
    } forms[] = {{"NONE", {.big_endian = true}, 0},
                 {"twos", {.big_endian = true}, 0},
                 {"sowt", {.big_endian = false}, 0},
                 {"raw ", {.is_unsigned = true}, 8},
                 {"in24", {.big_endian = true}, 24},
                 {"in32", {.big_endian = true}, 32},
                 {"42ni", {.big_endian = false}, 24},
                 {"23ni", {.big_endian = false}, 32},
                 {"fl32", {.big_endian = true, .is_float = true}, 32},
                 {"FL32", {.big_endian = true, .is_float = true}, 32}};
    if (n < COMM_SIZE_MIN + (named ? 4u : 0u))
        return false;
    const char *name = named ? (const char *)p + COMM_SIZE_MIN : "NONE";
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (memcmp(name, forms[i].name, 4) == 0) {
            unsigned n_bits = forms[i].n_bits ? forms[i].n_bits : load_be(p + 6, 2);
            return set_samples(content, forms[i].format, load_be(p, 2), n_bits);
        }
    return false;
}

/* FORM of the form AIFF or AIFC: the chunks "COMM" and "SSND", which begins with an offset and a block size. */
static bool find_aiff(const uint8_t *data, size_t n, struct content_header *h)
{
    struct content content = {CONTENT_DEFAULT, 0, 0};
    bool named = memcmp(data + 8, "AIFC", 4) == 0;
    if (memcmp(data, "FORM", 4) != 0 || (!named && memcmp(data + 8, "AIFF", 4) != 0))
        return false;
    for (size_t pos = 12; pos + 16 <= n && pos < SCAN_MAX;) {
        uint32_t size = load_be(data + pos + 4, 4), offset = load_be(data + pos + 8, 4);
        if (memcmp(data + pos, "SSND", 4) == 0) {
            if (offset > SCAN_MAX || size < 8 + offset)
                return false;
            *h = (struct content_header){content, pos + 16 + offset, size - 8 - offset};
            return content.type != CONTENT_DEFAULT;
        }
        if (size > SCAN_MAX || size > n - pos - 8)
            return false;
        if (memcmp(data + pos, "COMM", 4) == 0 && !read_comm(data + pos + 8, size, named, &content))
            return false;
        pos += 8 + (size_t)size + (size & 1);
    }
    return false;
}

bool sound_header_find(const uint8_t *data, size_t n, struct content_header *header)
{
    if (n < 44)
        return false;
    if (memcmp(data, "RIFF", 4) == 0 || memcmp(data, "RF64", 4) == 0)
        return find_wav(data, n, header);
    return data[0] == 'F' ? find_aiff(data, n, header) : find_w64(data, n, header);
}
