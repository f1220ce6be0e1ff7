/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokenizer: the tokens that Hugging Face's give for the texts of tokenizer_cases.h, with each
 * pre-tokenizer; any bytes and back, also by the second decoder; merges, long pieces and cuts; specifications and files that are
 * refused.
 */
#include "check.h"
#include "token/pretokenizer.h"
#include "token/tokenizer.h"
#include "unit/token/second_tokenizer.h"
#include "unit/token/tokenizer_cases.h"

#include <stdlib.h>

static struct byte_view view_of(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

/* The toy vocabulary, whose word 0 is special, with n_rules of its merges. */
static enum tacit_status create(struct tokenizer **tokenizer, const char *pre, uint32_t n_rules)
{
    struct byte_view tokens[N_WORDS], rules[N_MERGES];
    uint8_t is_text[N_WORDS];
    for (int i = 0; i < N_WORDS; i++) {
        tokens[i] = view_of(words[i]);
        is_text[i] = i > 0;
    }
    for (int i = 0; i < N_MERGES; i++)
        rules[i] = view_of(merges[i]);
    struct tokenizer_spec spec = {.pre = view_of(pre),
                                  .n_tokens = N_WORDS,
                                  .tokens = tokens,
                                  .is_text = is_text,
                                  .n_rules = n_rules,
                                  .rules = rules,
                                  .has_start = true};
    return tokenizer_create(tokenizer, &spec);
}

static bool spells(const struct tokenizer *tokenizer, const uint32_t *items, size_t n_items,
                   const uint8_t *bytes, size_t n)
{
    size_t pos = 0;
    for (size_t i = 0; i < n_items; i++) {
        struct byte_view item = tokenizer_item_bytes(tokenizer, items[i]);
        if (item.n == 0 || item.n > n - pos || memcmp(item.data, bytes + pos, item.n) != 0)
            return false;
        pos += item.n;
    }
    return pos == n;
}

/* Saves the tokenizer and loads it again; the file says the same when saved once more. */
static void save_and_load(struct tokenizer **tokenizer)
{
    uint8_t *data, *again;
    size_t n, n_again;
    CHECK(tokenizer_save(*tokenizer, &data, &n) == TACIT_OK);
    tokenizer_destroy(*tokenizer);
    CHECK(tokenizer_load(tokenizer, data, n) == TACIT_OK);
    if (*tokenizer) {
        CHECK(tokenizer_save(*tokenizer, &again, &n_again) == TACIT_OK);
        CHECK(n_again == n && memcmp(again, data, n) == 0);
        CHECK(tokenizer_start(*tokenizer) == 0);
        free(again);
    }
    free(data);
}

/* Against ids of an independent implementation. */
static void test_texts(const char *pre, const unsigned short *ids, bool from_file)
{
    struct tokenizer *tokenizer;
    uint32_t items[1024];
    CHECK(create(&tokenizer, pre, N_MERGES) == TACIT_OK);
    if (tokenizer && from_file)
        save_and_load(&tokenizer);
    if (!tokenizer)
        return;
    for (int i = 0; i < N_TEXTS; i++) {
        size_t n_want = *ids++, n, n_same = 0;
        struct byte_view text = view_of(texts[i]);
        CHECK(tokenizer_encode(tokenizer, text.data, text.n, items, &n) == TACIT_OK);
        while (n_same < n && n_same < n_want && items[n_same] == ids[n_same])
            n_same++;
        CHECK_MSG(n == n_want && n_same == n, "%s, text %d, token %zu", pre, i, n_same);
        CHECK(spells(tokenizer, items, n, text.data, text.n));
        ids += n_want;
    }
    tokenizer_destroy(tokenizer);
}

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * n >> 32);
}

static void check_round_trip(const struct tokenizer *tokenizer, const uint8_t *bytes, size_t n)
{
    uint32_t *items = malloc((n + 1) * sizeof *items);
    size_t n_items = 99;
    CHECK(tokenizer_encode(tokenizer, bytes, n, items, &n_items) == TACIT_OK);
    CHECK(n_items <= n && spells(tokenizer, items, n_items, bytes, n));
    for (size_t i = 0; i < n_items; i++)
        CHECK(items[i] != 0 && items[i] < tokenizer_n_items(tokenizer));
    free(items);
}

/* Whatever the bytes, valid or not; an exact copy shows reads beyond the end. */
static void test_any_bytes(const char *pre)
{
    struct tokenizer *tokenizer;
    struct second_tokenizer second;
    if (create(&tokenizer, pre, N_MERGES) != TACIT_OK)
        return;
    second_open(&second, tokenizer);
    for (int i = 0; i < N_TEXTS; i++)
        second_check(&second, view_of(texts[i]).data, strlen(texts[i]));
    for (size_t n = 0; n < 400; n++) {
        uint8_t *bytes = malloc(n ? n : 1);
        for (size_t i = 0; i < n; i++) {
            static const uint8_t likely[] =
                "  \n\r'sStT1a\xf0\x9f\x98\x80\xc3\xa9\xc5\xbf\xe2\x80\x83";
            uint32_t any = random_below(256);
            bytes[i] = n % 2 ? likely[any % (sizeof likely - 1)] : (uint8_t)any;
        }
        check_round_trip(tokenizer, bytes, n);
        second_check(&second, bytes, n);
        free(bytes);
    }
    second_close(&second);
    tokenizer_destroy(tokenizer);
}

/* Each of the 256 bytes alone: a token of the vocabulary, or the bare byte if it has none. */
static void test_bare_bytes(void)
{
    struct tokenizer *tokenizer;
    unsigned n_bare = 0;
    if (create(&tokenizer, "smollm", N_MERGES) != TACIT_OK)
        return;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t value = (uint8_t)byte;
        uint32_t item;
        size_t n;
        CHECK(tokenizer_encode(tokenizer, &value, 1, &item, &n) == TACIT_OK && n == 1);
        n_bare += item == N_WORDS + byte;
        struct byte_view bare = tokenizer_item_bytes(tokenizer, N_WORDS + byte);
        CHECK(bare.n == (item == N_WORDS + byte));
    }
    CHECK(n_bare == 21);
    CHECK(tokenizer_n_items(tokenizer) == N_WORDS + 256);
    CHECK(tokenizer_item_bytes(tokenizer, 0).n == 0);
    /* An unspellable byte within a word: the rest is still merged. */
    uint32_t items[16];
    size_t n;
    CHECK(tokenizer_encode(tokenizer, (const uint8_t *)"the\x04the", 7, items, &n) == TACIT_OK);
    CHECK(n == 3 && items[0] == items[2] && items[1] == N_WORDS + 4);
    tokenizer_destroy(tokenizer);
}

static uint32_t find_word(const char *text, size_t n)
{
    for (uint32_t i = 0; i < N_WORDS; i++)
        if (strlen(words[i]) == n && memcmp(words[i], text, n) == 0)
            return i;
    return UINT32_MAX;
}

/* Merges by the definition, on a word of ASCII letters: the first rule that applies, leftmost. */
static size_t merge_by_definition(const char *text, size_t n, uint32_t *items)
{
    char spelled[N_WORDS];
    for (size_t i = 0; i < n; i++)
        items[i] = find_word(text + i, 1);
    for (int rule = 0; rule < N_MERGES; rule++) {
        const char *space = strchr(merges[rule], ' ');
        size_t n_left = (size_t)(space - merges[rule]), n_right = strlen(space + 1);
        uint32_t left = find_word(merges[rule], n_left), right = find_word(space + 1, n_right);
        for (size_t i = 0; i + 1 < n; i++) {
            if (items[i] != left || items[i + 1] != right)
                continue;
            memcpy(spelled, merges[rule], n_left);
            memcpy(spelled + n_left, space + 1, n_right);
            items[i] = find_word(spelled, n_left + n_right);
            memmove(items + i + 1, items + i + 2, (n - i - 2) * sizeof *items);
            n--;
            rule = -1; /* an earlier rule may apply now */
            break;
        }
    }
    return n;
}

static void test_merges(void)
{
    struct tokenizer *tokenizer;
    if (create(&tokenizer, "gpt-2", N_MERGES) != TACIT_OK)
        return;
    for (size_t n = 1; n < 90; n += n < 40 ? 1 : 7) {
        char text[90];
        uint32_t want[90], items[90];
        size_t n_items;
        for (size_t i = 0; i < n; i++)
            text[i] = "thelampiskrno"[random_below(13)];
        size_t n_want = merge_by_definition(text, n, want);
        CHECK(tokenizer_encode(tokenizer, (const uint8_t *)text, n, items, &n_items) == TACIT_OK);
        CHECK_MSG(n_items == n_want && memcmp(items, want, n_want * sizeof *want) == 0, "%.*s",
                  (int)n, text);
    }
    tokenizer_destroy(tokenizer);
}

/* A piece beyond TOKENIZER_PIECE_MAX is encoded in parts of that size. */
static void test_long_piece(void)
{
    struct tokenizer *tokenizer;
    size_t n = 2 * TOKENIZER_PIECE_MAX + 1001, n_whole, n_parts = 0, n_part;
    if (create(&tokenizer, "llama-bpe", N_MERGES) != TACIT_OK)
        return;
    uint8_t *bytes = malloc(n);
    uint32_t *whole = malloc(n * sizeof *whole), *parts = malloc(n * sizeof *parts);
    for (size_t i = 0; i < n; i++)
        bytes[i] = "the"[i % 3];
    CHECK(tokenizer_encode(tokenizer, bytes, n, whole, &n_whole) == TACIT_OK);
    for (size_t pos = 0; pos < n; pos += TOKENIZER_PIECE_MAX) {
        size_t n_bytes = n - pos < TOKENIZER_PIECE_MAX ? n - pos : TOKENIZER_PIECE_MAX;
        CHECK(tokenizer_encode(tokenizer, bytes + pos, n_bytes, parts + n_parts, &n_part) ==
              TACIT_OK);
        n_parts += n_part;
    }
    CHECK(n_whole == n_parts && memcmp(whole, parts, n_parts * sizeof *parts) == 0);
    CHECK(n_whole < n / 2);
    free(bytes);
    free(whole);
    free(parts);
    tokenizer_destroy(tokenizer);
}

static enum tacit_status create_with_rule(const char *rule)
{
    struct byte_view tokens[] = {view_of("a"), view_of("b"), view_of("ab"), view_of("<s>")};
    const uint8_t is_text[] = {1, 1, 1, 0};
    struct byte_view rules[] = {view_of(rule)};
    struct tokenizer_spec spec = {.pre = view_of("gpt-2"),
                                  .n_tokens = 4,
                                  .tokens = tokens,
                                  .is_text = is_text,
                                  .n_rules = 1,
                                  .rules = rules};
    struct tokenizer *tokenizer;
    enum tacit_status status = tokenizer_create(&tokenizer, &spec);
    CHECK((status == TACIT_OK) == (tokenizer != NULL));
    tokenizer_destroy(tokenizer);
    return status;
}

static void test_bad_specs(void)
{
    struct tokenizer *tokenizer;
    CHECK(create(&tokenizer, "no-such-rules", 0) == TACIT_ERR_UNSUPPORTED && !tokenizer);
    CHECK(create_with_rule("a b") == TACIT_OK);
    static const char *const bad[] = {"ab",  "",      " ",     "a ",    "b a",
                                      "a c", "a b c", "<s> a", "a \x01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_MSG(create_with_rule(bad[i]) == TACIT_ERR_MODEL_DAMAGED, "\"%s\"", bad[i]);
    struct tokenizer_spec none = {.pre = view_of("gpt-2")};
    CHECK(tokenizer_create(&tokenizer, &none) == TACIT_ERR_UNSUPPORTED && !tokenizer);
    struct byte_view token = view_of("a");
    struct tokenizer_spec start = {
        .pre = view_of("gpt-2"), .n_tokens = 1, .tokens = &token, .has_start = true, .start = 1};
    CHECK(tokenizer_create(&tokenizer, &start) == TACIT_ERR_MODEL_DAMAGED && !tokenizer);
    start.has_start = false;
    CHECK(tokenizer_create(&tokenizer, &start) == TACIT_OK);
    CHECK(tokenizer_start(tokenizer) == VOCABULARY_NONE);
    tokenizer_destroy(tokenizer);
}

/* Of tokens with the same bytes the first counts; the others are never produced and have no bytes.
 */
static void test_repeated_tokens(void)
{
    struct byte_view tokens[] = {view_of("x"), view_of("a"), view_of("a"), view_of("\x01")};
    struct tokenizer_spec spec = {.pre = view_of("gpt-2"),
                                  .n_tokens = 4,
                                  .tokens = tokens,
                                  .is_text = NULL,
                                  .n_rules = 0,
                                  .rules = NULL};
    struct tokenizer *tokenizer;
    uint32_t item;
    size_t n;
    CHECK(tokenizer_create(&tokenizer, &spec) == TACIT_OK);
    CHECK(tokenizer_encode(tokenizer, (const uint8_t *)"a", 1, &item, &n) == TACIT_OK);
    CHECK(n == 1 && item == 1);
    CHECK(tokenizer_item_bytes(tokenizer, 2).n == 0 && tokenizer_item_bytes(tokenizer, 3).n == 0);
    tokenizer_destroy(tokenizer);
}

/* An exact copy shows reads beyond the end. */
static enum tacit_status load_exact(const uint8_t *data, size_t n)
{
    struct tokenizer *tokenizer;
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, data, n);
    enum tacit_status status = tokenizer_load(&tokenizer, copy, n);
    free(copy);
    if (tokenizer)
        check_round_trip(tokenizer, (const uint8_t *)"the \x04 lamps\xff", 12);
    CHECK((status == TACIT_OK) == (tokenizer != NULL));
    tokenizer_destroy(tokenizer);
    return status;
}

static void test_damaged_files(void)
{
    struct tokenizer *tokenizer;
    uint8_t *data;
    size_t n;
    if (create(&tokenizer, "smollm", N_MERGES) != TACIT_OK ||
        tokenizer_save(tokenizer, &data, &n) != TACIT_OK)
        return;
    tokenizer_destroy(tokenizer);
    for (size_t i = 0; i < n; i += i < 100 ? 1 : 7) {
        bool lacks_start = i == n - 4; /* and nothing else */
        CHECK_MSG(load_exact(data, i) == (lacks_start ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED),
                  "at %zu", i);
        uint8_t saved = data[i];
        data[i] = (uint8_t)(saved + 1 + random_below(255));
        load_exact(data, n);
        data[i] = saved;
    }
    CHECK(load_exact(data, n) == TACIT_OK);
    free(data);
}

static void check_cut(const char *text, size_t wanted, size_t want)
{
    size_t got = tokenizer_cut((const uint8_t *)text, strlen(text), wanted);
    CHECK_MSG(got == want, "\"%s\" at %zu: %zu", text, wanted, got);
}

static void test_cut(void)
{
    check_cut("one two\nthree four", 14, 8);
    check_cut("one two\n\n  three four", 14, 3); /* no line begins unindented: a space */
    check_cut("one two three", 10, 7);
    check_cut("one two three", 7, 7);
    check_cut("abcdefgh", 5, 5);
    check_cut("ab\xf0\x9f\x98\x80"
              "cd",
              5, 2);
    check_cut("\x80\x80\x80\x80\x80\x80\x80\x80", 6, 6);
    uint8_t text[1000];
    memset(text, 'x', sizeof text);
    text[100] = '\n';
    CHECK(tokenizer_cut(text, sizeof text, 357) == 101);
    CHECK(tokenizer_cut(text, sizeof text, 358) == 358);
    CHECK(tokenizer_cut(text, sizeof text, 1) == 1);
}

/* Every byte, spelled and decoded again. */
static void test_spelling(void)
{
    uint8_t bytes[256], text[512], back[512];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    size_t n = vocabulary_spell((struct byte_view){bytes, 256}, text);
    CHECK(vocabulary_decode((struct byte_view){text, n}, back) == 256);
    CHECK(memcmp(back, bytes, 256) == 0);
    CHECK(vocabulary_spell((struct byte_view){(const uint8_t *)" a", 2}, text) == 3);
    CHECK(memcmp(text,
                 "\xc4\xa0"
                 "a",
                 3) == 0);
}

int main(void)
{
    for (int from_file = 0; from_file < 2; from_file++) {
        test_texts("smollm", ids_smollm, from_file);
        test_texts("gpt-2", ids_gpt_2, from_file);
        test_texts("qwen2", ids_qwen2, from_file);
        test_texts("llama-bpe", ids_llama_bpe, from_file);
    }
    static const char *const pres[] = {
        "tacit",     "gpt-2",  "phi-2",     "olmo",      "mpt",      "smollm",
        "starcoder", "refact", "qwen2",     "llama-v3",  "llama3",   "deepseek-r1-qwen",
        "smaug-bpe", "dbrx",   "command-r", "codeshell", "llama-bpe"};
    for (size_t i = 0; i < sizeof pres / sizeof *pres; i++)
        test_any_bytes(pres[i]);
    test_bare_bytes();
    test_merges();
    test_long_piece();
    test_bad_specs();
    test_repeated_tokens();
    test_damaged_files();
    test_cut();
    test_spelling();
    return check_result();
}
