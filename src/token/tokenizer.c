/* SPDX-License-Identifier: Apache-2.0 */
#include "token/tokenizer.h"

#include <stdlib.h>

#include "base/try.h"
#include "token/tokenizer_handle.h"

/* One call of tokenizer_encode. */
struct encoding {
    const struct tokenizer *tokenizer;
    struct bpe_scratch scratch;
    uint32_t *items;
    size_t n_items;
};

static enum tacit_status merge_bytes(struct encoding *encoding, const uint8_t *bytes, size_t n)
{
    const struct tokenizer *tokenizer = encoding->tokenizer;
    uint32_t *items = encoding->items + encoding->n_items;
    size_t n_merged;
    for (size_t i = 0; i < n; i++)
        items[i] = tokenizer->vocabulary.byte_item[bytes[i]];
    TRY(bpe_merge(&tokenizer->rules, items, n, &encoding->scratch, &n_merged));
    encoding->n_items += n_merged;
    return TACIT_OK;
}

/* The same for SentencePiece's symbols: characters, or bytes, which no rule merges. */
static enum tacit_status merge_symbols(struct encoding *encoding, const uint8_t *bytes, size_t n)
{
    const struct tokenizer *tokenizer = encoding->tokenizer;
    uint32_t *items = encoding->items + encoding->n_items;
    size_t n_merged, n_symbols = sentencepiece_symbols(&tokenizer->vocabulary, bytes, n, items);
    TRY(bpe_merge(&tokenizer->rules, items, n_symbols, &encoding->scratch, &n_merged));
    encoding->n_items += n_merged;
    return TACIT_OK;
}

/* A piece of at most TOKENIZER_PIECE_MAX bytes: merged between the bytes that no token spells. */
static enum tacit_status encode_piece(struct encoding *encoding, const uint8_t *bytes, size_t n)
{
    const struct vocabulary *vocabulary = &encoding->tokenizer->vocabulary;
    uint32_t whole = vocabulary_find(vocabulary, bytes, n);
    if (whole != VOCABULARY_NONE && encoding->tokenizer->is_whole[whole]) {
        encoding->items[encoding->n_items++] = whole;
        return TACIT_OK;
    }
    if (encoding->tokenizer->form == TOKENIZER_SCORED)
        return merge_symbols(encoding, bytes, n);
    size_t start = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t item = vocabulary->byte_item[bytes[i]];
        if (item < vocabulary->n_tokens)
            continue;
        TRY(merge_bytes(encoding, bytes + start, i - start));
        encoding->items[encoding->n_items++] = item;
        start = i + 1;
    }
    return merge_bytes(encoding, bytes + start, n - start);
}

static bool items_spell(const struct vocabulary *vocabulary, const uint32_t *items, size_t n_items,
                        const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n_items; i++) {
        struct byte_view item = vocabulary_bytes(vocabulary, items[i]);
        if (item.n > n || memcmp(item.data, bytes, item.n) != 0)
            return false;
        bytes += item.n;
        n -= item.n;
    }
    return n == 0;
}

/* Checks every piece as it is made. A difference is an error in this code or in the memory that
 * holds the model: a vocabulary that passed the checks at creation cannot cause it. */
static enum tacit_status encode_and_check(struct encoding *encoding, const uint8_t *bytes, size_t n)
{
    size_t first = encoding->n_items;
    TRY(encode_piece(encoding, bytes, n));
    bool same = items_spell(&encoding->tokenizer->vocabulary, encoding->items + first,
                            encoding->n_items - first, bytes, n);
    return same ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static size_t next_piece(const struct tokenizer *tokenizer, const uint8_t *p, size_t n)
{
    if (tokenizer->form == TOKENIZER_SCORED)
        return sentencepiece_next(&tokenizer->sentencepiece, &tokenizer->vocabulary, p, n);
    return pretokenizer_next(tokenizer->pre, p, n);
}

static enum tacit_status encode_all(struct encoding *encoding, const uint8_t *in, size_t n_in)
{
    for (size_t pos = 0; pos < n_in;) {
        size_t end = pos + next_piece(encoding->tokenizer, in + pos, n_in - pos);
        while (pos < end) {
            size_t n = end - pos < TOKENIZER_PIECE_MAX ? end - pos : TOKENIZER_PIECE_MAX;
            TRY(encode_and_check(encoding, in + pos, n));
            pos += n;
        }
    }
    return TACIT_OK;
}

enum tacit_status tokenizer_encode(const struct tokenizer *tokenizer, const uint8_t *in,
                                   size_t n_in, uint32_t *items, size_t *n_items)
{
    struct encoding encoding = {.tokenizer = tokenizer, .items = items};
    enum tacit_status status = encode_all(&encoding, in, n_in);
    bpe_scratch_free(&encoding.scratch);
    *n_items = status == TACIT_OK ? encoding.n_items : 0;
    return status;
}

/* Most pieces are words that are tokens themselves. Finding out beforehand which of them the merges
 * lead to saves these merges each time. */
static enum tacit_status find_whole_tokens(struct tokenizer *tokenizer)
{
    const struct vocabulary *vocabulary = &tokenizer->vocabulary;
    uint32_t *items = malloc((vocabulary->n_bytes_max + (size_t)1) * sizeof *items);
    struct encoding encoding = {.tokenizer = tokenizer, .items = items};
    enum tacit_status status = items ? TACIT_OK : TACIT_ERR_MEMORY;
    for (uint32_t i = 0; i < vocabulary->n_tokens && status == TACIT_OK; i++) {
        struct byte_view bytes = vocabulary_bytes(vocabulary, i);
        if (bytes.n == 0 || bytes.n > TOKENIZER_PIECE_MAX)
            continue;
        encoding.n_items = 0;
        status = encode_piece(&encoding, bytes.data, bytes.n);
        bool merges_lead_here = encoding.n_items == 1 && items[0] == i;
        bool always = tokenizer->pre && tokenizer->pre->whole_words;
        tokenizer->is_whole[i] = merges_lead_here || always;
    }
    for (uint32_t i = 0; i < tokenizer->n_uses; i++)
        if (tokenizer->uses[2 * (size_t)i + 1] == SENTENCEPIECE_CUT_OUT)
            tokenizer->is_whole[tokenizer->uses[2 * (size_t)i]] = 1;
    bpe_scratch_free(&encoding.scratch);
    free(items);
    return status;
}

static enum tacit_status take_uses(struct tokenizer *tokenizer, const struct tokenizer_spec *spec)
{
    size_t n_bytes = 2 * (size_t)spec->n_rules * sizeof *tokenizer->uses;
    TRY(sentencepiece_init(&tokenizer->sentencepiece, &tokenizer->vocabulary, spec->pairs,
                           spec->n_rules));
    tokenizer->uses = malloc(n_bytes + 1);
    if (!tokenizer->uses)
        return TACIT_ERR_MEMORY;
    memcpy(tokenizer->uses, spec->pairs, n_bytes);
    tokenizer->n_uses = spec->n_rules;
    return bpe_rules_of_uses(&tokenizer->rules, &tokenizer->vocabulary, spec->pairs, spec->n_rules);
}

static enum tacit_status make_rules(struct tokenizer *tokenizer, const struct tokenizer_spec *spec)
{
    const struct vocabulary *vocabulary = &tokenizer->vocabulary;
    switch (spec->form) {
    case TOKENIZER_SPELLED:
        return bpe_rules_init(&tokenizer->rules, vocabulary, spec->rules, spec->n_rules);
    case TOKENIZER_PAIRS:
        return bpe_rules_of_pairs(&tokenizer->rules, vocabulary, spec->pairs, spec->n_rules);
    case TOKENIZER_SCORED:
        return take_uses(tokenizer, spec);
    default:
        return bpe_rules_of_tokens(&tokenizer->rules, vocabulary);
    }
}

static enum tacit_status fill(struct tokenizer *tokenizer, const struct tokenizer_spec *spec)
{
    if (spec->form != TOKENIZER_SCORED)
        tokenizer->pre = pretokenizer_find(spec->pre);
    if (!tokenizer->pre && spec->form != TOKENIZER_SCORED)
        return TACIT_ERR_UNSUPPORTED;
    struct vocabulary *vocabulary = &tokenizer->vocabulary;
    bool raw = spec->form != TOKENIZER_SPELLED;
    tokenizer->form = raw ? spec->form : TOKENIZER_PAIRS;
    TRY(vocabulary_init(vocabulary, spec->tokens, raw, spec->is_text, spec->n_tokens));
    TRY(make_rules(tokenizer, spec));
    tokenizer->start = spec->has_start ? spec->start : VOCABULARY_NONE;
    if (spec->has_start && spec->start >= spec->n_tokens)
        return TACIT_ERR_MODEL_DAMAGED;
    tokenizer->is_whole = calloc(spec->n_tokens, 1);
    if (!tokenizer->is_whole)
        return TACIT_ERR_MEMORY;
    return find_whole_tokens(tokenizer);
}

enum tacit_status tokenizer_create(struct tokenizer **out, const struct tokenizer_spec *spec)
{
    *out = NULL;
    struct tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
    if (!tokenizer)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = fill(tokenizer, spec);
    if (status == TACIT_OK)
        *out = tokenizer;
    else
        tokenizer_destroy(tokenizer);
    return status;
}

void tokenizer_destroy(struct tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    vocabulary_free(&tokenizer->vocabulary);
    bpe_rules_free(&tokenizer->rules);
    sentencepiece_free(&tokenizer->sentencepiece);
    free(tokenizer->uses);
    free(tokenizer->is_whole);
    free(tokenizer);
}

const struct vocabulary *tokenizer_vocabulary(const struct tokenizer *tokenizer)
{
    return &tokenizer->vocabulary;
}

uint32_t tokenizer_n_items(const struct tokenizer *tokenizer)
{
    return tokenizer->vocabulary.n_tokens + 256;
}

uint32_t tokenizer_start(const struct tokenizer *tokenizer)
{
    return tokenizer->start;
}

enum tokenizer_form tokenizer_form_of(const struct tokenizer *tokenizer)
{
    return tokenizer->form;
}

const char *tokenizer_pre_name(const struct tokenizer *tokenizer)
{
    return tokenizer->pre ? tokenizer->pre->name : "";
}

struct byte_view tokenizer_item_bytes(const struct tokenizer *tokenizer, uint32_t item)
{
    return vocabulary_bytes(&tokenizer->vocabulary, item);
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

size_t tokenizer_cut(const uint8_t *data, size_t n, size_t wanted)
{
    size_t least = wanted > TOKENIZER_CUT_BACK ? wanted - TOKENIZER_CUT_BACK : 1;
    for (size_t at = wanted; at >= least; at--)
        if (at < n && data[at - 1] == '\n' && !is_blank(data[at]))
            return at;
    for (size_t at = wanted; at >= least; at--)
        if (at < n && data[at] == ' ' && !is_blank(data[at - 1]))
            return at;
    for (size_t at = wanted; at >= least && wanted - at < 4; at--)
        if (at < n && (data[at] & 0xc0) != 0x80)
            return at;
    return wanted;
}
