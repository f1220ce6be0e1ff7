/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/components/text/number_state.h"

#include "predict/components/text/add_hash.h"

static bool is_digit(unsigned c)
{
    return c - '0' < 10;
}

/* What a byte ends, beside a number. */
enum separator { NO_SEPARATOR, SEPARATOR, NEXT_ELEMENT, OPENS, CLOSES, LABELS, LINE_END };

static enum separator separator_of(unsigned c)
{
    switch (c) {
    case ' ':
    case '\t':
    case ',':
    case ';':
    case '|':
        return NEXT_ELEMENT;
    case '[':
    case '{':
    case '(':
        return OPENS;
    case ']':
    case '}':
    case ')':
        return CLOSES;
    case ':':
        return LABELS;
    case '\n':
        return LINE_END;
    case '\r':
    case '<':
    case '>':
    case '"':
    case '\'':
    case '=':
    case '/':
        return SEPARATOR;
    default:
        return NO_SEPARATOR;
    }
}

/* The value with at least n_behind digits behind the point, as far as there is room: three such
 * values may be added. */
static int64_t scaled(const struct number *number, unsigned n_behind)
{
    int64_t value = number->value, limit = INT64_C(1) << 58;
    for (unsigned i = number->n_behind; i < n_behind && value < limit && value > -limit; i++)
        value *= 10;
    return value;
}

static unsigned finer(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

int64_t number_difference(const struct number *a, const struct number *b)
{
    unsigned n_behind = finer(a->n_behind, b->n_behind);
    return scaled(a, n_behind) - scaled(b, n_behind);
}

/* Writes value / 10^n_behind, with at least n_whole digits if it is whole. */
static void write_guess(struct number_guess *guess, int64_t value, unsigned n_behind,
                        unsigned n_whole)
{
    char digits[NUMBER_TEXT_MAX];
    unsigned n = 0, n_least = n_behind > 0 ? n_behind + 1 : n_whole;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (; left > 0 || n < n_least; left /= 10)
        digits[n++] = (char)('0' + left % 10);
    guess->n = guess->miss = 0;
    if (value < 0)
        guess->text[guess->n++] = '-';
    while (n > 0) {
        if (n == n_behind)
            guess->text[guess->n++] = '.';
        guess->text[guess->n++] = digits[--n];
    }
}

static void guess_line(struct number_guess *guess, const struct number *a, const struct number *b,
                       unsigned n_whole)
{
    unsigned n_behind = finer(a->n_behind, b->n_behind);
    write_guess(guess, 2 * scaled(a, n_behind) - scaled(b, n_behind), n_behind, n_whole);
}

static void guess_plane(struct number_guess *guess, const struct number *above,
                        const struct number *left, const struct number *above_left,
                        unsigned n_whole)
{
    unsigned n_behind = finer(finer(above->n_behind, left->n_behind), above_left->n_behind);
    write_guess(guess,
                scaled(above, n_behind) + scaled(left, n_behind) - scaled(above_left, n_behind),
                n_behind, n_whole);
}

static void find_place(struct number_state *s)
{
    bool outside = s->depth == 0, object = !outside && s->bracket[s->depth] == '{';
    uint32_t most = outside ? 255 : 31, index = s->index[s->depth];
    uint64_t h = add_hash(s->depth, object ? 1000 : index < most ? index : most);
    h = add_hash(h, object ? s->label : 5);
    if (s->n_in_field > 0)
        h = add_hash(h, s->n_in_field);
    s->place = h >> 40 & (NUMBER_PLACES - 1);
    s->group = (outside ? h : add_hash(77, s->label)) >> 40 & (NUMBER_PLACES - 1);
}

static void make_guesses(struct number_state *s, const struct number_place *places)
{
    const struct number *past = places[s->place].past, *last = s->last;
    unsigned n_whole = past[0].padded ? past[0].n_whole : 1;
    s->n_begun = 0;
    write_guess(&s->guess[GUESS_SAME], past[0].value, past[0].n_behind, n_whole);
    guess_line(&s->guess[GUESS_LINE], &past[0], &past[1], n_whole);
    write_guess(&s->guess[GUESS_RECORD], places[s->group].largest + 1, 0, 1);
    write_guess(&s->guess[GUESS_NEXT], last[0].value + 1, last[0].n_behind, 1);
    guess_line(&s->guess[GUESS_PAIR], &last[1], &last[3], 1);
    guess_plane(&s->guess[GUESS_PLANE], &past[0], &last[0], &places[s->place_before].past[1],
                n_whole);
}

static void take_digit(struct number_state *s, unsigned c)
{
    if (!s->in) {
        s->now = (struct number){.negative = s->minus, .padded = c == '0'};
        s->in = true;
    }
    if (s->now.n_whole + s->now.n_behind >= NUMBER_DIGITS)
        return;
    s->now.value = s->now.value * 10 + (int64_t)(c - '0');
    if (s->behind)
        s->now.n_behind++;
    else
        s->now.n_whole++;
}

static void end_number(struct number_state *s, struct number_place *places)
{
    struct number *past = places[s->place].past;
    int64_t *largest = &places[s->group].largest;
    s->now.value = s->now.negative ? -s->now.value : s->now.value;
    s->now.padded = s->now.padded && s->now.n_whole > 1;
    past[2] = past[1];
    past[1] = past[0];
    past[0] = s->now;
    if (s->now.n_behind == 0 && s->now.value > *largest)
        *largest = s->now.value;
    for (unsigned i = NUMBERS_BACK - 1; i > 0; i--)
        s->last[i] = s->last[i - 1];
    s->last[0] = s->now;
    s->place_before = s->place;
    s->in = s->behind = false;
    s->n_in_field++;
}

static void open_bracket(struct number_state *s, unsigned c)
{
    s->depth += s->depth < NUMBER_DEPTH - 1;
    s->index[s->depth] = 0;
    s->bracket[s->depth] = (uint8_t)c;
}

static void separate(struct number_state *s, enum separator separator, unsigned c)
{
    if (s->sum != 0)
        s->word = s->sum;
    s->sum = 0;
    if (separator == NEXT_ELEMENT)
        s->index[s->depth]++;
    else if (separator == OPENS)
        open_bracket(s, c);
    else if (separator == CLOSES)
        s->depth -= s->depth > 0;
    else if (separator == LINE_END && s->depth == 0)
        s->index[0] = 0;
    else if (separator == LABELS)
        s->label = s->word;
    if (separator >= NEXT_ELEMENT && separator != LABELS &&
        !(separator == LINE_END && s->depth > 0))
        s->n_in_field = 0;
}

/* Kinds of difference: one more, one less, less, more, no digit, a digit where none was. */
static uint32_t miss_of(unsigned c, unsigned expected)
{
    if (!is_digit(c))
        return 5;
    if (!is_digit(expected))
        return 6;
    return c == expected + 1 ? 1 : c + 1 == expected ? 2 : c < expected ? 3 : 4;
}

static unsigned byte_of(const struct number_guess *guess, uint32_t i)
{
    return i < guess->n ? (unsigned char)guess->text[i] : 0;
}

static void compare(struct number_state *s, unsigned c)
{
    for (unsigned i = 0; i < N_NUMBER_GUESSES; i++) {
        struct number_guess *guess = &s->guess[i];
        unsigned expected = byte_of(guess, s->n_begun);
        if (guess->miss != 0 || c == expected)
            continue;
        guess->miss = miss_of(c, expected);
        guess->miss_at = s->n_begun;
    }
    s->n_begun++;
}

void number_state_next(struct number_state *s, struct number_place *places, unsigned byte)
{
    enum separator separator = separator_of(byte);
    bool ended = separator != NO_SEPARATOR;
    if (is_digit(byte)) {
        take_digit(s, byte);
    } else if (byte == '.' && s->in && !s->behind) {
        s->behind = true;
    } else if (s->in) {
        end_number(s, places);
        ended = true;
    }
    if (separator != NO_SEPARATOR)
        separate(s, separator, byte);
    else
        s->sum = add_hash(s->sum, byte);
    s->minus = !ended && byte == '-';
    if (ended) {
        find_place(s);
        make_guesses(s, places);
    } else {
        compare(s, byte);
    }
}

uint32_t number_guess_code(const struct number_state *s, enum number_guess_kind kind)
{
    const struct number_guess *guess = &s->guess[kind];
    unsigned next = byte_of(guess, s->n_begun), behind = byte_of(guess, s->n_begun + 1);
    uint32_t left = s->n_begun > guess->n ? 0 : guess->n - s->n_begun + 1;
    left = left < 15 ? left : 15;
    if (guess->miss != 0) {
        uint32_t since = s->n_begun - guess->miss_at - 1;
        return guess->miss << 8 | (since < 3 ? since : 3) << 5 | (uint32_t)(next >= '5') << 4 |
               left;
    }
    behind = is_digit(behind) ? 2 + (behind - '0') / 3 : behind == '.';
    return 1u << 20 | next << 12 | behind << 8 | left << 4 | (s->n_begun == 0);
}

int number_guess_byte(const struct number_state *s, enum number_guess_kind kind)
{
    const struct number_guess *guess = &s->guess[kind];
    if (guess->miss != 0)
        return -1;
    return s->n_begun < guess->n ? guess->text[s->n_begun] : ',';
}
