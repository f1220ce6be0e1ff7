/* SPDX-License-Identifier: Apache-2.0
 *
 * Of each line, a few characters decide whether it may be the first one of a dump: an offset of four hexadecimal digits or more and
 * digits in pairs, or a word of known width, behind it. The offset of the next line tells how many bytes a line has, and that the
 * layout. From there on all lines belong to the dump that are exactly as they would be written; the first one that is not ends it.
 */
#include <string.h>

#include "content/recoding/dump_text.h"
#include "content/recoding/dump_word.h"

enum {
    DIGITS_MIN = 4, /* of an offset, and at most ... */
    DIGITS_MAX = 16,
    BLANKS_MAX = 8,
    GROUP_LOG2_MAX = 3,
    LINE_USUAL = 16, /* bytes of a line that programs leave others out behind */
    WORD_GAP_MAX = 4,
    LINE_MIN = 4,        /* bytes of a line, */
    BYTES_MIN = 32,      /* and of all together */
    ORDER_SAMPLE = 4096, /* bytes whose order is judged */
};

static bool is_hex(unsigned c)
{
    return c - '0' < 10 || (c | 32) - 'a' < 6;
}

static size_t n_blanks(const uint8_t *data, size_t n)
{
    size_t i = 0;
    while (i < n && data[i] == ' ')
        i++;
    return i;
}

static size_t n_hex(const uint8_t *data, size_t n)
{
    size_t i = 0;
    while (i < n && is_hex(data[i]))
        i++;
    return i;
}

static bool is_word(unsigned c)
{
    return (c | 32) - 'a' < 26 || c - '0' < 10;
}

/* What stands before the offset: no letters or digits, but perhaps 0x. Returns its length; more than a separator's if it is too
 * long. */
static size_t prefix_length(const uint8_t *line, size_t n)
{
    size_t i = 0;
    while (i < n && i <= RECODING_SEPARATOR_MAX && !is_word(line[i]))
        i++;
    return n - i > 2 && line[i] == '0' && line[i + 1] == 'x' ? i + 2 : i;
}

/* Of a line of n characters without its end: what stands before the bytes. *at: where these begin. */
static bool guess_front(const uint8_t *line, size_t n, struct recoding_kind *kind, size_t *at)
{
    size_t prefix = prefix_length(line, n);
    if (prefix > RECODING_SEPARATOR_MAX)
        return false;
    size_t n_digits = n_hex(line + prefix, n - prefix), i = prefix + n_digits;
    if (n_digits < DIGITS_MIN || n_digits > DIGITS_MAX || i == n)
        return false;
    bool colon = line[i] == ':';
    i += colon;
    size_t behind = n_blanks(line + i, n - i);
    if (behind == 0 || behind > BLANKS_MAX || i + behind == n)
        return false;
    *kind = (struct recoding_kind){.code = RECODING_DUMP, .n_separator = (uint8_t)prefix};
    memcpy(kind->separator, line, prefix);
    kind->dump = (struct dump_layout){
        .n_digits = (uint8_t)n_digits, .colon = colon, .n_behind = (uint8_t)behind, .n_before = 1};
    *at = i + behind;
    return true;
}

/* The number of at least n_least hexadecimal digits as one of the base. false: it is none. */
static bool read_offset(const uint8_t *digits, size_t n, enum dump_base base, uint64_t *offset)
{
    static const unsigned radices[] = {16, 8, 10};
    *offset = 0;
    for (size_t i = 0; i < n && is_hex(digits[i]); i++) {
        unsigned c = digits[i], value = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
        if (value >= radices[base])
            return false;
        *offset = *offset * radices[base] + value;
    }
    return true;
}

/* Of n characters from the first byte on, whose digits end at end: what stands behind these. false: it cannot be. */
static bool guess_characters(const uint8_t *bytes, size_t n, size_t end, struct recoding_kind *kind)
{
    struct dump_layout *dump = &kind->dump;
    if (n == end)
        return true;
    if (n < end + 1 + kind->line)
        return false;
    size_t before = n - end - kind->line;
    uint8_t opening = bytes[end + (before > 2 ? before - 2 : 0)], closing = bytes[n - 1];
    dump->text = opening == '|' && closing == '|'   ? DUMP_BARS
                 : opening == '>' && closing == '<' ? DUMP_ANGLES
                                                    : DUMP_BARE;
    before -= dump->text == DUMP_BARE ? 0 : 2;
    dump->n_before = (uint8_t)before;
    return before - 1 < BLANKS_MAX;
}

/* The rest of the layout of a dump of kind->line bytes a line. */
static bool guess_groups(const uint8_t *bytes, size_t n, struct recoding_kind *kind)
{
    struct dump_layout *dump = &kind->dump;
    size_t n_group = n_hex(bytes, n), group = 0;
    while (group <= GROUP_LOG2_MAX && n_group != (size_t)2 << group)
        group++;
    if (group > GROUP_LOG2_MAX)
        return false;
    size_t half = kind->line / 2, middle = 2 * half + (half >> group);
    dump->group_log2 = (uint8_t)group;
    dump->middle = middle < n && bytes[middle] == ' ';
    return guess_characters(bytes, n, 2 * kind->line + ((kind->line - 1) >> group) + dump->middle,
                            kind);
}

/* The same for words, whose size and digits are given. Numbers with blanks in front begin right behind one blank. */
static bool guess_words(const uint8_t *bytes, size_t n, struct recoding_kind *kind)
{
    struct dump_layout *dump = &kind->dump;
    struct dump_words *words = &dump->words;
    size_t width = dump_word_width(words), n_words = kind->line >> words->bytes_log2, n_word = 0;
    if (words->digits >= WORD_DECIMAL_BLANKS) {
        bytes -= dump->n_behind - 1;
        n += dump->n_behind - 1u;
        dump->n_behind = 1;
    }
    while (n_word < n && (bytes[n_word] != ' ' || n_word + 1 < width))
        n_word++;
    size_t gap = n_words > 1 ? n_blanks(bytes + n_word, n - n_word) : 1;
    if (words->digits >= WORD_DECIMAL_BLANKS)
        gap = 1;
    words->gap = (uint8_t)gap;
    return n_word == width && gap - 1 < WORD_GAP_MAX &&
           kind->line % (1u << words->bytes_log2) == 0 &&
           guess_characters(bytes, n, n_words * (width + gap) - gap, kind);
}

/* What is known of the lines so far. */
struct dump_run {
    struct dump_line line; /* the last one */
    bool repeats;          /* lines like the one before were written */
    bool whole;            /* no line of bytes can follow */
};

/* Whether the last word of the dump holds so many bytes too many, which are 0; if so, they are taken away. */
static bool end_in_word(struct recoding_found *found, const struct dump_run *run, uint64_t surplus)
{
    const struct dump_words *words = &found->kind.dump.words;
    size_t size = (size_t)1 << words->bytes_log2;
    if (found->n_bytes == 0 || surplus >= size || words->cut ||
        found->kind.dump.text != DUMP_NO_TEXT)
        return false;
    for (size_t i = 1; i <= surplus; i++)
        if (run->line.bytes[run->line.n_bytes - i] != 0)
            return false;
    found->n_bytes -= (size_t)surplus;
    return true;
}

/* Adds the line at found->end, and the star before it, to the dump. false: it is no part of it. */
static bool add_line(const uint8_t *data, size_t n, struct recoding_found *found,
                     struct dump_run *run)
{
    struct recoding_kind *kind = &found->kind;
    bool star = found->n_bytes > 0 && dump_is_star(data + found->end, n - found->end);
    size_t at = found->end + (star ? 2 : 0);
    struct dump_line line;
    if (kind->line == 0 || !dump_line_read(kind, data + at, n - at, &line) ||
        (line.n_bytes == 0 && found->n_bytes == 0) || (line.n_bytes > 0 && run->whole))
        return false;
    uint64_t hidden = line.offset - kind->dump.start - found->n_bytes;
    if (line.n_bytes == 0 && !star && end_in_word(found, run, 0 - hidden))
        hidden = 0;
    uint64_t hidden_max = found->end - found->start - found->n_bytes;
    bool again = found->n_bytes > 0 && line.n_bytes == kind->line &&
                 memcmp(line.bytes, run->line.bytes, kind->line) == 0;
    if (star ? hidden == 0 || hidden % kind->line != 0 || hidden > hidden_max || run->repeats ||
                   run->whole
             : hidden != 0)
        return false;
    if (again && (star || kind->code & DUMP_SQUEEZED))
        return false;
    run->repeats = run->repeats || again;
    run->whole = run->whole || line.n_bytes < kind->line;
    run->line = line;
    kind->code |= (star ? DUMP_SQUEEZED : 0) | (line.n_bytes == 0 ? DUMP_END : 0);
    found->n_bytes += (size_t)hidden + line.n_bytes;
    found->end = at + line.n_characters;
    return line.n_bytes > 0;
}

/* The dump of that kind, flags aside, that begins at start. */
static struct recoding_found read_dump(const uint8_t *data, size_t n, size_t start,
                                       const struct recoding_kind *kind, unsigned flags)
{
    struct recoding_found found = {.start = start, .end = start, .kind = *kind};
    struct dump_run run = {.repeats = false};
    found.kind.code |= (uint8_t)flags;
    while (add_line(data, n, &found, &run)) {
    }
    return found;
}

/* With letters of either case, which a later line may tell: in place of *longest if it is longer. */
static void take_longest(const uint8_t *data, size_t n, size_t start,
                         const struct recoding_kind *kind, struct recoding_found *longest)
{
    for (unsigned flags = 0; flags <= (DUMP_UPPER_OFFSETS | DUMP_UPPER_BYTES); flags++) {
        struct recoding_found found = read_dump(data, n, start, kind, flags);
        if (found.end > longest->end)
            *longest = found;
    }
}

/* Of the first bytes, how many follow the byte before as they did the last time. */
static unsigned n_foreseen(const struct recoding_found *found, const uint8_t *data)
{
    uint8_t bytes[ORDER_SAMPLE], after[256] = {0};
    size_t n = found->n_bytes < ORDER_SAMPLE ? found->n_bytes : ORDER_SAMPLE;
    unsigned n_right = 0;
    dump_text_read(&found->kind, data + found->start, found->end - found->start, bytes, n);
    for (size_t i = 1; i < n; i++) {
        n_right += after[bytes[i - 1]] == bytes[i];
        after[bytes[i - 1]] = bytes[i];
    }
    return n_right;
}

/* Words of which no characters tell the order of their bytes: it is the one in which the last word's missing bytes are 0, or
 * bytes foresee each other, and little-endian in doubt. */
static void choose_order(const uint8_t *data, size_t n, struct recoding_found *found)
{
    struct recoding_kind kind = found->kind;
    kind.dump.words.big_endian = true;
    kind.code &= (uint8_t) ~(DUMP_SQUEEZED | DUMP_END);
    struct recoding_found big = read_dump(data, n, found->start, &kind, 0);
    if (big.end < found->end || big.n_bytes < BYTES_MIN)
        return;
    unsigned n_little = n_foreseen(found, data), n_big = n_foreseen(&big, data);
    if (big.end > found->end || n_big > n_little + n_little / 16 + 2)
        *found = big;
}

/* A dump of words of that size and those digits, whose first line has its bytes at bytes[0 .. n_line). */
static void try_words(const uint8_t *data, size_t n, struct recoding_kind *kind,
                      const uint8_t *bytes, size_t n_line, struct recoding_found *longest)
{
    struct dump_words *words = &kind->dump.words;
    size_t start = longest->start, end = longest->end;
    if (!guess_words(bytes, n_line, kind))
        return;
    bool bare = kind->dump.text == DUMP_NO_TEXT;
    words->cut = !bare && kind->dump.colon;
    take_longest(data, n, start, kind, longest);
    words->filled = bare;
    words->big_endian = !bare;
    take_longest(data, n, start, kind, longest);
    if (bare && longest->end > end && longest->n_bytes >= BYTES_MIN)
        choose_order(data, n, longest);
}

/* Of two that are as long the first one is taken: behind a colon that of bytes, else that of words. */
static void try_layouts(const uint8_t *data, size_t n, const struct recoding_kind *front,
                        const uint8_t *bytes, size_t n_line, struct recoding_found *longest)
{
    struct recoding_kind kind = *front;
    if (kind.dump.colon && guess_groups(bytes, n_line, &kind))
        take_longest(data, n, longest->start, &kind, longest);
    for (unsigned i = 1; i < 4 * N_WORD_DIGITS; i++) {
        kind = *front;
        kind.code = RECODING_WORDS;
        kind.dump.words =
            (struct dump_words){.bytes_log2 = i & 3, .digits = (enum word_digits)(i >> 2)};
        try_words(data, n, &kind, bytes, n_line, longest);
    }
    kind = *front;
    if (!kind.dump.colon && guess_groups(bytes, n_line, &kind))
        take_longest(data, n, longest->start, &kind, longest);
}

/* Whether a dump begins with the line at start, which ends at end. */
static bool try_line(const uint8_t *data, size_t n, size_t start, size_t end,
                     struct recoding_found *found)
{
    struct recoding_kind front;
    size_t at;
    if (!guess_front(data + start, end - start, &front, &at) || n - end <= front.n_separator)
        return false;
    size_t offset = start + front.n_separator, next = end + 1 + front.n_separator;
    for (unsigned base = DUMP_HEX; base <= DUMP_DECIMAL; base++) {
        struct recoding_kind kind = front;
        uint64_t second;
        kind.dump.base = (enum dump_base)base;
        if (!read_offset(data + offset, end - offset, kind.dump.base, &kind.dump.start) ||
            !read_offset(data + next, n - next, kind.dump.base, &second))
            continue;
        if (dump_is_star(data + end + 1, n - end - 1))
            second = kind.dump.start + LINE_USUAL;
        kind.line = (uint32_t)(second - kind.dump.start);
        if (second - kind.dump.start - LINE_MIN > DUMP_LINE_BYTES_MAX - LINE_MIN)
            continue;
        *found = (struct recoding_found){.start = start, .end = start};
        try_layouts(data, n, &kind, data + start + at, end - start - at, found);
        if (found->n_bytes >= BYTES_MIN)
            return true;
    }
    return false;
}

void dump_text_find(const uint8_t *data, size_t n, size_t from, struct recoding_found *found)
{
    size_t at = from;
    const uint8_t *end;
    if (from > 0 && data[from - 1] != '\n') {
        end = memchr(data + from, '\n', n - from);
        at = end != NULL ? (size_t)(end - data) + 1 : n;
    }
    for (; at < n && (end = memchr(data + at, '\n', n - at)) != NULL; at = (size_t)(end - data) + 1)
        if (try_line(data, n, at, (size_t)(end - data), found))
            return;
    *found = (struct recoding_found){.start = n, .end = n};
}
