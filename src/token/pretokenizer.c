/* SPDX-License-Identifier: Apache-2.0
 *
 * The two families as regular expressions, alternatives in order:
 *
 * GPT-2     's|'t|'re|'ve|'m|'ll|'d | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ |\s+(?!\S)|\s+
 *           With n_digits = 1 the text is first cut around each digit, and the rest cut as above.
 * GPT-4     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}
 *           | ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *
 * tacit's own, for the models that this project trains, is on bytes: letters (all bytes from 0x80
 * on count as letters) with one space or sign before them, single digits, signs with a space before
 * them, white space. No piece is longer than TACIT_PIECE_MAX bytes; a longer word is cut between
 * characters after 24 bytes.
 */
#include "token/pretokenizer.h"

#include "base/utf8.h"
#include "token/char_class.h"

#define TACIT_PIECE_MAX 32

/* Bytes of the character at p[pos], 0 at the end of the valid text; its class to *class. */
static unsigned char_at(const uint8_t *p, size_t n, size_t pos, enum char_class *class)
{
    uint32_t code;
    unsigned length = utf8_decode(p + pos, n - pos, &code);
    if (length)
        *class = char_class_of(code);
    return length;
}

static bool is_class(const uint8_t *p, size_t n, size_t pos, enum char_class wanted)
{
    enum char_class class;
    return char_at(p, n, pos, &class) && class == wanted;
}

/* Where the run of wanted characters at p[pos] ends. */
static size_t run_end(const uint8_t *p, size_t n, size_t pos, enum char_class wanted)
{
    enum char_class class;
    unsigned length;
    while ((length = char_at(p, n, pos, &class)) > 0 && class == wanted)
        pos += length;
    return pos;
}

/* Bytes of an English contraction ('s, 're ...) at p, 0 if there is none. any_case as Unicode
 * folds it: the long s (U+017F) is an s too. */
static size_t contraction(const uint8_t *p, size_t n, bool any_case)
{
    if (n < 2 || p[0] != '\'')
        return 0;
    uint8_t fold = any_case ? 0x20 : 0;
    uint8_t first = p[1] | (p[1] < 0x80 ? fold : 0);
    uint8_t second = n > 2 && p[2] < 0x80 ? p[2] | fold : 0;
    if (first == 's' || first == 't' || first == 'm' || first == 'd')
        return 2;
    if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
        (first == 'l' && second == 'l'))
        return 3;
    return any_case && n > 2 && p[1] == 0xc5 && p[2] == 0xbf ? 3 : 0;
}

/* White space at p: the run, without its last character if a non-space follows that could take that
 * character as its leading space, unless nothing would be left. */
static size_t space_piece(const uint8_t *p, size_t n, bool digits_end_text)
{
    enum char_class class = CHAR_OTHER;
    size_t end = 0, last = 0;
    unsigned length;
    while ((length = char_at(p, n, end, &class)) > 0 && class == CHAR_SPACE) {
        last = end;
        end += length;
    }
    bool at_end = length == 0 || (digits_end_text && class == CHAR_NUMBER);
    return at_end || last == 0 ? end : last;
}

/* Bytes of at most max characters at p, which are known to be numbers. */
static size_t digits_piece(const uint8_t *p, size_t n, unsigned max)
{
    size_t end = 0;
    enum char_class class;
    for (unsigned i = 0; i < max; i++) {
        unsigned length = char_at(p, n, end, &class);
        if (!length || class != CHAR_NUMBER)
            break;
        end += length;
    }
    return end;
}

static size_t next_gpt2(const struct pretokenizer *pre, const uint8_t *p, size_t n)
{
    enum char_class class = CHAR_OTHER, after;
    bool digits_apart = pre->n_digits > 0;
    char_at(p, n, 0, &class);
    if (class == CHAR_NUMBER && digits_apart)
        return digits_piece(p, n, pre->n_digits);
    size_t length = contraction(p, n, false);
    if (length)
        return length;
    if (p[0] == ' ' && char_at(p, n, 1, &after) && after != CHAR_SPACE &&
        !(after == CHAR_NUMBER && digits_apart))
        return run_end(p, n, 1, after);
    return class == CHAR_SPACE ? space_piece(p, n, digits_apart) : run_end(p, n, 0, class);
}

static size_t skip_newlines(const uint8_t *p, size_t n, size_t pos)
{
    while (pos < n && (p[pos] == '\r' || p[pos] == '\n'))
        pos++;
    return pos;
}

/* White space at p in the family of GPT-4: up to its last line end, if there is one. */
static size_t space_piece_lines(const uint8_t *p, size_t n)
{
    size_t end = run_end(p, n, 0, CHAR_SPACE);
    for (; end > 0; end--)
        if (p[end - 1] == '\r' || p[end - 1] == '\n')
            return end;
    return space_piece(p, n, false);
}

static size_t next_gpt4(const struct pretokenizer *pre, const uint8_t *p, size_t n)
{
    enum char_class class = CHAR_OTHER;
    size_t length = contraction(p, n, true);
    if (length)
        return length;
    size_t first = char_at(p, n, 0, &class);
    if (class == CHAR_LETTER)
        return run_end(p, n, 0, CHAR_LETTER);
    if (class == CHAR_NUMBER)
        return digits_piece(p, n, pre->n_digits);
    if (p[0] != '\r' && p[0] != '\n' && is_class(p, n, first, CHAR_LETTER))
        return run_end(p, n, first, CHAR_LETTER);
    size_t signs = p[0] == ' ' ? 1 : 0;
    if (is_class(p, n, signs, CHAR_OTHER))
        return skip_newlines(p, n, run_end(p, n, signs, CHAR_OTHER));
    return space_piece_lines(p, n);
}

static enum char_class byte_class(uint8_t byte)
{
    return byte < 0x80 ? char_class_of(byte) : CHAR_LETTER;
}

/* Letters from p[at] on; a long run ends with the character that holds byte 24. */
static size_t tacit_letters(const uint8_t *p, size_t n, size_t at)
{
    while (at < n && at < TACIT_PIECE_MAX && byte_class(p[at]) == CHAR_LETTER &&
           (at < 24 || (p[at] & 0xc0) == 0x80))
        at++;
    return at;
}

static size_t tacit_run(const uint8_t *p, size_t n, enum char_class wanted)
{
    size_t end = 0;
    while (end < n && end < TACIT_PIECE_MAX && byte_class(p[end]) == wanted)
        end++;
    return end;
}

static size_t next_tacit(const uint8_t *p, size_t n)
{
    enum char_class class = byte_class(p[0]);
    if (class == CHAR_NUMBER)
        return 1;
    if (class == CHAR_LETTER)
        return tacit_letters(p, n, 0);
    size_t run = tacit_run(p, n, class);
    enum char_class next = run < n ? byte_class(p[run]) : CHAR_NUMBER;
    bool last_leads = class == CHAR_OTHER || p[run - 1] == ' ';
    if (next == CHAR_LETTER && last_leads)
        return run == 1 ? tacit_letters(p, n, 1) : run - 1;
    if (class != CHAR_SPACE || next != CHAR_OTHER || !last_leads)
        return run;
    if (run > 1)
        return run - 1;
    size_t signs = tacit_run(p + 1, n - 1, CHAR_OTHER);
    return signs == TACIT_PIECE_MAX ? 1 : 1 + signs;
}

size_t pretokenizer_next(const struct pretokenizer *pre, const uint8_t *p, size_t n)
{
    uint32_t code;
    if (pre->family == PRE_TACIT)
        return next_tacit(p, n);
    if (utf8_decode(p, n, &code) == 0)
        return 1;
    return pre->family == PRE_GPT4 ? next_gpt4(pre, p, n) : next_gpt2(pre, p, n);
}

static const struct pretokenizer known[] = {
    {"gpt-2", PRE_GPT2, 0, false},
    {"phi-2", PRE_GPT2, 0, false},
    {"olmo", PRE_GPT2, 0, false},
    {"mpt", PRE_GPT2, 0, false},
    {"smollm", PRE_GPT2, 1, false},
    {"starcoder", PRE_GPT2, 1, false},
    {"refact", PRE_GPT2, 1, false},
    {"command-r", PRE_GPT2, 1, false},
    {"codeshell", PRE_GPT2, 1, false},
    {"qwen2", PRE_GPT4, 1, false},
    {"deepseek-r1-qwen", PRE_GPT4, 1, false},
    {"llama-bpe", PRE_GPT4, 3, true},
    {"llama-v3", PRE_GPT4, 3, true},
    {"llama3", PRE_GPT4, 3, true},
    {"smaug-bpe", PRE_GPT4, 3, false},
    {"dbrx", PRE_GPT4, 3, false},
    {"tacit", PRE_TACIT, 1, false},
};

const struct pretokenizer *pretokenizer_find(struct byte_view name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (view_equals(name, known[i].name))
            return &known[i];
    return NULL;
}

const char *pretokenizer_first_name(const struct pretokenizer *pre)
{
    const struct pretokenizer *first = known;
    while (first->family != pre->family || first->n_digits != pre->n_digits ||
           first->whole_words != pre->whole_words)
        first++;
    return first->name;
}
