/* SPDX-License-Identifier: Apache-2.0 */
#include "token/byte_trie.h"

#include <stdlib.h>

#include "base/try.h"

#define ITEM_BYTES_MAX ((1u << 24) - 1)

struct sorted_item {
    struct byte_view bytes;
    uint32_t item;
};

static int compare_items(const void *a, const void *b)
{
    const struct sorted_item *x = a, *y = b;
    return view_compare(x->bytes, y->bytes);
}

/* The first decision in which two neighbours differ; a stands before b and differs from b. */
static uint32_t first_difference(struct byte_view a, struct byte_view b)
{
    uint32_t depth = 0;
    while (depth < a.n && a.data[depth] == b.data[depth])
        depth++;
    if (depth == a.n)
        return BYTE_TRIE_BYTE_DECISIONS * depth;
    uint32_t step = 1;
    for (unsigned differing = a.data[depth] ^ b.data[depth]; differing < 0x80; differing <<= 1)
        step++;
    return BYTE_TRIE_BYTE_DECISIONS * depth + step;
}

static enum tacit_status allocate(struct byte_trie *trie, const struct sorted_item *sorted)
{
    uint64_t n_bytes = 1;
    for (uint32_t i = 0; i < trie->n_places; i++) {
        if (sorted[i].bytes.n > ITEM_BYTES_MAX)
            return TACIT_ERR_ARGUMENT;
        n_bytes += sorted[i].bytes.n;
    }
    if (n_bytes > UINT32_MAX)
        return TACIT_ERR_ARGUMENT;
    trie->nodes = malloc(trie->n_places * sizeof *trie->nodes);
    trie->items = malloc(trie->n_places * sizeof *trie->items);
    trie->places = malloc(trie->n_items * sizeof *trie->places);
    trie->offsets = malloc((trie->n_places + (size_t)1) * sizeof *trie->offsets);
    trie->bytes = malloc((size_t)n_bytes);
    bool all = trie->nodes && trie->items && trie->places && trie->offsets && trie->bytes;
    return all ? TACIT_OK : TACIT_ERR_MEMORY;
}

static enum tacit_status place_items(struct byte_trie *trie, const struct sorted_item *sorted)
{
    memset(trie->places, 0xff, trie->n_items * sizeof *trie->places);
    trie->offsets[0] = 0;
    trie->nodes[0] = (struct byte_trie_node){{0, 0}, 0};
    for (uint32_t i = 0; i < trie->n_places; i++) {
        struct byte_view bytes = sorted[i].bytes;
        if (i > 0 && compare_items(&sorted[i - 1], &sorted[i]) == 0)
            return TACIT_ERR_ARGUMENT;
        trie->items[i] = sorted[i].item;
        trie->places[sorted[i].item] = i;
        memcpy(trie->bytes + trie->offsets[i], bytes.data, bytes.n);
        trie->offsets[i + 1] = trie->offsets[i] + (uint32_t)bytes.n;
        if (i > 0)
            trie->nodes[i] =
                (struct byte_trie_node){{0, 0}, first_difference(sorted[i - 1].bytes, bytes)};
    }
    return TACIT_OK;
}

/* Links the nodes 1 .. n_places - 1 into the tree in which parents have smaller positions than
 * their children, and nodes stand from left to right in the order of their indices. Among the items
 * below a node the node's position occurs once, where 0s turn into 1s. stack: room for n_places. */
static void link_nodes(struct byte_trie *trie, uint32_t *stack)
{
    uint32_t n_stack = 0; /* the path of right children from the root down */
    for (uint32_t i = 1; i < trie->n_places; i++) {
        uint32_t below = 0;
        while (n_stack > 0 && trie->nodes[stack[n_stack - 1]].position > trie->nodes[i].position)
            below = stack[--n_stack];
        trie->nodes[i].child[0] = below;
        if (n_stack > 0)
            trie->nodes[stack[n_stack - 1]].child[1] = i;
        stack[n_stack++] = i;
    }
    trie->root = n_stack > 0 ? stack[0] : 0;
}

static enum tacit_status build(struct byte_trie *trie, struct sorted_item *sorted)
{
    qsort(sorted, trie->n_places, sizeof *sorted, compare_items);
    TRY(allocate(trie, sorted));
    TRY(place_items(trie, sorted));
    uint32_t *stack = malloc(trie->n_places * sizeof *stack);
    if (!stack)
        return TACIT_ERR_MEMORY;
    link_nodes(trie, stack);
    free(stack);
    return TACIT_OK;
}

enum tacit_status byte_trie_create(struct byte_trie **out, const struct byte_view *bytes,
                                   uint32_t n_items)
{
    *out = NULL;
    struct byte_trie *trie = calloc(1, sizeof *trie);
    struct sorted_item *sorted = malloc((n_items + (size_t)1) * sizeof *sorted);
    enum tacit_status status = TACIT_ERR_MEMORY;
    if (trie && sorted) {
        trie->n_items = n_items;
        for (uint32_t i = 0; i < n_items; i++)
            if (bytes[i].n > 0)
                sorted[trie->n_places++] = (struct sorted_item){bytes[i], i};
        status = trie->n_places > 0 ? build(trie, sorted) : TACIT_ERR_ARGUMENT;
    }
    free(sorted);
    if (status == TACIT_OK)
        *out = trie;
    else
        byte_trie_destroy(trie);
    return status;
}

enum tacit_status byte_trie_of_tokenizer(struct byte_trie **trie, const struct tokenizer *tokenizer)
{
    uint32_t n_items = tokenizer_n_items(tokenizer);
    *trie = NULL;
    struct byte_view *bytes = malloc(n_items * sizeof *bytes);
    if (!bytes)
        return TACIT_ERR_MEMORY;
    for (uint32_t i = 0; i < n_items; i++)
        bytes[i] = tokenizer_item_bytes(tokenizer, i);
    enum tacit_status status = byte_trie_create(trie, bytes, n_items);
    free(bytes);
    return status;
}

void byte_trie_destroy(struct byte_trie *trie)
{
    if (!trie)
        return;
    free(trie->nodes);
    free(trie->items);
    free(trie->places);
    free(trie->offsets);
    free(trie->bytes);
    free(trie);
}
