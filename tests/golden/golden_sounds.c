/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_sounds.h"

#include <string.h>

const struct golden_sound golden_sounds[GOLDEN_N_SOUNDS] = {
    {SOUND_WAV, 8, 1, "", CONTENT_AUDIO8U},
    {SOUND_AIFF, 8, 2, "", CONTENT_AUDIO8},
    {SOUND_AIFF, 16, 2, "", CONTENT_AUDIO16B},
    {SOUND_EXTENSIBLE, 24, 2, "", CONTENT_AUDIO24},
    {SOUND_AIFF, 24, 1, "", CONTENT_AUDIO24B},
    {SOUND_W64, 32, 1, "", CONTENT_AUDIO32},
    {SOUND_AIFC, 32, 2, "in32", CONTENT_AUDIO32B},
    {SOUND_WAV, 32, 2, "float", CONTENT_AUDIO_FLOAT},
    {SOUND_AIFC, 32, 1, "fl32", CONTENT_AUDIO_FLOATB},
    {SOUND_W64, 16, 2, "", CONTENT_AUDIO16},
    {SOUND_RF64, 24, 6, "", CONTENT_AUDIO24},
    {SOUND_WAV, 20, 2, "", CONTENT_AUDIO24},
    {SOUND_EXTENSIBLE, 32, 8, "float", CONTENT_AUDIO_FLOAT},
    {SOUND_AIFC, 16, 1, "sowt", CONTENT_AUDIO16},
    {SOUND_AIFC, 8, 1, "raw ", CONTENT_AUDIO8U},
};

struct bytes {
    uint8_t *to;
    size_t n;
};

static void put(struct bytes *b, const char *text, size_t n)
{
    memcpy(b->to + b->n, text, n);
    b->n += n;
}

static void put_le(struct bytes *b, uint64_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        b->to[b->n++] = (uint8_t)(value >> (8 * i));
}

static void put_be(struct bytes *b, uint32_t value, unsigned n)
{
    while (n-- > 0)
        b->to[b->n++] = (uint8_t)(value >> (8 * n));
}

static uint32_t frame_size(const struct golden_sound *s)
{
    return (s->n_bits + 7u) / 8 * s->n_channels;
}

/* The inside of the chunk "fmt ". */
static void put_fmt(struct bytes *b, const struct golden_sound *s)
{
    uint32_t format = s->form[0] == 'f' ? 3 : 1, extensible = s->file == SOUND_EXTENSIBLE;
    put_le(b, extensible ? 0xfffe : format, 2);
    put_le(b, s->n_channels, 2);
    put_le(b, 48000, 4);
    put_le(b, 48000 * frame_size(s), 4);
    put_le(b, frame_size(s), 2);
    put_le(b, s->n_bits, 2);
    if (extensible) {
        put_le(b, 22, 2);
        put_le(b, s->n_bits, 2);
        put_le(b, 3, 4);
        put_le(b, format, 2);
        put(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 14);
    }
}

static void put_wav_head(struct bytes *b, const struct golden_sound *s, uint32_t n_data)
{
    uint32_t wide = s->file == SOUND_RF64, n_fmt = s->file == SOUND_EXTENSIBLE ? 40 : 16;
    put(b, wide ? "RF64" : "RIFF", 4);
    put_le(b, wide ? UINT32_MAX : 4 + 8 + n_fmt + 8 + n_data, 4);
    put(b, "WAVE", 4);
    if (wide) {
        put(b, "ds64\x1c\0\0\0", 8);
        put_le(b, 4 + 36 + 8 + n_fmt + 8 + n_data, 8);
        put_le(b, n_data, 8);
        put_le(b, n_data / frame_size(s), 8);
        put_le(b, 0, 4);
    }
    put(b, "fmt ", 4);
    put_le(b, n_fmt, 4);
    put_fmt(b, s);
    put(b, "data", 4);
    put_le(b, wide ? UINT32_MAX : n_data, 4);
}

static void put_w64_head(struct bytes *b, const struct golden_sound *s, uint32_t n_data)
{
    static const char riff[] = "\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00";
    static const char other[] = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
    put(b, "riff", 4);
    put(b, riff, 12);
    put_le(b, 24 + 16 + 40 + 24 + n_data, 8);
    put(b, "wave", 4);
    put(b, other, 12);
    put(b, "fmt ", 4);
    put(b, other, 12);
    put_le(b, 24 + 16, 8);
    put_fmt(b, s);
    put(b, "data", 4);
    put(b, other, 12);
    put_le(b, 24 + n_data, 8);
}

static void put_aiff_head(struct bytes *b, const struct golden_sound *s, uint32_t n_data)
{
    uint32_t named = s->file == SOUND_AIFC, n_comm = named ? 24 : 18;
    put(b, "FORM", 4);
    put_be(b, 4 + (named ? 12 : 0) + 8 + n_comm + 16 + n_data, 4);
    put(b, named ? "AIFCFVER\0\0\0\x04\xa2\x80\x51\x40" : "AIFF", named ? 16 : 4);
    put(b, "COMM", 4);
    put_be(b, n_comm, 4);
    put_be(b, s->n_channels, 2);
    put_be(b, n_data / frame_size(s), 4);
    put_be(b, s->n_bits, 2);
    put(b, "\x40\x0e\xbb\x80\0\0\0\0\0\0", 10);
    if (named)
        put(b, s->form, 4);
    if (named)
        put_le(b, 0, 2);
    put(b, "SSND", 4);
    put_be(b, 8 + n_data, 4);
    put_le(b, 0, 8);
}

size_t golden_sound_head(uint8_t *to, const struct golden_sound *sound, uint32_t n_data)
{
    struct bytes b = {to, 0};
    if (sound->file == SOUND_W64)
        put_w64_head(&b, sound, n_data);
    else if (sound->file == SOUND_AIFF || sound->file == SOUND_AIFC)
        put_aiff_head(&b, sound, n_data);
    else
        put_wav_head(&b, sound, n_data);
    return b.n;
}

/* 24 bits: a triangle for each channel, and noise. */
static int32_t sample(uint32_t t, uint32_t channel, uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    uint32_t phase = (t + channel * 9) * 173 & 0x3fff;
    int32_t wave = (int32_t)(phase < 0x2000 ? phase : 0x3fff - phase) - 0x1000;
    return wave * 1200 + (int32_t)(*state >> 50);
}

void golden_sound_samples(uint8_t *to, size_t n, const struct golden_sound *sound, uint64_t *state)
{
    struct sample_format f = content_samples(sound->type);
    for (size_t i = 0; (i + 1) * f.n_bytes <= n; i++) {
        uint8_t *p = to + i * f.n_bytes;
        uint32_t channel = (uint32_t)(i % sound->n_channels);
        int32_t value = sample((uint32_t)(i / sound->n_channels), channel, state);
        uint32_t bits = (uint32_t)value << 8 | (uint32_t)(*state >> 40 & 0xff);
        if (f.is_float) {
            float real = (float)value * (1.0f / 8388608.0f);
            memcpy(&bits, &real, sizeof bits);
        }
        bits >>= 32 - 8 * f.n_bytes;
        bits ^= f.is_unsigned ? 0x80 : 0;
        for (unsigned k = 0; k < f.n_bytes; k++)
            p[f.big_endian ? f.n_bytes - 1u - k : k] = (uint8_t)(bits >> (8 * k));
    }
}
