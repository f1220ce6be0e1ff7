/* SPDX-License-Identifier: Apache-2.0
 *
 * Text in UTF-16 and UTF-32, base64 and hexadecimal digits: what is found in each, the way there and back
 * through the packed list, for any bytes; what is left alone; lists that are wrong.
 */
#include "content/recoding/recoding.h"

#include <string.h>

#include "check.h"
#include "content/recoding/digit_text.h"
#include "content/recoding/unicode_text.h"
#include "golden/golden_content.h"
#include "unit/content/recoded_back.h"
#include "unit/samples.h"

enum { N_MAX = 1 << 17 };

static uint8_t data[N_MAX], text[N_MAX];
static uint64_t state = 1;

/* data: n characters of text in some kind; all of it is found, and recoded to n_wanted bytes. */
static void check_whole(const char *what, const struct recoding_kind *kind, const uint8_t *plain,
                        size_t n_plain)
{
    size_t n = recoding_form(kind) == RECODING_UNICODE
                   ? unicode_from_utf8(kind->code, plain, n_plain, data, N_MAX)
                   : digit_text_write(kind, plain, n_plain, data, N_MAX);
    CHECK_MSG(n != SIZE_MAX && check_back(data, n) == n_plain, "%s %02x, %u: %u stretches", what,
              kind->code, kind->line, found.n_stretches);
    CHECK_MSG(found.n_stretches == 1 && found.n_behind == 0 && found.stretches[0].n_before == 0,
              "%s: %u stretches", what, found.n_stretches);
    /* Behind a line and before one; moved by a byte. */
    for (size_t at = 40; at < 44; at++) {
        memmove(data + at, data, n);
        memset(data, ' ', at - 1);
        data[at - 1] = '\n';
        memcpy(data + at + n, "\nend.\n", 6);
        size_t n_recoded = check_back(data, at + n + 6);
        CHECK_MSG(n_recoded < at + n_plain + 20 && found.n_stretches == 1,
                  "%s %02x at %zu: %zu for %zu", what, kind->code, at, n_recoded, n_plain);
        memmove(data, data + at, n);
    }
}

static size_t put_sentences(size_t n, enum golden_class kind)
{
    golden_fill(text, n, kind);
    while (n > 0 && text[n - 1] >= 0x80)
        n--;
    return n;
}

static void check_unicode(void)
{
    static const char chinese[] =
        "\xe5\xa4\xa9\xe5\x9c\xb0\xe7\x8e\x84\xe9\xbb\x84\xef\xbc\x8c\xe5\xae\x87\xe5\xae\x99"
        "\xe6\xb4\xaa\xe8\x8d\x92\xe3\x80\x82";
    static const char russian[] =
        "\xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe, \xd0\xb8 \xf0\x9f\x98\x80 ";
    for (unsigned code = 0; code < 16; code++) {
        struct recoding_kind kind = {.code = (uint8_t)code};
        size_t n = put_sentences(3000, code & UNICODE_CRLF ? GOLDEN_source : GOLDEN_prose);
        check_whole("sentences", &kind, text, n);
        for (n = 0; n < 3000; n += sizeof russian - 1)
            memcpy(text + n, russian, sizeof russian - 1);
        text[n++] = '\n';
        check_whole("Russian", &kind, text, n);
        for (n = 0; n < 3000; n += sizeof chinese - 1)
            memcpy(text + n, chinese, sizeof chinese - 1);
        text[n++] = '\n';
        check_whole("Chinese", &kind, text, n);
    }
}

/* Units of UTF-16 that are no text come back, wherever they are. */
static void check_units(void)
{
    for (int round = 0; round < 300; round++) {
        struct recoding_kind kind = {.code = (uint8_t)(sample_rng(&state) % 2)};
        size_t n = put_sentences(1500, GOLDEN_prose);
        n = unicode_from_utf8(kind.code, text, n, data, N_MAX);
        for (uint32_t k = sample_rng(&state) % 8; k > 0; k--) {
            static const uint16_t odd[] = {0xd800, 0xdfff, 0xdc00, 0xdbff, 0xfffe,
                                           0xffff, 0xfeff, 0,      '\r',   '\n'};
            size_t at = sample_rng(&state) % n;
            uint16_t unit = odd[sample_rng(&state) % (sizeof odd / sizeof *odd)];
            data[at & ~(size_t)1] = (uint8_t)unit;
            data[at | 1] = (uint8_t)(unit >> 8);
        }
        CHECK(check_back(data, n - sample_rng(&state) % 7) < n);
    }
}

static void check_digits(void)
{
    static const char *const separators[] = {"\n", "\r\n", "\\n", "\n    "};
    static const uint32_t lines[] = {76, 64, 60, 100};
    for (unsigned i = 0; i < 200; i++) {
        struct recoding_kind kind = {.code = i % 2 ? RECODING_HEX : RECODING_BASE64};
        unsigned flags = i % 2 ? HEX_FLAGS : BASE64_FLAGS;
        const char *separator = separators[i / 8 % 4];
        kind.code |= i / 2 & flags;
        kind.line = lines[i % 4];
        kind.n_separator = (uint8_t)strlen(separator);
        memcpy(kind.separator, separator, kind.n_separator);
        size_t n = put_sentences(900 + 12 * i, GOLDEN_prose);
        check_whole("digits of text", &kind, text, n);
        golden_fill(text, 3000, GOLDEN_records);
        text[0] = 0x5a; /* letters in the first line */
        text[3] = 0x9f;
        check_whole("digits of records", &kind, text, 3000);
    }
}

/* Ends that are cut, padding that is wrong, words behind. */
static void check_ends(void)
{
    for (int round = 0; round < 2000; round++) {
        struct recoding_kind kind = {.code = (uint8_t)(RECODING_BASE64 + sample_rng(&state) % 8),
                                     .line = 40 + sample_rng(&state) % 40,
                                     .n_separator = 1,
                                     .separator = "\n"};
        if (round % 4 == 0)
            kind.code = (uint8_t)(RECODING_HEX + sample_rng(&state) % 4);
        size_t n = put_sentences(100 + sample_rng(&state) % 400, GOLDEN_prose);
        n = digit_text_write(&kind, text, n, data, N_MAX);
        n -= sample_rng(&state) % 5;
        for (uint32_t k = sample_rng(&state) % 4; k > 0; k--)
            data[n++] = (uint8_t) "=A\n-g"[sample_rng(&state) % 5];
        memcpy(data + n, "\nword\n", 6);
        if (sample_rng(&state) % 3 == 0)
            data[sample_rng(&state) % n] = (uint8_t)sample_rng(&state);
        check_back(data, n + 6);
    }
}

/* Text of every kind but four stays as it is, and so do data, and digits of noise. */
static void check_left_alone(void)
{
    for (int kind = 0; kind < GOLDEN_N_CLASSES; kind++) {
        golden_fill(data, 30000, (enum golden_class)kind);
        size_t n = check_back(data, 30000);
        if (kind == GOLDEN_forms) /* a little of it changes */
            continue;
        bool changes = kind == GOLDEN_wide || kind == GOLDEN_digits || kind == GOLDEN_dumps ||
                       kind == GOLDEN_words;
        CHECK_MSG(changes == (found.n_stretches > 0) && (changes ? n < 25000 : n == 30000), "%s",
                  golden_class_name((enum golden_class)kind));
    }
    static const struct recoding_kind kind = {.code = RECODING_BASE64};
    for (size_t i = 0; i < 900; i++)
        text[i] = (uint8_t)sample_rng(&state);
    size_t n = digit_text_write(&kind, text, 900, data, N_MAX);
    CHECK(check_back(data, n) == n);
}

/* More stretches than the list may have: the long ones are recoded. */
static void check_many(void)
{
    static const struct recoding_kind kind = {.code = RECODING_BASE64};
    size_t n = 0, n_text = put_sentences(48, GOLDEN_prose);
    while (n + 400 < N_MAX) {
        n += digit_text_write(&kind, text, n_text, data + n, 200);
        data[n++] = ' ';
        if (n % 11 == 0) {
            n += digit_text_write(&kind, text, n_text, data + n, 200);
            n += digit_text_write(&kind, text, n_text, data + n, 200);
            data[n++] = '.';
        }
    }
    CHECK(check_back(data, n) < n && found.n_stretches > 10 &&
          found.n_stretches <= RECODING_STRETCHES_MAX);
    recoding_find(&found, data, n, 100);
    CHECK(found.n_stretches == 0); /* no room */
}

/* Short ones only, more than the list may have: the first ones are recoded. */
static void check_short(void)
{
    static const struct recoding_kind kind = {.code = RECODING_BASE64};
    size_t n = 0, n_text = put_sentences(48, GOLDEN_prose);
    while (n + 100 < N_MAX) {
        n += digit_text_write(&kind, text, n_text, data + n, 100);
        data[n++] = ' ';
    }
    CHECK(check_back(data, n) < n && found.n_stretches == RECODING_STRETCHES_MAX);
}

static void check_any(void)
{
    for (int round = 0; round < 3000; round++) {
        size_t n = sample_rng(&state) % 600;
        unsigned few = sample_rng(&state) % 3;
        for (size_t i = 0; i < n; i++) {
            uint32_t r = sample_rng(&state);
            data[i] = few == 0   ? (uint8_t)r
                      : few == 1 ? (uint8_t) "AbC4e9=\n+/-_"[r % 12]
                                 : (uint8_t) "\0a \0b\n\0\r\xd8\xdc"[r % 10];
        }
        check_back(data, n);
    }
}

static void check_wrong(void)
{
    static const struct {
        uint8_t bytes[12];
        size_t n_bytes;
        bool right;
    } lists[] = {
        {{0, 0, 18, 0x00, 90}, 5, true}, /* 10 bytes of text, 90 behind */
        {{0, 0, 18, 0x17, 75, 0, '\n', 90}, 8, true},
        {{0, 0, 19, 90}, 4, false},                /* the first is like none */
        {{0, 0, 18, 0x18, 90}, 5, false},          /* no such flag */
        {{0, 0, 18, 0x60, 90}, 5, false},          /* no such form */
        {{0, 0, 18, 0x24, 90}, 5, false},          /* no such flag of hexadecimal */
        {{0, 0, 18, 0x11, 75, 16, 90}, 7, false},  /* a long separator */
        {{0, 0, 18, 0x00, 0xff, 0x7f}, 6, false},  /* more than 3/2 of the content */
        {{0xff, 0x7f, 0, 18, 0x00, 90}, 6, false}, /* too many */
    };
    static struct recoding r;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct varint_reader reader = {lists[i].bytes, lists[i].n_bytes, 0};
        CHECK_MSG((recoding_parse(&reader, 100, &r) == TACIT_OK) == lists[i].right, "list %zu", i);
    }
    static const struct {
        const char *bytes;
        uint8_t code;
        size_t n; /* of content */
        bool right;
    } stretches[] = {
        {"abc", UNICODE_CRLF, 6, true},
        {"abc", UNICODE_MARK, 8, true},
        {"abc", 0, 5, false},
        {"abc", 0, 7, false},
        {"a\nc", UNICODE_CRLF, 8, true},
        {"a\nc", UNICODE_CRLF, 6, false},
        {"\xed\xa0\x80", 0, 2, true},
        {"\xc0\x80"
         "a",
         0, 4, false},
        {"ab\xc3", 0, 6, false},
        {"\xff"
         "ab",
         0, 6, false},
        {"abc", RECODING_BASE64, 4, true},
        {"abc", RECODING_BASE64, 3, false},
        {"abc", RECODING_HEX, 6, true},
        {"abc", RECODING_HEX, 7, false},
    };
    for (size_t i = 0; i < sizeof stretches / sizeof *stretches; i++) {
        struct byte_buffer b = {0};
        r = (struct recoding){.n_stretches = 1, .n_bytes = 3};
        r.stretches[0] = (struct recoded_stretch){.n_bytes = 3, .kind.code = stretches[i].code};
        CHECK(byte_buffer_append(&b, stretches[i].bytes, 3) == TACIT_OK);
        CHECK_MSG((recoding_restore(&r, &b, stretches[i].n, 10) == TACIT_OK) == stretches[i].right,
                  "stretch %zu", i);
        byte_buffer_free(&b);
    }
}

int main(void)
{
    check_unicode();
    check_units();
    check_digits();
    check_ends();
    check_left_alone();
    check_many();
    check_short();
    check_any();
    check_wrong();
    return check_result();
}
