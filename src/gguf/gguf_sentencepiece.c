/* SPDX-License-Identifier: Apache-2.0 */
#include "gguf/gguf_sentencepiece.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/try.h"
#include "token/sentencepiece.h"

enum token_type { TYPE_NORMAL = 1, TYPE_USER = 4, TYPE_BYTE = 6 };

struct scored {
    float score;
    uint32_t token;
};

/* The lists of which the tokenizer is made; the bytes of all tokens lie in one block of memory. */
struct lists {
    const struct byte_view *spelled; /* as in the file */
    uint32_t n_tokens;
    struct gguf_array types, scores;
    struct byte_view *tokens;
    uint8_t *is_text, *bytes;
    struct scored *merged;
    uint32_t *pairs;
};

static enum tacit_status find_array(const struct gguf *gguf, const char *key, uint32_t n,
                                    enum gguf_value_type type, struct gguf_array *array,
                                    struct reason *reason)
{
    if (gguf_get_array(gguf, key, array) && array->count == n &&
        (array->type == type || (type == GGUF_I32 && array->type == GGUF_U32)))
        return TACIT_OK;
    return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s is missing or does not fit the tokens",
                       key);
}

static enum tacit_status allocate(struct lists *l)
{
    size_t n = l->n_tokens + (size_t)1, n_bytes = 1;
    for (uint32_t i = 0; i < l->n_tokens; i++)
        n_bytes += l->spelled[i].n;
    l->tokens = calloc(n, sizeof *l->tokens);
    l->is_text = calloc(n, 1);
    l->bytes = malloc(n_bytes);
    l->merged = malloc(n * sizeof *l->merged);
    l->pairs = malloc(2 * n * sizeof *l->pairs);
    return l->tokens && l->is_text && l->bytes && l->merged && l->pairs ? TACIT_OK
                                                                        : TACIT_ERR_MEMORY;
}

static uint32_t type_of(const struct lists *l, uint32_t token)
{
    return load_le32(l->types.data + 4 * (size_t)token);
}

/* Writes the text to bytes with a space for each U+2581; returns their number. */
static size_t unescape(struct byte_view text, uint8_t *bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool is_space = text.n - i >= 3 && memcmp(text.data + i, "\xe2\x96\x81", 3) == 0;
        bytes[n++] = is_space ? ' ' : text.data[i];
        i += is_space ? 2 : 0;
    }
    return n;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of "<0xAB>"; -1 for anything else. */
static int byte_of(struct byte_view text)
{
    if (text.n != 6 || memcmp(text.data, "<0x", 3) != 0 || text.data[5] != '>')
        return -1;
    int high = hex_digit(text.data[3]), low = hex_digit(text.data[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

static enum tacit_status spell_tokens(struct lists *l, struct reason *reason)
{
    bool has_text[256] = {false};
    uint8_t *at = l->bytes;
    for (uint32_t i = 0; i < l->n_tokens; i++) {
        uint32_t type = type_of(l, i);
        if (type != TYPE_NORMAL && type != TYPE_USER)
            continue;
        l->is_text[i] = 1;
        l->tokens[i] = (struct byte_view){at, unescape(l->spelled[i], at)};
        if (l->tokens[i].n == 1)
            has_text[at[0]] = true;
        at += l->tokens[i].n;
    }
    for (uint32_t i = 0; i < l->n_tokens; i++) {
        int byte = type_of(l, i) == TYPE_BYTE ? byte_of(l->spelled[i]) : 256;
        if (byte < 0)
            return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "token %u is a byte of no number",
                               (unsigned)i);
        if (byte == 256 || has_text[byte])
            continue;
        l->is_text[i] = 1;
        l->tokens[i] = (struct byte_view){at, 1};
        *at++ = (uint8_t)byte;
    }
    return TACIT_OK;
}

/* The best score first, then the smaller token. */
static int compare_scores(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->token > y->token) - (x->token < y->token);
}

/* Lists merged tokens in the order of their scores, then the tokens that are cut out. Returns the
 * number of both. */
static uint32_t make_pairs(struct lists *l)
{
    uint32_t n_merged = 0, n = 0;
    for (uint32_t i = 0; i < l->n_tokens; i++) {
        float score;
        uint32_t bits = load_le32(l->scores.data + 4 * (size_t)i);
        memcpy(&score, &bits, sizeof score);
        if (type_of(l, i) == TYPE_NORMAL)
            l->merged[n_merged++] = (struct scored){score == score ? score : -1e30f, i};
    }
    qsort(l->merged, n_merged, sizeof *l->merged, compare_scores);
    for (; n < n_merged; n++) {
        l->pairs[2 * (size_t)n] = l->merged[n].token;
        l->pairs[2 * (size_t)n + 1] = SENTENCEPIECE_MERGED;
    }
    for (uint32_t i = 0; i < l->n_tokens; i++)
        if (type_of(l, i) == TYPE_USER) {
            l->pairs[2 * (size_t)n] = i;
            l->pairs[2 * (size_t)n++ + 1] = SENTENCEPIECE_CUT_OUT;
        }
    return n;
}

static enum tacit_status create(struct tokenizer **tokenizer, const struct gguf *gguf,
                                struct lists *l, struct reason *reason)
{
    struct tokenizer_spec spec = {.form = TOKENIZER_SCORED, .n_tokens = l->n_tokens};
    TRY(find_array(gguf, "tokenizer.ggml.token_type", l->n_tokens, GGUF_I32, &l->types, reason));
    TRY(find_array(gguf, "tokenizer.ggml.scores", l->n_tokens, GGUF_FLOAT32, &l->scores, reason));
    TRY(allocate(l));
    TRY(spell_tokens(l, reason));
    spec.tokens = l->tokens;
    spec.is_text = l->is_text;
    spec.n_rules = make_pairs(l);
    spec.pairs = l->pairs;
    spec.has_start = gguf_get_u32(gguf, "tokenizer.ggml.bos_token_id", &spec.start) &&
                     spec.start < spec.n_tokens;
    enum tacit_status status = tokenizer_create(tokenizer, &spec);
    if (status != TACIT_OK && status != TACIT_ERR_MEMORY)
        reason_write(
            reason,
            "the tokenizer's tokens cannot be used: too many, too long, or made to collide");
    return status;
}

enum tacit_status gguf_sentencepiece_create(struct tokenizer **tokenizer, const struct gguf *gguf,
                                            const struct byte_view *tokens, uint32_t n_tokens,
                                            struct reason *reason)
{
    struct lists lists = {.spelled = tokens, .n_tokens = n_tokens};
    enum tacit_status status = create(tokenizer, gguf, &lists, reason);
    free(lists.tokens);
    free(lists.is_text);
    free(lists.bytes);
    free(lists.merged);
    free(lists.pairs);
    return status;
}
