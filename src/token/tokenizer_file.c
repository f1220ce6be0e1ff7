/* SPDX-License-Identifier: Apache-2.0
 *
 * tokenizer_save, tokenizer_load and tokenizer_hash_rules; tokenizer.h states the format.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/try.h"
#include "token/tokenizer.h"
#include "token/tokenizer_handle.h"

#define VERSION 1

static const uint8_t magic[4] = {'T', 'T', 'O', 'K'};

static uint32_t count_rules(const struct tokenizer *tokenizer)
{
    uint32_t n = 0;
    if (tokenizer->form == TOKENIZER_JOINED)
        return 0;
    if (tokenizer->form == TOKENIZER_SCORED)
        return tokenizer->n_uses;
    for (uint32_t i = 0; i <= tokenizer->rules.slot_mask; i++)
        n += tokenizer->rules.slots[i].rank != UINT32_MAX;
    return n;
}

static int compare_ranks(const void *a, const void *b)
{
    const struct bpe_slot *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* Writes the rules of PAIRS without those that repeat an earlier rule; the others keep their order.
 */
static enum tacit_status list_pairs(const struct tokenizer *tokenizer, uint32_t *pairs,
                                    uint32_t n_rules)
{
    struct bpe_slot *sorted = malloc((n_rules + (size_t)1) * sizeof *sorted);
    uint32_t n = 0;
    if (!sorted)
        return TACIT_ERR_MEMORY;
    for (uint32_t i = 0; n < n_rules; i++)
        if (tokenizer->rules.slots[i].rank != UINT32_MAX)
            sorted[n++] = tokenizer->rules.slots[i];
    qsort(sorted, n, sizeof *sorted, compare_ranks);
    for (uint32_t i = 0; i < n; i++) {
        pairs[2 * (size_t)i] = sorted[i].left;
        pairs[2 * (size_t)i + 1] = sorted[i].right;
    }
    free(sorted);
    return TACIT_OK;
}

enum tacit_status tokenizer_pairs(const struct tokenizer *tokenizer, uint32_t **pairs,
                                  uint32_t *n_rules)
{
    *n_rules = count_rules(tokenizer);
    *pairs = malloc((2 * (size_t)*n_rules + 1) * sizeof **pairs);
    if (!*pairs)
        return TACIT_ERR_MEMORY;
    if (tokenizer->form == TOKENIZER_SCORED)
        memcpy(*pairs, tokenizer->uses, 2 * (size_t)*n_rules * sizeof **pairs);
    enum tacit_status status =
        tokenizer->form == TOKENIZER_PAIRS ? list_pairs(tokenizer, *pairs, *n_rules) : TACIT_OK;
    if (status != TACIT_OK)
        free(*pairs);
    return status;
}

static enum tacit_status save_rules(const struct tokenizer *tokenizer, uint8_t *p, uint32_t n_rules)
{
    uint32_t *pairs, n;
    TRY(tokenizer_pairs(tokenizer, &pairs, &n));
    for (size_t i = 0; i < 2 * (size_t)n_rules; i++)
        store_le32(p + 4 * i, pairs[i]);
    free(pairs);
    return TACIT_OK;
}

static uint8_t *save_tokens(const struct vocabulary *vocabulary, uint8_t *p)
{
    for (uint32_t i = 0; i < vocabulary->n_tokens; i++) {
        struct byte_view token = vocabulary_bytes(vocabulary, i);
        store_le16(p, (uint16_t)token.n);
        memcpy(p + 2, token.data, token.n);
        p += 2 + token.n;
    }
    return p;
}

enum tacit_status tokenizer_save(const struct tokenizer *tokenizer, uint8_t **data, size_t *n_bytes)
{
    const struct vocabulary *vocabulary = &tokenizer->vocabulary;
    uint32_t n_tokens = vocabulary->n_tokens, n_rules = count_rules(tokenizer);
    const char *pre = tokenizer->pre ? tokenizer->pre->name : "";
    size_t n_pre = strlen(pre);
    *data = NULL;
    *n_bytes = 0;
    if (vocabulary->n_bytes_max > UINT16_MAX)
        return TACIT_ERR_UNSUPPORTED;
    bool has_start = tokenizer->start != VOCABULARY_NONE;
    size_t n = 15 + n_pre + 2 * (size_t)n_tokens + vocabulary->offsets[n_tokens] +
               8 * (size_t)n_rules + (has_start ? 4 : 0);
    uint8_t *start = malloc(n), *p = start;
    if (!start)
        return TACIT_ERR_MEMORY;
    memcpy(p, magic, 4);
    p[4] = VERSION;
    p[5] = (uint8_t)tokenizer->form;
    p[6] = (uint8_t)n_pre;
    memcpy(p + 7, pre, n_pre);
    store_le32(p + 7 + n_pre, n_tokens);
    store_le32(p + 11 + n_pre, n_rules);
    p = save_tokens(vocabulary, p + 15 + n_pre);
    enum tacit_status status = save_rules(tokenizer, p, n_rules);
    if (status != TACIT_OK) {
        free(start);
        return status;
    }
    if (has_start)
        store_le32(start + n - 4, tokenizer->start);
    *data = start;
    *n_bytes = n;
    return TACIT_OK;
}

enum tacit_status tokenizer_hash_rules(const struct tokenizer *tokenizer, uint32_t *hash)
{
    const char *pre = tokenizer->pre ? pretokenizer_first_name(tokenizer->pre) : "";
    size_t n_pre = strlen(pre), n_rules = count_rules(tokenizer), n = 6 + n_pre + 8 * n_rules;
    uint8_t *bytes = malloc(n);
    if (!bytes)
        return TACIT_ERR_MEMORY;
    bytes[0] = (uint8_t)tokenizer->form;
    bytes[1] = (uint8_t)n_pre;
    memcpy(bytes + 2, pre, n_pre);
    store_le32(bytes + 2 + n_pre, (uint32_t)n_rules);
    enum tacit_status status = save_rules(tokenizer, bytes + 6 + n_pre, (uint32_t)n_rules);
    *hash = (uint32_t)hash64(bytes, n, 0);
    free(bytes);
    return status;
}

/* The fixed part. *rest: what follows it. */
static enum tacit_status load_head(struct tokenizer_spec *spec, struct byte_view file,
                                   struct byte_view *rest)
{
    if (file.n < 15 || memcmp(file.data, magic, 4) != 0)
        return TACIT_ERR_MODEL_DAMAGED;
    if (file.data[4] != VERSION)
        return TACIT_ERR_UNSUPPORTED;
    size_t n_pre = file.data[6];
    if (file.n < 15 + n_pre)
        return TACIT_ERR_MODEL_DAMAGED;
    spec->form = (enum tokenizer_form)file.data[5];
    spec->pre = (struct byte_view){file.data + 7, n_pre};
    spec->n_tokens = load_le32(file.data + 7 + n_pre);
    spec->n_rules = load_le32(file.data + 11 + n_pre);
    *rest = (struct byte_view){file.data + 15 + n_pre, file.n - 15 - n_pre};
    bool known = spec->form == TOKENIZER_PAIRS || spec->form == TOKENIZER_SCORED ||
                 (spec->form == TOKENIZER_JOINED && spec->n_rules == 0);
    bool fits = spec->n_tokens <= rest->n / 2 && spec->n_rules <= rest->n / 8;
    return known && fits ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static enum tacit_status load_tokens(struct byte_view *tokens, uint32_t n_tokens,
                                     struct byte_view *rest)
{
    for (uint32_t i = 0; i < n_tokens; i++) {
        if (rest->n < 2 || rest->n - 2 < load_le16(rest->data))
            return TACIT_ERR_MODEL_DAMAGED;
        tokens[i] = (struct byte_view){rest->data + 2, load_le16(rest->data)};
        rest->data += 2 + tokens[i].n;
        rest->n -= 2 + tokens[i].n;
    }
    return TACIT_OK;
}

static enum tacit_status load_body(struct tokenizer **tokenizer, struct tokenizer_spec *spec,
                                   struct byte_view rest, struct byte_view *tokens, uint32_t *pairs)
{
    TRY(load_tokens(tokens, spec->n_tokens, &rest));
    size_t n_rule_bytes = 8 * (size_t)spec->n_rules;
    spec->has_start = rest.n == n_rule_bytes + 4;
    if (rest.n != n_rule_bytes && !spec->has_start)
        return TACIT_ERR_MODEL_DAMAGED;
    if (spec->has_start)
        spec->start = load_le32(rest.data + n_rule_bytes);
    for (size_t i = 0; i < 2 * (size_t)spec->n_rules; i++)
        pairs[i] = load_le32(rest.data + 4 * i);
    spec->tokens = tokens;
    spec->pairs = pairs;
    return tokenizer_create(tokenizer, spec);
}

enum tacit_status tokenizer_load(struct tokenizer **tokenizer, const uint8_t *data, size_t n_bytes)
{
    struct tokenizer_spec spec = {.n_tokens = 0};
    struct byte_view rest;
    *tokenizer = NULL;
    TRY(load_head(&spec, (struct byte_view){data, n_bytes}, &rest));
    struct byte_view *tokens = malloc((spec.n_tokens + (size_t)1) * sizeof *tokens);
    uint32_t *pairs = malloc((2 * (size_t)spec.n_rules + 1) * sizeof *pairs);
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (tokens && pairs)
        status = load_body(tokenizer, &spec, rest, tokens, pairs);
    free(tokens);
    free(pairs);
    return status;
}
