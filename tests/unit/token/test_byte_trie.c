/* SPDX-License-Identifier: Apache-2.0
 *
 * The byte trie against its definition: every decision of every walk parts the places as
 * byte_trie.h says, for small vocabularies, all bytes and a tokenizer's; arguments that are refused.
 */
#include "check.h"
#include "token/byte_trie.h"
#include "unit/token/tokenizer_cases.h"

#include <stdlib.h>

static struct byte_view view_of(const char *text)
{
    return (struct byte_view){(const uint8_t *)text, strlen(text)};
}

/* Decision number position of an item, by the definition. */
static unsigned decision_of(struct byte_view item, uint32_t position)
{
    uint32_t depth = position / 9, step = position % 9;
    if (step == 0)
        return item.n > depth;
    return item.data[depth] >> (8 - step) & 1;
}

/* Items whose first position decisions are those of item: the mass of all of them, and of those
 * that have a 1 next. */
static void masses_by_definition(const struct byte_trie *trie, struct byte_view item,
                                 uint32_t position, const uint64_t *mass, uint64_t *all,
                                 uint64_t *ones)
{
    *all = *ones = 0;
    for (uint32_t place = 0; place < trie->n_places; place++) {
        struct byte_view other = byte_trie_bytes(trie, place);
        uint32_t same = 0;
        while (same < position && decision_of(other, same) == decision_of(item, same))
            same++;
        if (same < position)
            continue;
        *all += mass[place];
        if (decision_of(other, position))
            *ones += mass[place];
    }
}

/* Walks to one item; each decision's masses against the definition. Returns the open decisions. */
static unsigned check_walk(const struct byte_trie *trie, uint32_t place, const uint64_t *mass,
                           const uint64_t *cum)
{
    struct byte_view item = byte_trie_bytes(trie, place);
    struct byte_trie_walk walk = byte_trie_start(trie);
    unsigned n_open = 0, bit;
    bool more;
    do {
        uint64_t all, ones;
        uint32_t position = walk.position;
        masses_by_definition(trie, item, position, mass, &all, &ones);
        CHECK(cum[walk.high] - cum[walk.low] == all);
        if (byte_trie_is_open(trie, &walk)) {
            bit = place >= walk.split;
            CHECK(cum[walk.high] - cum[walk.split] == ones && ones > 0 && ones < all);
            n_open++;
        } else {
            bit = byte_trie_forced(trie, &walk);
            CHECK(ones == (bit ? all : 0));
        }
        CHECK(bit == decision_of(item, position));
        more = byte_trie_take(trie, &walk, bit);
        CHECK(walk.position == position + 1 && walk.position <= 9 * item.n + 1);
    } while (more);
    CHECK(walk.low == place && walk.high == place + 1 && walk.position == 9 * item.n + 1);
    return n_open;
}

static void check_trie(const struct byte_trie *trie)
{
    uint64_t *mass = malloc((trie->n_places + (size_t)1) * 2 * sizeof *mass);
    uint64_t *cum = mass + trie->n_places;
    unsigned n_open = 0;
    cum[0] = 0;
    for (uint32_t i = 0; i < trie->n_places; i++) {
        mass[i] = 1 + (i * 2654435761u >> 12);
        cum[i + 1] = cum[i] + mass[i];
        CHECK(i == 0 || view_compare(byte_trie_bytes(trie, i - 1), byte_trie_bytes(trie, i)) < 0);
        CHECK(trie->places[trie->items[i]] == i);
    }
    for (uint32_t place = 0; place < trie->n_places; place++)
        n_open += check_walk(trie, place, mass, cum);
    CHECK((n_open == 0) == (trie->n_places == 1));
    free(mass);
}

static void test_small(void)
{
    static const char *const lists[][6] = {
        {"a"},
        {"abc"},
        {"", "a", "", "b"},
        {"a", "ab", "abc", "abcd", "abd"},
        {"\x7f", "\x80", "\xff", "\x80\x80", "\x80\xff"},
        {"b", "a\xff", "a", "a\x01", "c"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct byte_view items_of[6] = {{0}};
        struct byte_trie *trie;
        for (int k = 0; k < 6 && lists[i][k]; k++)
            items_of[k] = view_of(lists[i][k]);
        CHECK(byte_trie_create(&trie, items_of, 6) == TACIT_OK);
        if (trie)
            check_trie(trie);
        CHECK(trie && trie->places[5] == BYTE_TRIE_NONE);
        byte_trie_destroy(trie);
    }
}

/* A byte-level model: eight open decisions an item, nothing else. */
static void test_bytes(void)
{
    struct byte_view items_of[256];
    uint8_t bytes[256];
    struct byte_trie *trie;
    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
        items_of[i] = (struct byte_view){&bytes[i], 1};
    }
    CHECK(byte_trie_create(&trie, items_of, 256) == TACIT_OK);
    if (!trie)
        return;
    for (uint32_t place = 0; place < 256; place++) {
        struct byte_trie_walk walk = byte_trie_start(trie);
        CHECK(!byte_trie_is_open(trie, &walk) && byte_trie_forced(trie, &walk) == 1);
        byte_trie_take(trie, &walk, 1);
        for (int bit = 7; bit >= 0; bit--) {
            CHECK(byte_trie_is_open(trie, &walk));
            byte_trie_take(trie, &walk, place >> bit & 1);
        }
        CHECK(!byte_trie_is_open(trie, &walk) && byte_trie_forced(trie, &walk) == 0);
        CHECK(!byte_trie_take(trie, &walk, 0) && trie->items[walk.low] == place);
    }
    byte_trie_destroy(trie);
}

static void test_errors(void)
{
    struct byte_view twice[] = {view_of("a"), view_of("b"), view_of("a")};
    struct byte_view none[] = {view_of(""), view_of("")};
    struct byte_trie *trie;
    CHECK(byte_trie_create(&trie, twice, 3) == TACIT_ERR_ARGUMENT && !trie);
    CHECK(byte_trie_create(&trie, none, 2) == TACIT_ERR_ARGUMENT && !trie);
    CHECK(byte_trie_create(&trie, none, 0) == TACIT_ERR_ARGUMENT && !trie);
    byte_trie_destroy(NULL);
}

/* The toy vocabulary: all items that text can become, and every byte begins an item. */
static void test_tokenizer_trie(void)
{
    struct byte_view tokens[N_WORDS], rules[N_MERGES];
    struct tokenizer *tokenizer;
    struct byte_trie *trie;
    for (int i = 0; i < N_WORDS; i++)
        tokens[i] = view_of(words[i]);
    for (int i = 0; i < N_MERGES; i++)
        rules[i] = view_of(merges[i]);
    struct tokenizer_spec spec = {.pre = view_of("smollm"),
                                  .n_tokens = N_WORDS,
                                  .tokens = tokens,
                                  .is_text = NULL,
                                  .n_rules = N_MERGES,
                                  .rules = rules};
    CHECK(tokenizer_create(&tokenizer, &spec) == TACIT_OK);
    if (!tokenizer)
        return;
    CHECK(byte_trie_of_tokenizer(&trie, tokenizer) == TACIT_OK);
    if (trie) {
        bool begins[256] = {false};
        CHECK(trie->n_places == N_WORDS + 21); /* word 0 is text here */
        for (uint32_t place = 0; place < trie->n_places; place++)
            begins[byte_trie_bytes(trie, place).data[0]] = true;
        for (int i = 0; i < 256; i++)
            CHECK(begins[i]);
        check_trie(trie);
    }
    byte_trie_destroy(trie);
    tokenizer_destroy(tokenizer);
}

int main(void)
{
    (void)texts, (void)ids_smollm, (void)ids_gpt_2, (void)ids_qwen2, (void)ids_llama_bpe;
    test_small();
    test_bytes();
    test_errors();
    test_tokenizer_trie();
    return check_result();
}
