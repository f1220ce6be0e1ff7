/* SPDX-License-Identifier: Apache-2.0 */
#include "token/sentencepiece.h"

#include <stdlib.h>

#include "base/utf8.h"

static bool is_user(const struct vocabulary *vocabulary, const uint32_t *pair)
{
    return pair[1] == SENTENCEPIECE_CUT_OUT && vocabulary_bytes(vocabulary, pair[0]).n > 0;
}

static enum tacit_status check_pairs(const struct vocabulary *vocabulary, const uint32_t *pairs,
                                     uint32_t n, uint32_t *n_user)
{
    *n_user = 0;
    for (uint32_t i = 0; i < n; i++, pairs += 2) {
        if (pairs[0] >= vocabulary->n_tokens || pairs[1] > SENTENCEPIECE_CUT_OUT)
            return TACIT_ERR_MODEL_DAMAGED;
        *n_user += is_user(vocabulary, pairs);
    }
    return *n_user <= SENTENCEPIECE_USER_MAX ? TACIT_OK : TACIT_ERR_UNSUPPORTED;
}

/* Puts a token behind those that begin with the same byte and are at least as long. */
static void insert(struct sentencepiece *sp, const struct vocabulary *vocabulary, uint32_t token,
                   uint32_t end)
{
    size_t n = vocabulary_bytes(vocabulary, token).n;
    uint32_t at = end;
    for (; at > sp->first[vocabulary_bytes(vocabulary, token).data[0]]; at--) {
        if (vocabulary_bytes(vocabulary, sp->user[at - 1]).n >= n)
            break;
        sp->user[at] = sp->user[at - 1];
    }
    sp->user[at] = token;
}

static void sort_user(struct sentencepiece *sp, const struct vocabulary *vocabulary,
                      const uint32_t *pairs, uint32_t n)
{
    uint32_t n_filled[256] = {0};
    for (uint32_t i = 0; i < n; i++)
        if (is_user(vocabulary, pairs + 2 * (size_t)i))
            sp->first[vocabulary_bytes(vocabulary, pairs[2 * (size_t)i]).data[0] + 1]++;
    for (unsigned byte = 0; byte < 256; byte++)
        sp->first[byte + 1] += sp->first[byte];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t token = pairs[2 * (size_t)i];
        if (!is_user(vocabulary, pairs + 2 * (size_t)i))
            continue;
        uint8_t byte = vocabulary_bytes(vocabulary, token).data[0];
        insert(sp, vocabulary, token, sp->first[byte] + n_filled[byte]++);
    }
}

static void find_bytes_before_spaces(struct sentencepiece *sp, struct byte_view token)
{
    for (size_t i = 1; i < token.n; i++)
        if (token.data[i] == ' ' && token.data[i - 1] != ' ')
            sp->before_space[token.data[i - 1]] = true;
}

enum tacit_status sentencepiece_init(struct sentencepiece *sp, const struct vocabulary *vocabulary,
                                     const uint32_t *pairs, uint32_t n)
{
    uint32_t n_user;
    *sp = (struct sentencepiece){0};
    enum tacit_status status = check_pairs(vocabulary, pairs, n, &n_user);
    if (status != TACIT_OK)
        return status;
    sp->user = malloc((n_user + (size_t)1) * sizeof *sp->user);
    if (!sp->user)
        return TACIT_ERR_MEMORY;
    sort_user(sp, vocabulary, pairs, n);
    for (uint32_t i = 0; i < vocabulary->n_tokens; i++)
        find_bytes_before_spaces(sp, vocabulary_bytes(vocabulary, i));
    return TACIT_OK;
}

void sentencepiece_free(struct sentencepiece *sp)
{
    free(sp->user);
    *sp = (struct sentencepiece){0};
}

/* The length of the token to cut out with which p begins; 0: there is none. */
static size_t user_length(const struct sentencepiece *sp, const struct vocabulary *vocabulary,
                          const uint8_t *p, size_t n)
{
    for (uint32_t i = sp->first[p[0]]; i < sp->first[p[0] + 1]; i++) {
        struct byte_view token = vocabulary_bytes(vocabulary, sp->user[i]);
        if (token.n <= n && memcmp(token.data, p, token.n) == 0)
            return token.n;
    }
    return 0;
}

size_t sentencepiece_next(const struct sentencepiece *sp, const struct vocabulary *vocabulary,
                          const uint8_t *p, size_t n)
{
    size_t length = user_length(sp, vocabulary, p, n);
    if (length)
        return length;
    for (size_t i = 1; i < n; i++) {
        bool word_begins = p[i] == ' ' && p[i - 1] != ' ' && !sp->before_space[p[i - 1]];
        if (word_begins || user_length(sp, vocabulary, p + i, n - i))
            return i;
    }
    return n;
}

size_t sentencepiece_symbols(const struct vocabulary *vocabulary, const uint8_t *p, size_t n,
                             uint32_t *items)
{
    size_t n_items = 0;
    for (size_t pos = 0; pos < n;) {
        uint32_t code;
        size_t length = utf8_decode(p + pos, n - pos, &code);
        uint32_t token =
            length > 1 ? vocabulary_find(vocabulary, p + pos, length) : VOCABULARY_NONE;
        if (token != VOCABULARY_NONE) {
            items[n_items++] = token;
            pos += length;
            continue;
        }
        for (size_t end = pos + (length ? length : 1); pos < end; pos++)
            items[n_items++] = vocabulary->byte_item[p[pos]];
    }
    return n_items;
}
