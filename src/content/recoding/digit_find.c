/* SPDX-License-Identifier: Apache-2.0
 *
 * Digits in lines of RUN_MIN and more are found by looking at every RUN_MIN-th byte and, where it may be a digit,
 * back from there. A run is read as hexadecimal digits if it can be, else as base64; if the next lines are as long,
 * they belong to it, and a shorter one ends it. What follows decides whether the bytes are worth more than the digits:
 * words and numbers are mostly told by their letters, and bytes that look random cost as much as their digits.
 */
#include <string.h>

#include "content/content_stats.h"
#include "content/recoding/digit_text.h"

enum {
    RUN_MIN = 32,
    DIGITS_MIN = 64,
    BINARY_MIN = 256, /* digits whose bytes are no text */
    RANDOM_MIN = 4096,
    GUESSED_MAX = 1 << 10, /* characters that the kind is guessed from ... */
    SAMPLE_MAX = 1 << 12,  /* ... and that are judged */
    FULL = 4,              /* digits of base64 that stand for whole bytes */
};

/* Digits of one kind as they lie in data[start .. end). */
struct digit_run {
    struct recoding_kind kind;
    size_t start, end;
    size_t n_digits;
    unsigned n_padding;
    bool open; /* base64 without a character that tells which */
    bool even; /* letters of both kinds about as often as in digits of any bytes */
};

static bool is_any_digit(unsigned c)
{
    return (c | 32) - 'a' < 26 || c - '0' < 10 || c == '+' || c == '/' || c == '-' || c == '_';
}

/* The next run of RUN_MIN or more characters that may be digits; start n: none. */
static size_t next_run(const uint8_t *data, size_t n, size_t from, size_t *end)
{
    size_t i = from;
    while (n - i >= RUN_MIN) {
        size_t at = i + RUN_MIN;
        while (at > i && is_any_digit(data[at - 1]))
            at--;
        if (at == i) {
            for (at += RUN_MIN; at < n && is_any_digit(data[at]); at++) {
            }
            *end = at;
            return i;
        }
        i = at;
    }
    return n;
}

/* The length of what may part two lines at data[0 .. n): an end of line and blanks, or an end of line as it is written within
 * a string. 0: nothing. */
static size_t separator_length(const uint8_t *data, size_t n)
{
    static const char *const written[] = {"\\r\\n", "\\n"};
    size_t i = 0;
    for (size_t k = 0; k < sizeof written / sizeof *written; k++)
        if (n >= strlen(written[k]) && memcmp(data, written[k], strlen(written[k])) == 0)
            return strlen(written[k]);
    i += n > 0 && data[0] == '\r';
    if (i == n || data[i++] != '\n')
        return 0;
    while (i < n && i < RECODING_SEPARATOR_MAX && (data[i] == ' ' || data[i] == '\t'))
        i++;
    return i;
}

/* What so many characters of the run say of its kind; false: words, or a path. */
static bool guess_kind(const uint8_t *data, size_t n, struct digit_run *run)
{
    struct recoding_kind *kind = &run->kind;
    size_t n_upper = 0, n_lower = 0, n_numbers = 0, n_usual = 0, n_minus = 0, n_line = 0, n_hex = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned c = data[i];
        n_upper += c - 'A' < 26;
        n_lower += c - 'a' < 26;
        n_numbers += c - '0' < 10;
        n_usual += c == '+' || c == '/';
        n_minus += c == '-';
        n_line += c == '_';
        n_hex += (c | 32) - 'a' < 6;
    }
    size_t n_url = n_minus + n_line;
    run->even = true;
    if (n_hex + n_numbers == n && (n_upper == 0 || n_lower == 0)) {
        kind->code = RECODING_HEX | (n_upper > 0 ? HEX_UPPER : 0);
        return n_hex >= n / 64 + 1 && n_numbers >= n / 8;
    }
    kind->code = RECODING_BASE64 | (n_url > 0 ? BASE64_URL : 0);
    run->open = n_url + n_usual == 0;
    run->even =
        n_upper >= n / 5 && n_lower <= n / 5 * 3 && (n_upper > n_lower || n_minus >= n_line / 4);
    return n_upper > n / 64 && n_lower > n / 64 && n_numbers > 0 && (n_usual == 0 || n_url == 0);
}

/* Copies the first lines' digits, as long as lines are as long as the first one, to sample. Returns their
 * number. */
static size_t take_sample(const uint8_t *data, size_t n, size_t start, size_t end,
                          uint8_t sample[GUESSED_MAX])
{
    size_t line = end - start, separator = separator_length(data + end, n - end), n_taken = 0;
    while (n_taken < GUESSED_MAX) {
        size_t n_more = line < GUESSED_MAX - n_taken ? line : GUESSED_MAX - n_taken;
        memcpy(sample + n_taken, data + start, n_more);
        n_taken += n_more;
        start += line + separator;
        end = start;
        while (end < n && end - start <= line && is_any_digit(data[end]))
            end++;
        if (separator == 0 || end - start != line)
            break;
    }
    return n_taken;
}

/* The end of the digits that begin at from. */
static size_t digits_end(struct digit_run *run, const uint8_t *data, size_t n, size_t from)
{
    for (; from < n; from++) {
        uint8_t c = data[from];
        if (run->open && (c == '-' || c == '_'))
            run->kind.code |= BASE64_URL;
        uint8_t value = digit_value(&run->kind, c);
        if (value == 0xff)
            break;
        run->open = run->open && value < 62;
    }
    return from;
}

/* Whether a line of n digits that is shorter than those before it ends them: else it is a word behind them. */
static bool is_last_line(const uint8_t *data, size_t n, const struct digit_run *run,
                         size_t n_digits, size_t end)
{
    if (recoding_form(&run->kind) == RECODING_HEX)
        return (run->n_digits + n_digits) % 2 == 0;
    for (unsigned i = 0; i < 2 && end < n && data[end] == '='; i++, end++)
        n_digits++;
    return (run->n_digits + n_digits) % FULL == 0;
}

/* Adds the lines behind the first one, which run is. */
static void add_lines(const uint8_t *data, size_t n, struct digit_run *run)
{
    struct recoding_kind *kind = &run->kind;
    size_t line = run->n_digits, length = separator_length(data + run->end, n - run->end), more;
    if (length == 0 || line > RECODING_LINE_MAX)
        return;
    memcpy(kind->separator, data + run->end, length);
    do {
        if (n - run->end <= length || memcmp(data + run->end, kind->separator, length) != 0)
            return;
        size_t start = run->end + length, end = digits_end(run, data, n, start);
        more = end - start;
        if (more == 0 || more > line || (more < line && !is_last_line(data, n, run, more, end)))
            return;
        kind->code |= DIGITS_LINES;
        kind->line = (uint32_t)line;
        kind->n_separator = (uint8_t)length;
        run->n_digits += more;
        run->end = end;
    } while (more == line);
}

/* How many characters the first n digits and the separators between them take. */
static size_t n_characters(const struct recoding_kind *kind, size_t n)
{
    bool lines = kind->code & DIGITS_LINES && n > 0;
    return n + (lines ? (n - 1) / kind->line * kind->n_separator : 0);
}

/* Takes what fills up the last four digits, if it is there as it should be. */
static void add_padding(const uint8_t *data, size_t n, struct digit_run *run)
{
    unsigned wanted = (unsigned)(-run->n_digits % FULL), n_padding = 0;
    size_t column = run->kind.code & DIGITS_LINES ? (run->n_digits - 1) % run->kind.line + 1 : 0;
    while (n_padding < wanted && run->end + n_padding < n && data[run->end + n_padding] == '=')
        n_padding++;
    if (wanted == 0)
        run->kind.code |= BASE64_PADDED; /* as good as any */
    if (wanted == 0 || n_padding != wanted || wanted > 2 ||
        (column > 0 && column + wanted > run->kind.line))
        return;
    run->kind.code |= BASE64_PADDED;
    run->n_padding = n_padding;
    run->end += n_padding;
}

/* Leaves out digits at the end that stand for no whole byte. */
static void cut_end(const uint8_t *data, struct digit_run *run)
{
    bool hex = recoding_form(&run->kind) == RECODING_HEX;
    size_t n_over = run->n_digits % (hex ? 2 : FULL);
    if (n_over == 0)
        return;
    if (!hex && n_over > 1) {
        size_t last = run->end - run->n_padding - 1;
        unsigned unused = n_over == 2 ? 15 : 3;
        if ((digit_value(&run->kind, data[last]) & unused) == 0)
            return;
    }
    run->n_digits -= n_over;
    run->n_padding = 0;
    run->end = run->start + n_characters(&run->kind, run->n_digits);
}

static bool has_control(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((bytes[i] < 32 && !(bytes[i] >= '\t' && bytes[i] <= '\r')) || bytes[i] == 127)
            return true;
    return false;
}

/* Whether the bytes of the run are worth more than its digits. */
static bool is_worth_it(const uint8_t *data, const struct digit_run *run)
{
    uint8_t bytes[SAMPLE_MAX];
    size_t n = run->end - run->start;
    n = digit_text_read(&run->kind, data + run->start, n < SAMPLE_MAX ? n : SAMPLE_MAX, bytes);
    enum content_type type = content_classify(bytes, n);
    if (type == CONTENT_COMPRESSED)
        return run->n_digits >= RANDOM_MIN;
    bool text = CONTENT_WORDS & CONTENT_BIT(type) && !has_control(bytes, n);
    return run->n_digits >= (text ? DIGITS_MIN : run->even ? BINARY_MIN : RANDOM_MIN);
}

/* Reads the digits that begin at start and whose first line ends at end. */
static bool read_run(const uint8_t *data, size_t n, size_t start, size_t end, struct digit_run *run)
{
    *run = (struct digit_run){.start = start, .end = end};
    uint8_t sample[GUESSED_MAX];
    if (!guess_kind(sample, take_sample(data, n, start, end, sample), run))
        return false;
    run->n_digits = end - start;
    add_lines(data, n, run);
    if (recoding_form(&run->kind) == RECODING_BASE64)
        add_padding(data, n, run);
    cut_end(data, run);
    return is_worth_it(data, run);
}

void digit_text_find(const uint8_t *data, size_t n, size_t from, struct recoding_found *found)
{
    struct digit_run run;
    size_t start, end;
    *found = (struct recoding_found){.start = n, .end = n};
    for (; (start = next_run(data, n, from, &end)) < n; from = end) {
        bool taken = read_run(data, n, start, end, &run);
        end = run.end > end ? run.end : end;
        if (!taken)
            continue;
        unsigned n_bits = recoding_form(&run.kind) == RECODING_HEX ? 4 : 6;
        *found = (struct recoding_found){run.start, run.end, run.kind, run.n_digits * n_bits / 8};
        return;
    }
}
