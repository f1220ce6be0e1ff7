/* SPDX-License-Identifier: Apache-2.0 */
#include "token/bpe.h"

#include <stdlib.h>

#include "base/try.h"
#include "token/sentencepiece.h"

#define NO_RANK    UINT32_MAX
#define NO_NODE    UINT32_MAX
#define PROBES_MAX 1024
#define SHORT_MAX  32

/* For vocabularies without a list of rules: each token is tried at each cut. */
#define TOKEN_BYTES_MAX 256
#define PAIRS_MAX       (1u << 26)

struct bpe_node {
    uint32_t token;
    uint32_t rank; /* of the pair with the next node */
    uint32_t previous, next;
};

static uint32_t hash_pair(uint32_t left, uint32_t right)
{
    uint64_t key = ((uint64_t)left << 32 | right) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(key >> 32) ^ (uint32_t)(key >> 15);
}

/* The slot of the pair, or the empty slot where the pair belongs. NULL: no slot within reach. */
static struct bpe_slot *find_slot(const struct bpe_rules *rules, uint32_t left, uint32_t right)
{
    uint32_t at = hash_pair(left, right);
    for (unsigned i = 0; i < PROBES_MAX; i++, at++) {
        struct bpe_slot *slot = &rules->slots[at & rules->slot_mask];
        if (slot->rank == NO_RANK || (slot->left == left && slot->right == right))
            return slot;
    }
    return NULL;
}

static uint32_t pair_rank(const struct bpe_rules *rules, uint32_t left, uint32_t right)
{
    const struct bpe_slot *slot = find_slot(rules, left, right);
    return slot ? slot->rank : NO_RANK;
}

/* The tokens of the rule's two sides and of both together. bytes: room for text.n. */
static enum tacit_status read_rule(const struct vocabulary *vocabulary, struct byte_view text,
                                   uint8_t *bytes, uint32_t *left, uint32_t *right,
                                   uint32_t *merged)
{
    const uint8_t *space = text.n > 1 ? memchr(text.data + 1, ' ', text.n - 1) : NULL;
    if (!space)
        return TACIT_ERR_MODEL_DAMAGED;
    size_t n_left = (size_t)(space - text.data);
    struct byte_view first = {text.data, n_left};
    struct byte_view second = {space + 1, text.n - n_left - 1};
    size_t n_first = vocabulary_decode(first, bytes);
    if (n_first == SIZE_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    size_t n_second = vocabulary_decode(second, bytes + n_first);
    if (n_second == SIZE_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    *left = vocabulary_find(vocabulary, bytes, n_first);
    *right = vocabulary_find(vocabulary, bytes + n_first, n_second);
    *merged = vocabulary_find(vocabulary, bytes, n_first + n_second);
    bool known = *left != VOCABULARY_NONE && *right != VOCABULARY_NONE;
    return known && *merged != VOCABULARY_NONE ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

/* Of equal rules the first counts. */
static enum tacit_status add_rule(struct bpe_rules *rules, uint32_t left, uint32_t right,
                                  uint32_t rank)
{
    struct bpe_slot *slot = find_slot(rules, left, right);
    if (!slot)
        return TACIT_ERR_MODEL_DAMAGED;
    if (slot->rank == NO_RANK)
        *slot = (struct bpe_slot){left, right, rank};
    return TACIT_OK;
}

static enum tacit_status add_rules(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                   const struct byte_view *texts, uint32_t n_rules)
{
    size_t n_text_max = 1;
    for (uint32_t i = 0; i < n_rules; i++)
        n_text_max = texts[i].n > n_text_max ? texts[i].n : n_text_max;
    uint8_t *bytes = malloc(n_text_max);
    enum tacit_status status = bytes ? TACIT_OK : TACIT_ERR_MEMORY;
    for (uint32_t i = 0; i < n_rules && status == TACIT_OK; i++) {
        uint32_t left, right;
        status = read_rule(vocabulary, texts[i], bytes, &left, &right, &rules->merged[i]);
        if (status == TACIT_OK)
            status = add_rule(rules, left, right, i);
    }
    free(bytes);
    return status;
}

/* Room for n_pairs rules of n_ranks ranks. */
static enum tacit_status allocate(struct bpe_rules *rules, uint64_t n_pairs, uint32_t n_ranks)
{
    uint64_t n_slots = 2;
    while (n_slots < 2 * n_pairs + 1)
        n_slots *= 2;
    rules->slot_mask = (uint32_t)(n_slots - 1);
    rules->slots = malloc((size_t)n_slots * sizeof *rules->slots);
    rules->merged = malloc((n_ranks + (size_t)1) * sizeof *rules->merged);
    if (!rules->slots || !rules->merged)
        return TACIT_ERR_MEMORY;
    memset(rules->slots, 0xff, (size_t)n_slots * sizeof *rules->slots);
    return TACIT_OK;
}

enum tacit_status bpe_rules_init(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                 const struct byte_view *texts, uint32_t n_rules)
{
    *rules = (struct bpe_rules){0};
    if (n_rules > VOCABULARY_TOKENS_MAX)
        return TACIT_ERR_UNSUPPORTED;
    TRY(allocate(rules, n_rules, n_rules));
    return add_rules(rules, vocabulary, texts, n_rules);
}

static enum tacit_status add_pair(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                  const uint32_t *pair, uint32_t rank, uint8_t *bytes)
{
    if (pair[0] >= vocabulary->n_tokens || pair[1] >= vocabulary->n_tokens)
        return TACIT_ERR_MODEL_DAMAGED;
    struct byte_view left = vocabulary_bytes(vocabulary, pair[0]);
    struct byte_view right = vocabulary_bytes(vocabulary, pair[1]);
    if (left.n == 0 || right.n == 0)
        return TACIT_ERR_MODEL_DAMAGED;
    memcpy(bytes, left.data, left.n);
    memcpy(bytes + left.n, right.data, right.n);
    rules->merged[rank] = vocabulary_find(vocabulary, bytes, left.n + right.n);
    if (rules->merged[rank] == VOCABULARY_NONE)
        return TACIT_ERR_MODEL_DAMAGED;
    return add_rule(rules, pair[0], pair[1], rank);
}

enum tacit_status bpe_rules_of_pairs(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                     const uint32_t *pairs, uint32_t n_rules)
{
    *rules = (struct bpe_rules){0};
    if (n_rules > VOCABULARY_TOKENS_MAX)
        return TACIT_ERR_UNSUPPORTED;
    TRY(allocate(rules, n_rules, n_rules));
    uint8_t *bytes = malloc(2 * (size_t)vocabulary->n_bytes_max + 1);
    enum tacit_status status = bytes ? TACIT_OK : TACIT_ERR_MEMORY;
    for (uint32_t i = 0; i < n_rules && status == TACIT_OK; i++)
        status = add_pair(rules, vocabulary, pairs + 2 * (size_t)i, i, bytes);
    free(bytes);
    return status;
}

static enum tacit_status add_splits(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                    uint32_t token, uint32_t rank)
{
    struct byte_view bytes = vocabulary_bytes(vocabulary, token);
    for (size_t cut = 1; cut < bytes.n; cut++) {
        uint32_t left = vocabulary_find(vocabulary, bytes.data, cut);
        uint32_t right = vocabulary_find(vocabulary, bytes.data + cut, bytes.n - cut);
        if (left != VOCABULARY_NONE && right != VOCABULARY_NONE)
            TRY(add_rule(rules, left, right, rank));
    }
    return TACIT_OK;
}

enum tacit_status bpe_rules_of_tokens(struct bpe_rules *rules, const struct vocabulary *vocabulary)
{
    uint32_t n_tokens = vocabulary->n_tokens;
    uint64_t n_pairs = vocabulary->offsets[n_tokens];
    *rules = (struct bpe_rules){0};
    if (n_pairs > PAIRS_MAX || vocabulary->n_bytes_max > TOKEN_BYTES_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    TRY(allocate(rules, n_pairs, n_tokens));
    for (uint32_t i = 0; i < n_tokens; i++) {
        rules->merged[i] = i;
        TRY(add_splits(rules, vocabulary, i, i));
    }
    return TACIT_OK;
}

enum tacit_status bpe_rules_of_uses(struct bpe_rules *rules, const struct vocabulary *vocabulary,
                                    const uint32_t *pairs, uint32_t n)
{
    uint64_t n_pairs = 0;
    *rules = (struct bpe_rules){0};
    if (n > VOCABULARY_TOKENS_MAX || vocabulary->n_bytes_max > TOKEN_BYTES_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    for (uint32_t i = 0; i < n; i++)
        n_pairs += vocabulary_bytes(vocabulary, pairs[2 * (size_t)i]).n;
    if (n_pairs > PAIRS_MAX)
        return TACIT_ERR_MODEL_DAMAGED;
    TRY(allocate(rules, n_pairs, n));
    for (uint32_t i = 0; i < n; i++) {
        rules->merged[i] = pairs[2 * (size_t)i];
        if (pairs[2 * (size_t)i + 1] == SENTENCEPIECE_MERGED)
            TRY(add_splits(rules, vocabulary, pairs[2 * (size_t)i], i));
    }
    return TACIT_OK;
}

void bpe_rules_free(struct bpe_rules *rules)
{
    free(rules->slots);
    free(rules->merged);
    *rules = (struct bpe_rules){0};
}

static size_t merge_short(const struct bpe_rules *rules, uint32_t *tokens, size_t n)
{
    uint32_t ranks[SHORT_MAX]; /* of the pair (i, i + 1) */
    for (size_t i = 0; i + 1 < n; i++)
        ranks[i] = pair_rank(rules, tokens[i], tokens[i + 1]);
    while (n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            if (ranks[i] < ranks[best])
                best = i;
        if (ranks[best] == NO_RANK)
            break;
        tokens[best] = rules->merged[ranks[best]];
        n--;
        memmove(tokens + best + 1, tokens + best + 2, (n - best - 1) * sizeof *tokens);
        memmove(ranks + best, ranks + best + 1, (n - best - 1) * sizeof *ranks);
        if (best > 0)
            ranks[best - 1] = pair_rank(rules, tokens[best - 1], tokens[best]);
        if (best + 1 < n)
            ranks[best] = pair_rank(rules, tokens[best], tokens[best + 1]);
    }
    return n;
}

/* A binary heap of rank << 32 | node: the least is the first rule's leftmost pair. */
static void heap_push(uint64_t *heap, size_t *n, uint64_t key)
{
    size_t at = (*n)++;
    for (; at > 0 && heap[(at - 1) / 2] > key; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = key;
}

static uint64_t heap_pop(uint64_t *heap, size_t *n)
{
    uint64_t least = heap[0], key = heap[--*n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < *n; at = child) {
        child += child + 1 < *n && heap[child + 1] < heap[child];
        if (heap[child] >= key)
            break;
        heap[at] = heap[child];
    }
    heap[at] = key;
    return least;
}

/* Ranks the pair of node with its successor, and queues it if a rule merges it. */
static void queue_pair(const struct bpe_rules *rules, struct bpe_scratch *scratch, size_t *n_heap,
                       uint32_t node)
{
    struct bpe_node *left = &scratch->nodes[node];
    left->rank = left->next == NO_NODE
                     ? NO_RANK
                     : pair_rank(rules, left->token, scratch->nodes[left->next].token);
    if (left->rank != NO_RANK)
        heap_push(scratch->heap, n_heap, (uint64_t)left->rank << 32 | node);
}

static void merge_nodes(const struct bpe_rules *rules, struct bpe_scratch *scratch, size_t *n_heap,
                        uint32_t node)
{
    struct bpe_node *left = &scratch->nodes[node], *right = &scratch->nodes[left->next];
    left->token = rules->merged[left->rank];
    right->rank = NO_RANK; /* entries of the heap for this pair are now out of date */
    left->next = right->next;
    if (left->next != NO_NODE)
        scratch->nodes[left->next].previous = node;
    queue_pair(rules, scratch, n_heap, node);
    if (left->previous != NO_NODE)
        queue_pair(rules, scratch, n_heap, left->previous);
}

static size_t merge_long(const struct bpe_rules *rules, uint32_t *tokens, size_t n,
                         struct bpe_scratch *scratch)
{
    size_t n_heap = 0, n_left = 0;
    for (uint32_t i = 0; i < n; i++)
        scratch->nodes[i] =
            (struct bpe_node){tokens[i], NO_RANK, i ? i - 1 : NO_NODE, i + 1 < n ? i + 1 : NO_NODE};
    for (uint32_t i = 0; i + 1 < n; i++)
        queue_pair(rules, scratch, &n_heap, i);
    while (n_heap > 0) {
        uint64_t key = heap_pop(scratch->heap, &n_heap);
        if (scratch->nodes[(uint32_t)key].rank == key >> 32)
            merge_nodes(rules, scratch, &n_heap, (uint32_t)key);
    }
    for (uint32_t i = 0; i != NO_NODE; i = scratch->nodes[i].next)
        tokens[n_left++] = scratch->nodes[i].token;
    return n_left;
}

/* n - 1 pairs at first and two more for each of at most n - 1 merges: 3 n entries of the heap. */
static enum tacit_status grow(struct bpe_scratch *scratch, size_t n)
{
    if (n <= scratch->cap)
        return TACIT_OK;
    bpe_scratch_free(scratch);
    if (n > SIZE_MAX / (3 * sizeof *scratch->heap))
        return TACIT_ERR_MEMORY;
    scratch->nodes = malloc(n * sizeof *scratch->nodes);
    scratch->heap = malloc(3 * n * sizeof *scratch->heap);
    if (!scratch->nodes || !scratch->heap)
        return TACIT_ERR_MEMORY;
    scratch->cap = n;
    return TACIT_OK;
}

enum tacit_status bpe_merge(const struct bpe_rules *rules, uint32_t *tokens, size_t n,
                            struct bpe_scratch *scratch, size_t *n_out)
{
    if (n <= SHORT_MAX) {
        *n_out = merge_short(rules, tokens, n);
        return TACIT_OK;
    }
    TRY(grow(scratch, n));
    *n_out = merge_long(rules, tokens, n, scratch);
    return TACIT_OK;
}

void bpe_scratch_free(struct bpe_scratch *scratch)
{
    free(scratch->nodes);
    free(scratch->heap);
    *scratch = (struct bpe_scratch){0};
}
