/* SPDX-License-Identifier: Apache-2.0
 *
 * SentencePiece vocabularies, against the plainest way to do what their makers say: tokens that are cut out, from the
 * left, the longest first; between them the best pair of the whole text, again and again. Any bytes and back; files;
 * the second decoder.
 */
#include "check.h"
#include "token/sentencepiece.h"
#include "token/tokenizer.h"
#include "unit/token/second_tokenizer.h"

#include <stdlib.h>
#include <string.h>

enum { N_MERGED = 18, N_USER = 4, N_BYTES = 3, N_TOKENS = 1 + N_USER + N_BYTES + N_MERGED };

/* Token 0 is special; the merged ones stand worst first, so that their order is not that of their numbers. Bytes: of
 * letters that are no tokens. "> a" crosses the space between two words. */
static const char *const words[N_TOKENS] = {
    "",    "\n",  "\n\n",       "<b>", "   ", "\xc3", "\xa4",     "\xb8", "> a",
    "aab", " ab", "ab\xc3\xa9", "abc", " a",  "bc",   "ab",       "ca",   "aa",
    ">",   "<",   " ",          "b",   "c",   "a",    "\xc3\xa9", "."};

static void make_pairs(uint32_t *pairs)
{
    for (uint32_t i = 0; i < N_MERGED; i++) {
        pairs[2 * i] = N_TOKENS - 1 - i;
        pairs[2 * i + 1] = SENTENCEPIECE_MERGED;
    }
    for (uint32_t i = 0; i < N_USER; i++) {
        pairs[2 * (N_MERGED + i)] = 1 + i;
        pairs[2 * (N_MERGED + i) + 1] = SENTENCEPIECE_CUT_OUT;
    }
}

static enum tacit_status create(struct tokenizer **tokenizer, const uint32_t *pairs)
{
    struct byte_view tokens[N_TOKENS];
    for (int i = 0; i < N_TOKENS; i++)
        tokens[i] = (struct byte_view){(const uint8_t *)words[i], strlen(words[i])};
    struct tokenizer_spec spec = {.form = TOKENIZER_SCORED,
                                  .n_tokens = N_TOKENS,
                                  .tokens = tokens,
                                  .n_rules = N_MERGED + N_USER,
                                  .pairs = pairs,
                                  .has_start = true};
    return tokenizer_create(tokenizer, &spec);
}

/* The merged token of these bytes, -1 for none; smaller numbers are worse. */
static int find(const uint8_t *bytes, size_t n)
{
    for (int i = 1 + N_USER + N_BYTES; i < N_TOKENS; i++)
        if (strlen(words[i]) == n && memcmp(words[i], bytes, n) == 0)
            return i;
    return -1;
}

static size_t user_at(const uint8_t *p, size_t n)
{
    size_t best = 0;
    for (int i = 1; i <= N_USER; i++) {
        size_t length = strlen(words[i]);
        if (length <= n && length > best && memcmp(words[i], p, length) == 0)
            best = length;
    }
    return best;
}

/* Ends of the symbols of p[0 .. n), in which nothing is cut out; their number. */
static size_t merge_plainly(const uint8_t *p, size_t n, size_t *ends)
{
    size_t n_ends = 0;
    for (size_t i = 0; i < n;) {
        bool is_pair = n - i >= 2 && find(p + i, 2) >= 0 && p[i] == 0xc3;
        i += is_pair ? 2 : 1;
        ends[n_ends++] = i;
    }
    for (;;) {
        int best = -1;
        size_t where = 0;
        for (size_t i = 0; i + 1 < n_ends; i++) {
            size_t begin = i ? ends[i - 1] : 0;
            int token = find(p + begin, ends[i + 1] - begin);
            if (token > best) {
                best = token;
                where = i;
            }
        }
        if (best < 0)
            return n_ends;
        memmove(ends + where, ends + where + 1, (n_ends - where - 1) * sizeof *ends);
        n_ends--;
    }
}

static size_t reference_ends(const uint8_t *p, size_t n, size_t *ends)
{
    size_t n_ends = 0;
    for (size_t pos = 0; pos < n;) {
        size_t end = pos, length = user_at(p + pos, n - pos);
        if (length) {
            ends[n_ends++] = pos += length;
            continue;
        }
        while (end < n && !user_at(p + end, n - end))
            end++;
        size_t n_more = merge_plainly(p + pos, end - pos, ends + n_ends);
        for (size_t i = 0; i < n_more; i++)
            ends[n_ends++] += pos;
        pos = end;
    }
    return n_ends;
}

static void check_text(const struct tokenizer *tokenizer, const uint8_t *text, size_t n)
{
    uint32_t items[256];
    size_t ends[256], n_items, pos = 0, n_wrong = 0;
    size_t n_ends = reference_ends(text, n, ends);
    CHECK(tokenizer_encode(tokenizer, text, n, items, &n_items) == TACIT_OK);
    CHECK_MSG(n_items == n_ends, "%zu items instead of %zu of '%.*s'", n_items, n_ends, (int)n,
              (const char *)text);
    for (size_t i = 0; i < n_items && n_items == n_ends; i++) {
        pos += tokenizer_item_bytes(tokenizer, items[i]).n;
        n_wrong += pos != ends[i];
    }
    CHECK_MSG(n_wrong == 0, "%zu items end elsewhere in '%.*s'", n_wrong, (int)n,
              (const char *)text);
}

static void check_random_texts(const struct tokenizer *tokenizer)
{
    static const char *const bits[] = {"a",   "b",    "c",   " ",  "\xc3\xa9",
                                       "\n",  "<b>",  "> a", ".",  "\xe4\xb8\xad",
                                       "   ", "\xc3", "Q",   "ab", " ab"};
    uint32_t state = 1;
    struct second_tokenizer second;
    second_open(&second, tokenizer);
    for (int round = 0; round < 3000; round++) {
        uint8_t text[256];
        size_t n = 0;
        while (n < (unsigned)round % 100) {
            state = state * 1664525u + 1013904223u;
            const char *bit = bits[(state >> 24) % (sizeof bits / sizeof *bits)];
            memcpy(text + n, bit, strlen(bit));
            n += strlen(bit);
        }
        check_text(tokenizer, text, n);
        second_check(&second, text, n);
    }
    second_close(&second);
}

static void test_texts(void)
{
    uint32_t pairs[2 * (N_MERGED + N_USER)];
    struct tokenizer *tokenizer, *loaded = NULL;
    uint8_t *data, *again;
    size_t n, n_again;
    make_pairs(pairs);
    CHECK(create(&tokenizer, pairs) == TACIT_OK);
    if (!tokenizer)
        return;
    check_random_texts(tokenizer);
    CHECK(tokenizer_save(tokenizer, &data, &n) == TACIT_OK);
    CHECK(tokenizer_load(&loaded, data, n) == TACIT_OK);
    if (loaded) {
        check_random_texts(loaded);
        CHECK(tokenizer_save(loaded, &again, &n_again) == TACIT_OK);
        CHECK(n_again == n && memcmp(again, data, n) == 0);
        free(again);
    }
    tokenizer_destroy(loaded);
    for (size_t cut = 0; cut < n; cut++)
        if (cut != n - 4) /* a file without a start is whole */
            CHECK(tokenizer_load(&loaded, data, cut) != TACIT_OK && !loaded);
    free(data);
    tokenizer_destroy(tokenizer);
}

static void test_bad_pairs(void)
{
    uint32_t pairs[2 * (N_MERGED + N_USER)];
    struct tokenizer *tokenizer;
    make_pairs(pairs);
    pairs[0] = N_TOKENS;
    CHECK(create(&tokenizer, pairs) == TACIT_ERR_MODEL_DAMAGED && !tokenizer);
    make_pairs(pairs);
    pairs[1] = 2;
    CHECK(create(&tokenizer, pairs) == TACIT_ERR_MODEL_DAMAGED && !tokenizer);
    make_pairs(pairs);
    pairs[0] = 0; /* without bytes: passed over */
    CHECK(create(&tokenizer, pairs) == TACIT_OK);
    tokenizer_destroy(tokenizer);
}

int main(void)
{
    test_texts();
    test_bad_pairs();
    return check_result();
}
