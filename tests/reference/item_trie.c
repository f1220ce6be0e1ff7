/* SPDX-License-Identifier: Apache-2.0 */
#include "item_trie.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"
#include "model_steps.h"

static int compare(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    uint32_t n = least(x->n, y->n);
    int order = memcmp(x->bytes, y->bytes, n);
    if (order != 0)
        return order;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return x->token < y->token ? -1 : x->token > y->token; /* of equals the first stays */
}

void make_items(struct items *items, const struct model *model)
{
    static uint8_t byte[256];
    items->n_tokens = model->n_tokens;
    items->n = 0;
    items->item = calloc(model->n_tokens + (size_t)256, sizeof *items->item);
    require(items->item != NULL, "out of memory");
    for (uint32_t i = 0; i < model->n_tokens; i++)
        if (model->token[i].n > 0)
            items->item[items->n++] = (struct item){model->token[i].bytes, model->token[i].n, i};
    for (unsigned b = 0; b < 256; b++) {
        byte[b] = (uint8_t)b;
        items->item[items->n++] = (struct item){&byte[b], 1, model->n_tokens};
    }
    qsort(items->item, items->n, sizeof *items->item, compare);
    uint32_t n = 1;
    for (uint32_t i = 1; i < items->n; i++) {
        const struct item *before = &items->item[n - 1], *it = &items->item[i];
        if (before->n != it->n || memcmp(before->bytes, it->bytes, it->n) != 0)
            items->item[n++] = *it;
    }
    items->n = n;
}

int decision_of(const struct items *items, uint32_t place, uint32_t taken)
{
    const struct item *item = &items->item[place];
    uint32_t depth = taken / 9, step = taken % 9;
    if (step == 0)
        return item->n > depth;
    return item->bytes[depth] >> (8 - step) & 1;
}

uint32_t split_of(const struct items *items, const struct walk *walk)
{
    uint32_t low = walk->low, high = walk->high - 1;
    if (decision_of(items, low, walk->position) == decision_of(items, high, walk->position))
        return 0;
    while (high - low > 1) { /* low has a 0, high has a 1 */
        uint32_t middle = low + (high - low) / 2;
        if (decision_of(items, middle, walk->position))
            high = middle;
        else
            low = middle;
    }
    return high;
}

void make_distribution(struct distribution *d, const struct items *items, bool mixed)
{
    d->items = items;
    d->bias = mixed ? zeros(items->n_tokens * sizeof(float)) : NULL;
    d->biased = zeros(items->n_tokens * sizeof(float));
    d->mass = zeros((items->n_tokens + (size_t)1) * sizeof(uint32_t));
    d->sum = zeros((items->n + (size_t)1) * sizeof(uint64_t));
}

void set_masses(struct distribution *d, const float *logits)
{
    uint32_t n = d->items->n_tokens;
    for (uint32_t i = 0; i < n; i++)
        d->biased[i] = d->bias != NULL ? logits[i] + d->bias[i] : logits[i];
    float top = d->biased[0];
    for (uint32_t i = 1; i < n; i++)
        top = d->biased[i] > top ? d->biased[i] : top;
    for (uint32_t i = 0; i < n; i++)
        d->mass[i] = 1 + (uint32_t)(exp_brief(d->biased[i] - top) * 0x1p30f);
    d->mass[n] = 1; /* of a bare byte */
    for (uint32_t i = 0; i < d->items->n; i++)
        d->sum[i + 1] = d->sum[i] + d->mass[d->items->item[i].token];
}

void learn_place(struct distribution *d, uint32_t place)
{
    uint32_t token = d->items->item[place].token, n = d->items->n_tokens;
    float step = 0.03f / (float)d->sum[d->items->n];
    for (uint32_t i = 0; i < n; i++)
        d->bias[i] -= step * (float)d->mass[i];
    if (token < n)
        d->bias[token] += 0.03f;
}

void make_parts(struct distribution *d)
{
    uint32_t n = d->items->n, heaviest = 0;
    uint64_t f = (((UINT64_C(1) << 30) - n) << 32) / d->sum[n], most = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t mass = d->mass[d->items->item[i].token];
        if (mass > most) {
            most = mass;
            heaviest = i;
        }
        d->sum[i + 1] = d->sum[i] + 1 + (mass * f >> 32);
    }
    uint64_t left = (UINT64_C(1) << 30) - d->sum[n];
    for (uint32_t i = heaviest + 1; i <= n; i++)
        d->sum[i] += left;
}

float stretch_of(const struct distribution *d, const struct walk *walk, uint32_t split)
{
    float zero = (float)(d->sum[split] - d->sum[walk->low]);
    float one = (float)(d->sum[walk->high] - d->sum[split]);
    return bounded(natural_log(one / zero), -14.0f, 14.0f);
}
