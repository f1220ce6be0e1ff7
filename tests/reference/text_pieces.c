/* SPDX-License-Identifier: Apache-2.0 */
#include "text_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "char_class_table.h" /* Unicode's data, not the library's code */

enum char_kind { SIGN, LETTER, DIGIT, SPACE, END }; /* the first four as in the table */
enum { PIECE_MAX = 32 };

static enum char_kind kind_of(uint8_t c)
{
    if (c >= 0x80 || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return LETTER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    return c == ' ' || (c >= 9 && c <= 13) ? SPACE : SIGN;
}

/* Pre `tacit`. Where a run of a kind from p[0] on ends. */
static uint32_t run_of(const uint8_t *p, uint32_t n, enum char_kind wanted)
{
    uint32_t i = 0;
    while (i < n && i < PIECE_MAX && kind_of(p[i]) == wanted)
        i++;
    return i;
}

/* Letters from p[at] on: from byte 24 on only what continues a character. */
static uint32_t letters(const uint8_t *p, uint32_t n, uint32_t at)
{
    while (at < n && at < PIECE_MAX && kind_of(p[at]) == LETTER &&
           (at < 24 || (p[at] & 0xc0) == 0x80))
        at++;
    return at;
}

static uint32_t piece_of_tacit(const uint8_t *p, uint32_t n)
{
    enum char_kind kind = kind_of(p[0]);
    if (kind == DIGIT)
        return 1;
    if (kind == LETTER)
        return letters(p, n, 0);
    uint32_t run = run_of(p, n, kind);
    enum char_kind next = run < n ? kind_of(p[run]) : DIGIT;
    int leads = kind == SIGN || p[run - 1] == ' ';
    if (next == LETTER && leads)
        return run == 1 ? letters(p, n, 1) : run - 1;
    if (kind != SPACE || next != SIGN || !leads)
        return run;
    if (run > 1)
        return run - 1;
    uint32_t signs = run_of(p + 1, n - 1, SIGN);
    return signs == PIECE_MAX ? 1 : 1 + signs;
}

uint32_t character(const uint8_t *p, uint32_t n, uint32_t *code)
{
    if (n == 0 || (p[0] >= 0x80 && p[0] < 0xc0) || p[0] >= 0xf8)
        return 0;
    uint32_t length = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (length > n)
        return 0;
    *code = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (uint32_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (p[i] & 0x3fu);
    }
    uint32_t shortest = *code < 0x80 ? 1 : *code < 0x800 ? 2 : *code < 0x10000 ? 3 : 4;
    int surrogate = *code >> 11 == 0xd800 >> 11;
    return length == shortest && !surrogate && *code <= 0x10ffff ? length : 0;
}

/* Kind and length of the character at p[at]; END, 0 where the valid text ends. */
static enum char_kind at_of(const uint8_t *p, uint32_t n, uint32_t at, uint32_t *length)
{
    uint32_t code, low = 0, high = sizeof runs / sizeof *runs;
    *length = at < n ? character(p + at, n - at, &code) : 0;
    if (*length == 0)
        return END;
    if (code < 0x80)
        return kind_of((uint8_t)code);
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        *(runs[middle] >> 2 <= code ? &low : &high) = middle;
    }
    return (enum char_kind)(runs[low] & 3);
}

/* Where at most `most` characters of a kind from p[at] on end. */
static uint32_t behind(const uint8_t *p, uint32_t n, uint32_t at, enum char_kind wanted,
                       uint32_t most)
{
    uint32_t length;
    for (; most > 0 && at_of(p, n, at, &length) == wanted; most--)
        at += length;
    return at;
}

/* '(s|t|re|ve|m|ll|d), of any case if fold. */
static uint32_t contraction(const uint8_t *p, uint32_t n, int fold)
{
    static const char *const ends[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    for (unsigned i = 0; p[0] == '\'' && i < sizeof ends / sizeof *ends; i++) {
        uint32_t k = 0;
        for (; ends[i][k] != 0 && 1 + k < n; k++) {
            uint8_t c = p[1 + k];
            if (fold && c >= 'A' && c <= 'Z')
                c = (uint8_t)(c + 'a' - 'A');
            if (c != (uint8_t)ends[i][k])
                break;
        }
        if (ends[i][k] == 0)
            return 1 + k;
    }
    return fold && n >= 3 && memcmp(p, "'\xc5\xbf", 3) == 0 ? 3 : 0;
}

/* ` ?` and at least one of a kind. */
static uint32_t with_space(const uint8_t *p, uint32_t n, enum char_kind wanted)
{
    uint32_t at = p[0] == ' ' ? 1 : 0, end = behind(p, n, at, wanted, n);
    return end > at ? end : 0;
}

/* \s+(?!\S)|\s+, and before that \s+(?=\p{N}) if digits stand apart. */
static uint32_t spaces(const uint8_t *p, uint32_t n, int digits_apart)
{
    uint32_t end = behind(p, n, 0, SPACE, n), last = 0, length;
    enum char_kind next = at_of(p, n, end, &length);
    if (end == 0 || next == END || (next == DIGIT && digits_apart))
        return end;
    while (at_of(p, n, last, &length) == SPACE && last + length < end)
        last += length;
    return last > 0 ? last : end;
}

static uint32_t piece_of_gpt2(const struct cutter *c, const uint8_t *p, uint32_t n)
{
    uint32_t found = contraction(p, n, 0);
    int apart = c->n_digits > 0;
    found = found ? found : with_space(p, n, LETTER);
    found = found ? found : apart ? behind(p, n, 0, DIGIT, c->n_digits) : with_space(p, n, DIGIT);
    found = found ? found : with_space(p, n, SIGN);
    return found ? found : spaces(p, n, apart);
}

/* Where the CRs and LFs from p[at] on end. */
static uint32_t line_ends(const uint8_t *p, uint32_t n, uint32_t at)
{
    while (at < n && (p[at] == '\r' || p[at] == '\n'))
        at++;
    return at;
}

/* [^\r\n\p{L}\p{N}]?\p{L}+ */
static uint32_t word(const uint8_t *p, uint32_t n)
{
    uint32_t length, at = 0;
    enum char_kind first = at_of(p, n, 0, &length);
    if (first != LETTER && first != DIGIT && p[0] != '\r' && p[0] != '\n')
        at = length;
    uint32_t end = behind(p, n, at, LETTER, n);
    return end > at ? end : 0;
}

static uint32_t piece_of_gpt4(const struct cutter *c, const uint8_t *p, uint32_t n)
{
    uint32_t found = contraction(p, n, 1);
    found = found ? found : word(p, n);
    found = found ? found : behind(p, n, 0, DIGIT, c->n_digits);
    if (found)
        return found;
    found = with_space(p, n, SIGN);
    if (found)
        return line_ends(p, n, found);
    for (found = behind(p, n, 0, SPACE, n); found > 0; found--) /* \s*[\r\n]+ */
        if (line_ends(p, found, found - 1) == found)
            return found;
    return spaces(p, n, 0);
}

uint32_t cut_out_length(const struct cutter *c, const uint8_t *p, uint32_t n)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < c->n_cut_out; i++) {
        const struct vocabulary_bytes *token = c->cut_out[i];
        if (token->n > longest && token->n <= n && memcmp(token->bytes, p, token->n) == 0)
            longest = token->n;
    }
    return longest;
}

static uint32_t piece_of_sentencepiece(const struct cutter *c, const uint8_t *p, uint32_t n)
{
    uint32_t end = cut_out_length(c, p, n);
    if (end > 0)
        return end;
    for (end = 1; end < n; end++)
        if ((p[end] == ' ' && p[end - 1] != ' ' && !c->before_space[p[end - 1]]) ||
            cut_out_length(c, p + end, n - end) > 0)
            break;
    return end;
}

uint32_t text_piece(const struct cutter *c, const uint8_t *p, uint32_t n)
{
    uint32_t code;
    if (c->family == PIECES_TACIT)
        return piece_of_tacit(p, n);
    if (c->family == PIECES_SENTENCEPIECE)
        return piece_of_sentencepiece(c, p, n);
    if (character(p, n, &code) == 0)
        return 1;
    return c->family == PIECES_GPT2 ? piece_of_gpt2(c, p, n) : piece_of_gpt4(c, p, n);
}

static const struct pre {
    const char *name;
    enum family family;
    uint32_t n_digits;
    bool whole;
} known[] = {
    {"tacit", PIECES_TACIT, 1, false},    {"gpt-2", PIECES_GPT2, 0, false},
    {"phi-2", PIECES_GPT2, 0, false},     {"olmo", PIECES_GPT2, 0, false},
    {"mpt", PIECES_GPT2, 0, false},       {"smollm", PIECES_GPT2, 1, false},
    {"starcoder", PIECES_GPT2, 1, false}, {"refact", PIECES_GPT2, 1, false},
    {"command-r", PIECES_GPT2, 1, false}, {"codeshell", PIECES_GPT2, 1, false},
    {"qwen2", PIECES_GPT4, 1, false},     {"deepseek-r1-qwen", PIECES_GPT4, 1, false},
    {"llama-bpe", PIECES_GPT4, 3, true},  {"llama-v3", PIECES_GPT4, 3, true},
    {"llama3", PIECES_GPT4, 3, true},     {"smaug-bpe", PIECES_GPT4, 3, false},
    {"dbrx", PIECES_GPT4, 3, false},
};

static const struct pre *pre_of(const struct model *m)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == m->n_pre && memcmp(known[i].name, m->pre, m->n_pre) == 0)
            return &known[i];
    refuse("a pre-tokenizer that this decoder does not have");
    return NULL;
}

static void make_sentencepiece(struct cutter *c, const struct model *m)
{
    c->cut_out = calloc(m->n_rules + (size_t)1, sizeof *c->cut_out);
    require(c->cut_out != NULL, "out of memory");
    for (uint32_t i = 0; i < m->n_rules; i++) {
        uint64_t token = number(m->rules + 8 * (size_t)i, 4);
        uint64_t use = number(m->rules + 8 * (size_t)i + 4, 4);
        require(token < m->n_tokens && use <= 1, "use of a token");
        if (use == 1 && m->token[token].n > 0)
            c->cut_out[c->n_cut_out++] = &m->token[token];
    }
    for (uint32_t i = 0; i < m->n_tokens; i++)
        for (uint32_t k = 1; k < m->token[i].n; k++)
            if (m->token[i].bytes[k] == ' ' && m->token[i].bytes[k - 1] != ' ')
                c->before_space[m->token[i].bytes[k - 1]] = true;
}

void make_cutter(struct cutter *c, const struct model *m)
{
    memset(c, 0, sizeof *c);
    if (m->form == 3) {
        c->family = PIECES_SENTENCEPIECE;
        make_sentencepiece(c, m);
        return;
    }
    require(m->form == 1 || m->form == 2, "form of the tokenizer");
    const struct pre *pre = pre_of(m);
    c->family = pre->family;
    c->n_digits = pre->n_digits;
    c->whole = pre->whole;
}

void free_cutter(struct cutter *c)
{
    free(c->cut_out);
}

struct rule {
    uint64_t left, right;
    uint32_t rank;
};

static int compare_rules(const void *a, const void *b)
{
    const struct rule *x = a, *y = b;
    if (x->left != y->left)
        return x->left < y->left ? -1 : 1;
    if (x->right != y->right)
        return x->right < y->right ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Copies rules without those that repeat an earlier one; their number. */
static uint32_t copy_rules(const struct model *m, uint8_t *to)
{
    struct rule *rule = (struct rule *)(void *)allocate(m->n_rules * sizeof *rule);
    uint8_t *repeats = allocate(m->n_rules);
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n_rules; i++)
        rule[i] = (struct rule){number(m->rules + 8 * (size_t)i, 4),
                                number(m->rules + 8 * (size_t)i + 4, 4), i};
    qsort(rule, m->n_rules, sizeof *rule, compare_rules);
    for (uint32_t i = 0; i < m->n_rules; i++)
        repeats[rule[i].rank] =
            i > 0 && rule[i].left == rule[i - 1].left && rule[i].right == rule[i - 1].right;
    for (uint32_t i = 0; i < m->n_rules; i++)
        if (m->form != 1 || !repeats[i])
            memcpy(to + 8 * (size_t)n++, m->rules + 8 * (size_t)i, 8);
    free(rule);
    free(repeats);
    return n;
}

/* Of the names that mean the same, the first. */
static const struct pre *first_of_same(const struct pre *pre)
{
    const struct pre *first = known;
    while (first->family != pre->family || first->n_digits != pre->n_digits ||
           first->whole != pre->whole)
        first++;
    return first;
}

void note_cutting(const struct model *m)
{
    note("form of cut text", m->form);
    if (m->form != 3)
        note("pre", (unsigned)(first_of_same(pre_of(m)) - known));
}

uint32_t hash_of_rules(const struct model *m)
{
    const char *name = m->form == 3 ? "" : first_of_same(pre_of(m))->name;
    size_t n_pre = strlen(name);
    uint8_t *bytes = allocate(6 + n_pre + 8 * (size_t)m->n_rules);
    bytes[0] = m->form;
    bytes[1] = (uint8_t)n_pre;
    memcpy(bytes + 2, name, n_pre);
    uint32_t n = copy_rules(m, bytes + 6 + n_pre);
    for (int i = 0; i < 4; i++)
        bytes[2 + n_pre + (size_t)i] = (uint8_t)(n >> (8 * i));
    uint32_t hash = h32(bytes, 6 + n_pre + 8 * (size_t)n);
    free(bytes);
    return hash;
}
