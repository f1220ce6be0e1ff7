/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/golden_content.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "golden/golden_database.h"
#include "golden/golden_dumps.h"
#include "golden/golden_pictures.h"
#include "golden/golden_sounds.h"
#include "golden/golden_words.h"

struct writer {
    uint8_t *out;
    size_t n, pos;
    uint64_t state;
};

/* Not twice in one call's arguments, whose order of evaluation is the compiler's choice. */
static uint32_t rng(struct writer *w)
{
    w->state = w->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->state >> 32);
}

/* 0 .. n - 1, small numbers more often. */
static uint32_t skewed(struct writer *w, uint32_t n)
{
    uint32_t a = rng(w) % n, b = rng(w) % n, c = rng(w) % n;
    uint32_t least = a < b ? a : b;
    return least < c ? least : c;
}

static void put(struct writer *w, uint32_t byte)
{
    if (w->pos < w->n)
        w->out[w->pos++] = (uint8_t)byte;
}

static void put_le(struct writer *w, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        put(w, (uint32_t)(value >> (8 * i)));
}

static void put_text(struct writer *w, const char *text)
{
    for (; *text; text++)
        put(w, (uint8_t)*text);
}

__attribute__((format(printf, 2, 3))) static void put_format(struct writer *w, const char *format,
                                                             ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_text(w, text);
}

static const char *word(struct writer *w)
{
    static const char *const words[] = {
        "the",    "of",     "and",   "a",       "to",      "in",     "is",      "was",    "it",
        "that",   "for",    "on",    "with",    "as",      "his",    "they",    "at",     "be",
        "this",   "from",   "have",  "or",      "by",      "one",    "had",     "not",    "but",
        "what",   "all",    "were",  "when",    "we",      "there",  "can",     "an",     "your",
        "which",  "their",  "said",  "if",      "will",    "each",   "about",   "how",    "up",
        "out",    "them",   "then",  "she",     "many",    "some",   "so",      "these",  "would",
        "other",  "into",   "has",   "more",    "two",     "like",   "him",     "see",    "time",
        "could",  "no",     "make",  "than",    "first",   "been",   "its",     "who",    "now",
        "people", "my",     "made",  "over",    "did",     "down",   "only",    "way",    "find",
        "water",  "little", "long",  "very",    "after",   "words",  "called",  "just",   "where",
        "most",   "know",   "get",   "through", "back",    "much",   "before",  "go",     "good",
        "new",    "write",  "our",   "used",    "me",      "man",    "too",     "any",    "day",
        "same",   "right",  "look",  "think",   "also",    "around", "another", "came",   "come",
        "work",   "three",  "word",  "must",    "because", "does",   "part",    "even",   "place",
        "well",   "such",   "here",  "take",    "why",     "things", "help",    "put",    "years",
        "river",  "window", "stone", "letter",  "harbour", "winter", "garden",  "morning"};
    return words[skewed(w, sizeof words / sizeof *words)];
}

static void put_sentence(struct writer *w)
{
    uint32_t n_words = 4 + rng(w) % 14;
    for (uint32_t i = 0; i < n_words; i++) {
        const char *next = word(w);
        put(w, (uint32_t)(i == 0 ? next[0] - 'a' + 'A' : next[0]));
        put_text(w, next + 1);
        put_text(w, i + 1 == n_words ? ". " : rng(w) % 9 == 0 ? ", " : " ");
    }
}

static void put_zeros(struct writer *w)
{
    put(w, 0);
}

static void put_bytes(struct writer *w)
{
    put(w, (uint32_t)w->pos);
}

static void put_random(struct writer *w)
{
    put(w, rng(w) >> 24);
}

static void put_prose(struct writer *w)
{
    put_sentence(w);
    if (rng(w) % 5 == 0)
        put_text(w, "\n\n");
}

static void put_crlf(struct writer *w)
{
    put_sentence(w);
    put_text(w, rng(w) % 40 == 0 ? "\n" : "\r\n");
}

/* Digits of a tar header's field, and a 0. */
static void put_octal(struct writer *w, uint32_t number, unsigned n_digits)
{
    while (n_digits-- > 0)
        put(w, '0' + (number >> (3 * n_digits) & 7));
    put(w, 0);
}

/* A header of POSIX, then the file, filled up with zeros. */
static void put_tar(struct writer *w)
{
    enum { BLOCK = 512, CHKSUM = 148, MAGIC = 257 };
    uint8_t header[BLOCK] = {0};
    struct writer fields = {.out = header, .n = BLOCK}, file = {.n = 100 + rng(w) % 700};
    uint32_t sum = 0;
    put_format(&fields, "notes/%s.txt", word(w));
    fields.pos = 100;
    put_octal(&fields, 0644, 7);
    put_octal(&fields, 1000, 7);
    put_octal(&fields, 1000, 7);
    put_octal(&fields, (uint32_t)file.n, 11);
    put_octal(&fields, 0x3e000000 + rng(w) % 1000, 11);
    put_text(&fields, "        0");
    fields.pos = MAGIC;
    put_text(&fields, "ustar");
    for (size_t i = 0; i < BLOCK; i++)
        sum += header[i];
    fields.pos = CHKSUM;
    put_octal(&fields, sum, 6);
    for (size_t i = 0; i < BLOCK; i++)
        put(w, header[i]);
    file.out = w->out + w->pos;
    file.n = file.n < w->n - w->pos ? file.n : w->n - w->pos;
    file.state = rng(w);
    while (file.pos < file.n)
        put_sentence(&file);
    w->pos += file.n;
    for (size_t i = file.n; i % BLOCK != 0; i++)
        put(w, 0);
}

static void put_news(struct writer *w)
{
    if (w->n - w->pos > 1100) {
        put_tar(w);
        return;
    }
    put_text(
        w, "The people who live in the village have known each other for a long time. Most of them "
           "work in the fields during the day, and in the evening they come together to talk "
           "about the weather, the price of food and what the children learned at school.\n");
    put_text(w,
             "When the first train arrived, more than a hundred years ago, everybody thought that "
             "life would change. It did, but not in the way they expected. Some of the young "
             "men went to the city in order to find work, and many of them never came back. "
             "The others stayed, because they had a house and a family.\n");
    put_text(w,
             "It is not easy to say what makes a place good to live in. There should be water, "
             "enough light, and a road that can be used in winter as well as in summer. But the "
             "most important thing is that there are other people who will help if you need it.\n");
}

/* A line of prose whose words are in small letters, with a capital, in capitals or neither, and what is no English. */
static void put_letters(struct writer *w)
{
    static const char *const others[] = {
        "^", "~", "caf\303\251", "\303", "x\377y", "\343\201\202", "qzxv", "\360\237\230\200"};
    uint32_t n_words = 5 + rng(w) % 9;
    for (uint32_t i = 0; i < n_words; i++) {
        const char *next = word(w);
        uint32_t n_capitals = rng(w) % 24;
        for (uint32_t k = 0; next[k] != '\0'; k++) {
            bool capital =
                n_capitals == 0 ? k == 0 : n_capitals == 1 || (n_capitals == 2 && k == 1);
            put(w, (uint32_t)next[k] - (capital ? 32 : 0));
        }
        put_text(w, rng(w) % 20 == 0 ? others[rng(w) % 8] : " ");
    }
    put_text(w, rng(w) % 9 == 0 ? "\n" : "\r\n");
}

static void put_gaps(struct writer *w)
{
    size_t start = w->pos;
    put_tar(w);
    put_sentence(w);
    while ((w->pos - start) % 512 != 0 && w->pos < w->n)
        put(w, '.');
}

/* A message of fields. */
static void put_message(struct writer *w)
{
    uint32_t length = 100 + skewed(w, 100), side = 1 + rng(w) % 2, price = rng(w) % 500;
    put_format(w, "8=FIX.4.2\0019=%u\00135=D\00155=%s\00154=%u", length, word(w), side);
    put_format(w, "\00144=%u.%u\001\n", price, rng(w) % 100);
}

static void put_holes(struct writer *w)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t zeros = rng(w) % 2;
    for (uint32_t n = 1 + rng(w) % 3; n > 0; n--)
        put_message(w);
    for (uint32_t n = 4 + rng(w) % 4; n > 0; n--)
        put_prose(w);
    put_text(w, "\n");
    for (uint32_t n = zeros ? 40 + rng(w) % 200 : 300 + rng(w) % 600; n > 0; n--)
        put(w, zeros ? 0 : (uint8_t)digits[rng(w) % 64]);
    put_text(w, "\n");
}

/* Two thirds in UTF-16, the rest in UTF-32 of the other byte order. */
static void put_wide(struct writer *w)
{
    uint32_t wide = w->pos > w->n / 3 * 2;
    uint8_t text[400];
    struct writer line = {.out = text, .n = sizeof text, .state = rng(w)};
    if (w->pos == 0)
        put_le(w, 0xfeff, 2);
    put_sentence(&line);
    put_text(&line, "\r\n");
    for (size_t i = 0; i < line.pos; i++) {
        uint32_t point = text[i] == 'q' ? 0x444 : text[i] == 'k' ? 0x1f600 : text[i];
        if (wide) {
            for (unsigned k = 4; k-- > 0;)
                put(w, point >> (8 * k) & 0xff);
        } else if (point > 0xffff) {
            put_le(w, 0xd800 + ((point - 0x10000) >> 10), 2);
            put_le(w, 0xdc00 + (point & 0x3ff), 2);
        } else {
            put_le(w, point, 2);
        }
    }
}

/* n bytes, whose bits fill whole characters, line of these between two ends of lines; line 0: all in one. */
static void put_coded(struct writer *w, const uint8_t *data, size_t n, const char *characters,
                      unsigned n_bits, unsigned line)
{
    uint32_t held = 0, n_held = 0, n_put = 0;
    for (size_t i = 0; i < n; i++) {
        held = held << 8 | data[i];
        for (n_held += 8; n_held >= n_bits; n_put++) {
            n_held -= n_bits;
            if (line > 0 && n_put > 0 && n_put % line == 0)
                put(w, '\n');
            put(w, (uint8_t)characters[held >> n_held & ((1u << n_bits) - 1)]);
        }
    }
}

static void put_digits(struct writer *w)
{
    static const char usual[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char of_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t data[300];
    struct writer part = {.out = data, .n = sizeof data, .state = rng(w)};
    uint32_t id = rng(w) % 1000, kind = rng(w) % 3;
    while (part.pos < part.n)
        put_sentence(&part);
    if (kind == 0) {
        put_text(w, "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n");
        put_coded(w, data, sizeof data, usual, 6, 76);
        put_text(w, "\n--part\n");
    } else if (kind == 1) {
        put_format(w, "{\"id\": %u, \"token\": \"", id);
        put_coded(w, data, sizeof data / 2, of_url, 6, 0);
        put_text(w, "\"}\n");
    } else {
        for (size_t i = 0; i < sizeof data; i++) /* no text */
            data[i] = (uint8_t)(i % 6 == 0 ? i : i % 6 == 1 ? id : data[i] & 0x83);
        put_coded(w, data, sizeof data, "0123456789abcdef", 4, 60);
        put_text(w, "\n\n");
    }
}

static void put_accents(struct writer *w)
{
    static const char *const letters[] = {"\xc3\xa4", "\xc3\xb6", "\xc3\xbc", "\xc3\x9f",
                                          "\xc3\xa9", "\xc3\xa8", "\xff",     "\xc3"};
    put_text(w, word(w));
    put_text(w, letters[skewed(w, 8)]);
    put_text(w, word(w));
    put_text(w, rng(w) % 8 == 0 ? ".\n" : " ");
}

static void put_markup(struct writer *w)
{
    uint32_t id = (uint32_t)(w->pos / 7), revision = id * 3 + rng(w) % 5, author = rng(w) % 40;
    const char *a = word(w), *b = word(w);
    put_format(w, "  <page id=\"%u\" revision=\"%u\">\n", id, revision);
    put_format(w, "    <title>%s %s</title>\n    <author ref=\"#u%u\"/>\n", a, b, author);
    put_text(w, "    <text xml:space=\"preserve\">");
    put_sentence(w);
    put_text(w, "&lt;br&gt;</text>\n  </page>\n");
}

static void put_source(struct writer *w)
{
    uint32_t kind = rng(w) % 5, number = rng(w) % 100;
    const char *a = word(w), *b = word(w);
    if (kind == 0)
        put_format(w, "\nstatic int %s_%s(struct %s *%s)\n{\n", a, b, b, b);
    else if (kind == 1)
        put_format(w, "    for (size_t i = 0; i < n_%s; i++)\n        %s[i] = %u;\n", a, a, number);
    else if (kind == 2)
        put_format(w, "    if (%s->%s == NULL)\n        return -%u;\n", a, b, number % 9 + 1);
    else if (kind == 3)
        put_format(w, "    /* %s %s %u */\n", a, b, number);
    else
        put_format(w, "    return %s(%s);\n}\n", a, b);
}

static void put_log(struct writer *w)
{
    uint32_t seconds = (uint32_t)(w->pos / 23), millis = rng(w) % 1000;
    put_format(w, "2026-03-%02u %02u:%02u:%02u.%03u ", 1 + seconds / 86400 % 28,
               seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, millis);
    uint32_t net = skewed(w, 4), host = skewed(w, 250), number = rng(w) % 9999;
    put_format(w, "%s 10.0.%u.%u ", rng(w) % 6 ? "INFO " : "WARN ", net, host);
    const char *a = word(w), *b = word(w);
    if (rng(w) % 3)
        put_format(w, "GET /%s/%s?id=%u 200 %u\n", a, b, number % 1000, number);
    else
        put_format(w, "connection from port %u closed after %u ms\n", 1024 + number,
                   skewed(w, 3000));
}

static void put_csv(struct writer *w)
{
    if (w->pos == 0)
        put_text(w, "id,name,city,price,count,total\n");
    uint32_t id = 1000 + (uint32_t)(w->pos / 30);
    uint32_t price = 100 + skewed(w, 900), count = 1 + skewed(w, 20);
    const char *name = word(w), *city = word(w);
    put_format(w, "%u,%s,%s,%u.%02u,%u,%u\n", id, name, city, price / 100, price % 100, count,
               price * count);
}

static void put_records(struct writer *w)
{
    uint32_t row = (uint32_t)(w->pos / 24);
    put_le(w, 0x10000 + row * 16, 4);
    put_le(w, row * row / 7, 4);
    put_le(w, skewed(w, 300), 2);
    put_le(w, row % 12, 2);
    put_le(w, rng(w) % 2 ? 0xffffffff : 0, 4);
    put_le(w, 0x3ff0000000000000 + ((uint64_t)skewed(w, 64) << 44), 8);
}

static void put_x86(struct writer *w)
{
    static const uint8_t head[20] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0,   0,
                                     0,    0,   0,   0,   0, 0, 3, 0, 0x3e};
    static const uint8_t bodies[6][8] = {{0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20},
                                         {0x48, 0x8b, 0x45, 0xf8, 0x48, 0x89, 0xc7},
                                         {0x89, 0x45, 0xec, 0x83, 0x7d, 0xec, 0x00},
                                         {0x48, 0x8d, 0x35, 0x10, 0x20},
                                         {0x0f, 0xb6, 0x04, 0x02, 0x31, 0xc8},
                                         {0xc9, 0xc3, 0x90, 0x90}};
    static const uint8_t lengths[6] = {8, 7, 7, 5, 6, 4};
    if (w->pos == 0)
        for (size_t i = 0; i < sizeof head; i++)
            put(w, head[i]);
    uint32_t kind = skewed(w, 6);
    for (uint32_t i = 0; i < lengths[kind]; i++)
        put(w, bodies[kind][i]);
    if (rng(w) % 3 == 0) { /* call one of 24 functions, by its distance from here */
        put(w, 0xe8);
        uint32_t target = skewed(w, 24) * 352;
        put_le(w, target - (uint32_t)(w->pos + 4), 4);
    }
}

/* A smooth surface with a little noise. */
static uint32_t shade(struct writer *w, uint32_t x, uint32_t y, uint32_t channel)
{
    uint32_t slope = x * (2 + channel) + y * (5 - channel) + x * y / 24;
    return (slope & 0x100 ? ~slope : slope) + (rng(w) & 3);
}

static void put_image8(struct writer *w)
{
    enum { WIDTH = 120 };
    if (w->pos == 0)
        put_format(w, "P5\n%d %u\n255\n", WIDTH, (uint32_t)(w->n / WIDTH));
    uint32_t y = (uint32_t)(w->pos / WIDTH);
    for (uint32_t x = 0; x < WIDTH; x++)
        put(w, shade(w, x, y, 0));
}

enum { BMP_HEAD = 54 };

static void put_bmp_head(struct writer *w, uint32_t width, uint32_t depth, uint32_t stride)
{
    put_text(w, "BM");
    put_le(w, w->n, 4);
    put_le(w, 0, 4);
    put_le(w, BMP_HEAD, 4);
    put_le(w, 40, 4);
    put_le(w, width, 4);
    put_le(w, (w->n - BMP_HEAD) / stride, 4);
    put_le(w, 1 | depth << 16, 4);
    put_le(w, 0, 8);
    put_le(w, 2835 | (uint64_t)2835 << 32, 8);
    put_le(w, 0, 8);
}

static void put_image24(struct writer *w)
{
    enum { WIDTH = 75, STRIDE = 228 }; /* 225 bytes of pixels, padded */
    if (w->pos == 0)
        put_bmp_head(w, WIDTH, 24, STRIDE);
    uint32_t y = (uint32_t)(w->pos / STRIDE);
    for (uint32_t x = 0; x < WIDTH; x++)
        for (uint32_t channel = 0; channel < 3; channel++)
            put(w, shade(w, x, y, channel));
    put_le(w, 0, STRIDE - 3 * WIDTH);
}

static void put_image32(struct writer *w)
{
    enum { WIDTH = 50, STRIDE = 4 * WIDTH };
    if (w->pos == 0)
        put_bmp_head(w, WIDTH, 32, STRIDE);
    uint32_t y = (uint32_t)(w->pos / STRIDE);
    for (uint32_t x = 0; x < WIDTH; x++) {
        for (uint32_t channel = 0; channel < 3; channel++)
            put(w, shade(w, x, y, channel));
        put(w, x < 8 || x > 41 ? 0x80 : 0xff);
    }
}

static void put_bitmap(struct writer *w)
{
    enum { WIDTH = 320, STRIDE = WIDTH / 8 };
    if (w->pos == 0)
        put_format(w, "P4\n%d %u\n", WIDTH, (uint32_t)(w->n / STRIDE));
    uint32_t y = (uint32_t)(w->pos / STRIDE), byte = 0;
    for (uint32_t x = 0; x < WIDTH; x++) {
        uint32_t stroke = (x + y / 3) % 29 < 3 || (y % 40 < 2 && x > 24), speck = rng(w) % 200 == 0;
        byte = byte << 1 | (stroke ^ speck);
        if (x % 8 == 7)
            put(w, byte & 0xff);
    }
}

/* The copies lie far behind, and between them is something new. */
static void put_repeats(struct writer *w)
{
    size_t n = 300 + rng(w) % 900, from = w->pos > n ? rng(w) % (w->pos - n) : 0;
    put_sentence(w);
    for (size_t i = 0; i < n && w->pos > n; i++)
        put(w, w->out[from + i]);
}

static void put_pages(struct writer *w)
{
    while (w->pos < w->n / 2)
        put_sentence(w);
    for (size_t from = 0; w->pos < w->n; from++)
        put(w, w->out[from]);
}

static void put_audio16(struct writer *w)
{
    enum { HEAD = 44 };
    if (w->pos == 0) {
        put_text(w, "RIFF");
        put_le(w, w->n - 8, 4);
        put_text(w, "WAVEfmt ");
        put_le(w, 16, 4);
        put_le(w, 1 | 2 << 16, 4);
        put_le(w, 44100, 4);
        put_le(w, 44100 * 4, 4);
        put_le(w, 4 | 16 << 16, 4);
        put_text(w, "data");
        put_le(w, w->n - HEAD, 4);
    }
    /* A triangle and its echo. */
    uint32_t t = (uint32_t)(w->pos - HEAD) / 4;
    for (uint32_t side = 0; side < 2; side++) {
        uint32_t phase = (t + side * 9) * 173 & 0x3fff;
        uint32_t wave = phase < 0x2000 ? phase : 0x3fff - phase;
        put_le(w, wave * 2 - 0x2000 + (rng(w) & 31), 2);
    }
}

/* n_bytes of a sound file, or what room there is. */
static void put_sound(struct writer *w, const struct golden_sound *sound, size_t n_bytes)
{
    uint8_t file[8000] = {0};
    size_t n_head = golden_sound_head(file, sound, 0);
    golden_sound_head(file, sound, (uint32_t)(n_bytes - n_head));
    golden_sound_samples(file + n_head, n_bytes - n_head, sound, &w->state);
    for (size_t i = 0; i < n_bytes; i++)
        put(w, file[i]);
}

enum { SOUND_SIZE = 4400 };

static void put_sounds(struct writer *w)
{
    put_sound(w, &golden_sounds[w->pos / SOUND_SIZE % GOLDEN_N_SOUND_TYPES], SOUND_SIZE);
}

static void put_caption(struct writer *w)
{
    while (w->pos < w->n && w->pos < 600)
        put_sentence(w);
    put_sound(w, &golden_sounds[4], SOUND_SIZE); /* of a type beyond 15 */
}

enum { PICTURE_SIZE = 4600, PICTURE_SIZE_MAX = 7600 };

/* n_data: as many bytes of pixels as give the head its length. */
static void put_picture(struct writer *w, const struct golden_picture *picture, size_t n_bytes,
                        uint32_t n_data)
{
    uint8_t file[PICTURE_SIZE_MAX] = {0};
    size_t n_head = golden_picture_head(file, picture, n_data);
    golden_picture_head(file, picture, (uint32_t)(n_bytes - n_head));
    golden_picture_pixels(file + n_head, n_bytes - n_head, picture, &w->state);
    for (size_t i = 0; i < n_bytes; i++)
        put(w, file[i]);
}

/* The last one, whose head is long, has no fixed end. */
static void put_pictures(struct writer *w)
{
    size_t index = w->pos / PICTURE_SIZE, last = GOLDEN_N_PICTURE_TYPES - 1;
    put_picture(w, &golden_pictures[index < last ? index : last],
                index < last ? PICTURE_SIZE : PICTURE_SIZE_MAX, PICTURE_SIZE / 2);
}

static void put_alpha(struct writer *w)
{
    size_t index = w->pos / PICTURE_SIZE % 2;
    put_picture(w, &golden_pictures[index == 0 ? GOLDEN_FIRST_ALPHA : GOLDEN_SECOND_ALPHA],
                PICTURE_SIZE, PICTURE_SIZE - 100);
}

static void put_figures(struct writer *w)
{
    size_t index = w->pos / PICTURE_SIZE;
    struct writer bits = {.out = w->out + w->pos, .n = w->n - w->pos, .state = rng(w)};
    if (index < 2) {
        put_picture(w, &golden_pictures[index == 0 ? GOLDEN_GRAY : GOLDEN_FOUR], PICTURE_SIZE,
                    PICTURE_SIZE - 200);
        return;
    }
    while (bits.pos < bits.n)
        put_bitmap(&bits);
    w->pos = w->n;
}

/* What is dumped: sentences, records, or records with zeros between them. Returns which. */
static uint32_t fill_dumped(struct writer *w, uint8_t *data, size_t n)
{
    struct writer part = {.out = data, .n = n, .state = rng(w)};
    uint32_t kind = rng(w) % 3;
    while (part.pos < part.n)
        if (kind == 0)
            put_sentence(&part);
        else
            put_records(&part);
    if (kind == 1)
        memset(data + 16, 0, 64);
    return kind;
}

static void put_dumped(struct writer *w, const char *program, uint32_t kind, const char *text,
                       size_t n)
{
    put_format(w, "%s, part %u:\n", program, kind);
    for (size_t i = 0; i < n; i++)
        put(w, (uint8_t)text[i]);
}

/* By one program after the other, as words below. */
static void put_dumps(struct writer *w)
{
    uint8_t data[105];
    char text[8 * sizeof data + 64];
    const struct golden_dump *dump = &golden_dumps[w->pos / 530 % GOLDEN_N_DUMPS];
    uint32_t kind = fill_dumped(w, data, sizeof data);
    put_dumped(w, dump->program, kind, text, golden_dump_write(text, dump, data, sizeof data, 0));
}

static void put_words(struct writer *w)
{
    uint8_t data[104];
    char text[12 * sizeof data + 128];
    size_t index = w->pos / 700 % GOLDEN_N_WORDS;
    const struct golden_words *words = &golden_words[index];
    size_t n_bytes = words->size == 1 ? 48 : sizeof data - index % 4;
    uint32_t kind = fill_dumped(w, data, n_bytes);
    put_dumped(w, words->program, kind, text, golden_words_write(text, words, data, n_bytes, 0));
}

/* Base64 that does not fill its last character, and hexadecimal digits; no line is ended. */
static void put_long_digits(struct writer *w)
{
    static const char of_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t data[124];
    struct writer part = {.out = data, .n = sizeof data, .state = rng(w)};
    while (part.pos < part.n)
        put_sentence(&part);
    memcpy(data, "?>?>>>", 6);
    put_text(w, "{\"token\": \"");
    put_coded(w, data, sizeof data, of_url, 6, 0);
    put(w, (uint8_t)of_url[(data[sizeof data - 1] & 3) << 4]);
    put_text(w, "\"}\r\n");
    put_coded(w, data, sizeof data, "0123456789ABCDEF", 4, 0);
    put_text(w, "\r\n");
}

/* Dumps in capitals whose offsets have letters, and one in which lines are left out. */
static void put_other_dumps(struct writer *w)
{
    enum { HEXDUMP = 1, DEBUG = 8, XXD_E = GOLDEN_N_WORDS - 1 };
    struct golden_words words = golden_words[XXD_E];
    uint8_t data[160] = {0};
    char text[16 * sizeof data];
    struct writer part = {.out = data, .n = 48, .state = rng(w)};
    while (part.pos < part.n)
        put_sentence(&part);
    words.offset = "%08X:";
    size_t n = golden_dump_write(text, &golden_dumps[HEXDUMP], data, sizeof data, 0);
    n += golden_dump_write(text + n, &golden_dumps[DEBUG], data, 48, 0xabc0);
    n += golden_words_write(text + n, &words, data, 48, 0xabc0);
    for (size_t i = 0; i < n; i++)
        put(w, (uint8_t)text[i]);
}

/* UTF-16 and dumps, then, for a block of its own, lines that end with CR LF. */
static void put_forms(struct writer *w)
{
    uint8_t data[300];
    struct writer part = {.out = data, .n = sizeof data, .state = rng(w)};
    while (part.pos < part.n)
        put_sentence(&part);
    for (size_t i = 0; i < part.n; i++)
        put_le(w, data[i], 2);
    put_text(w, "\n");
    put_other_dumps(w);
    while (w->pos < GOLDEN_FORMS_BLOCK && w->pos < w->n)
        put(w, ' ');
    put_long_digits(w);
    while (w->pos < w->n)
        put_format(w, "%s\r\n", word(w));
}

static void put_database(struct writer *w)
{
    uint8_t page[GOLDEN_DATABASE_PAGE];
    golden_database_page(page, (uint32_t)(w->pos / sizeof page) + 1, &w->state);
    for (size_t i = 0; i < sizeof page; i++)
        put(w, page[i]);
}

static void put_measurements(struct writer *w, uint32_t row)
{
    uint32_t cents = 1000 + row % 700 + skewed(w, 90), share = skewed(w, 500);
    put_format(w, "2026-03-%02u %02u:%02u:00,%s%u.%02u,%u,%u.%u\n", 1 + row % 28, row % 24,
               row * 5 % 60, row % 3 ? "" : "-", cents / 100, cents % 100, 1700000000 + row * 300,
               share / 10, share % 10);
}

/* Rings of arcs, whose numbers mostly are new ones, and of steps. */
static void put_shape(struct writer *w, uint32_t number)
{
    put_format(w, "{\"id\":%u,\"arcs\":[[%u,%u,-%u]],\"steps\":[", 1000 + 2 * number, 3 * number,
               3 * number + 1, 1 + skewed(w, 3 * number + 1));
    for (uint32_t i = 2 + rng(w) % 12; i > 0; i--) {
        int x = (int)skewed(w, 60) - 20, y = (int)skewed(w, 9) - 4;
        put_format(w, "[%d,%d]%s", x, y, i > 1 ? "," : "]},\n");
    }
}

/* What a reader of numbers might stumble over. */
static void put_odd_numbers(struct writer *w)
{
    uint32_t a = rng(w), b = rng(w), c = rng(w);
    for (uint32_t i = a % 40; i > 0; i--)
        put(w, (uint8_t) "[({"[rng(w) % 3]);
    put_format(w, "%u%09u%09u.%u, 0.%017u, -%03u..5.-6-7, v%u=+1e%u;00%u|\t", a % 5, b >> 3, c >> 3,
               b % 9, c, a % 999, b % 12, c % 30, a % 100);
    for (uint32_t i = b % 40; i > 0; i--)
        put(w, (uint8_t) "])}"[rng(w) % 3]);
    put(w, '\n');
}

static void put_numbers(struct writer *w)
{
    uint32_t part = (uint32_t)(w->pos / 1000);
    if (rng(w) % 16 == 0)
        put_odd_numbers(w);
    else if (part % 2 == 0)
        put_measurements(w, (uint32_t)(w->pos / 40));
    else
        put_shape(w, (uint32_t)(w->pos / 90));
}

typedef void (*put_fn)(struct writer *w);

#define PUT(name, what) put_##name,
static void put_mixed(struct writer *w);
static const put_fn puts_by_class[GOLDEN_N_CLASSES] = {GOLDEN_CLASS_TABLE(PUT)};
#undef PUT

/* Stretches long enough to be told apart, each with its own header if it has one. */
static void put_mixed(struct writer *w)
{
    enum { STRETCH = 5000 };
    static const enum golden_class kinds[] = {GOLDEN_prose, GOLDEN_image24, GOLDEN_audio16,
                                              GOLDEN_log,   GOLDEN_x86,     GOLDEN_random};
    size_t left = w->n - w->pos, index = w->pos / STRETCH;
    struct writer part = {w->out + w->pos, left < STRETCH ? left : STRETCH, 0, rng(w)};
    while (part.pos < part.n)
        puts_by_class[kinds[index % (sizeof kinds / sizeof *kinds)]](&part);
    w->pos += part.n;
}

void golden_fill(uint8_t *out, size_t n, enum golden_class kind)
{
    struct writer w = {.out = out, .n = n, .state = (uint64_t)kind + 1};
    while (w.pos < n)
        puts_by_class[kind](&w);
}

const char *golden_class_name(enum golden_class kind)
{
#define NAME(name, what) #name,
    static const char *const names[GOLDEN_N_CLASSES] = {GOLDEN_CLASS_TABLE(NAME)};
#undef NAME
    return names[kind];
}
