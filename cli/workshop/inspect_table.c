/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/inspect_table.h"

#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"

/* Begins a row of a list, and the list where it is another than before; heading: of its table. */
static void begin_row(struct inspect_table *t, const char *list, const char *heading)
{
    bool is_new = !t->list || strcmp(t->list, list) != 0;
    if (t->json && is_new)
        printf("%s, \"%s\": [\n", t->list ? "\n]" : "", list);
    else if (t->json)
        fputs(",\n", stdout);
    else if (is_new)
        printf("%s%s", t->list ? "\n" : "", heading);
    t->list = list;
}

/* "12", or `none` for what belongs to no layer. */
static const char *layer_text(char text[16], uint32_t layer, const char *none)
{
    if (layer == TACIT_NO_LAYER)
        return none;
    snprintf(text, 16, "%u", (unsigned)layer);
    return text;
}

static void take_tensor(void *context, const struct tacit_inspect_tensor *x)
{
    struct inspect_table *t = context;
    char layer[16];
    unsigned long long n_rows = x->n_rows, n_columns = x->n_columns;
    unsigned long long r90 = x->rank_90, r99 = x->rank_99, n = x->n_ranks;
    begin_row(
        t, "tensors",
        "layer matrix                    size  stored  entropy   rank 90/99 %    peak   beyond "
        "6\n");
    if (t->json)
        printf("{\"layer\": %s, \"matrix\": \"%s\", \"rows\": %llu, \"columns\": %llu, "
               "\"stored_bits\": %.4f, \"entropy\": %.5f, \"ranks\": %llu, \"rank_90\": %llu, "
               "\"rank_99\": %llu, \"peak\": %.4f, \"beyond_6\": %.8f}",
               layer_text(layer, x->layer, "null"), x->name, n_rows, n_columns, x->stored_bits,
               x->entropy, n, r90, r99, x->peak, x->beyond_6);
    else
        printf("%5s %-15s %6llu x %5llu %7.2f %8.3f %4llu/%4llu/%4llu %7.1f %9.4f %%\n",
               layer_text(layer, x->layer, "-"), x->name, n_rows, n_columns, x->stored_bits,
               x->entropy, r90, r99, n, x->peak, 100 * x->beyond_6);
    fflush(stdout);
}

/* The means of a layer's heads; of copying, the head that does most of it. */
static void print_heads(struct inspect_table *t)
{
    const struct tacit_inspect_head *h = &t->heads;
    double n = (double)t->n_heads / 100;
    if (t->n_heads == 0)
        return;
    begin_row(t, "heads",
              "layer   first  recent     far    none    copying head (attention of the layer's "
              "heads, %)\n");
    printf("%5u %7.1f %7.1f %7.1f %7.1f    %.1f by head %u\n", (unsigned)h->layer, h->first / n,
           h->recent / n, h->far / n, h->none / n, 100 * h->copy, (unsigned)h->head);
    t->n_heads = 0;
    t->heads = (struct tacit_inspect_head){.layer = 0};
}

static void take_head(void *context, const struct tacit_inspect_head *h)
{
    struct inspect_table *t = context;
    struct tacit_inspect_head *sum = &t->heads;
    if (t->json) {
        begin_row(t, "heads", NULL);
        printf("{\"layer\": %u, \"head\": %u, \"first\": %.5f, \"recent\": %.5f, \"far\": %.5f, "
               "\"none\": %.5f, \"copy\": %.5f}",
               (unsigned)h->layer, (unsigned)h->head, h->first, h->recent, h->far, h->none,
               h->copy);
        return;
    }
    if (h->layer != sum->layer)
        print_heads(t);
    sum->layer = h->layer;
    sum->first += h->first;
    sum->recent += h->recent;
    sum->far += h->far;
    sum->none += h->none;
    if (h->copy >= sum->copy) {
        sum->copy = h->copy;
        sum->head = h->head;
    }
    t->n_heads++;
}

static void take_cache(void *context, const struct tacit_inspect_cache *c)
{
    struct inspect_table *t = context;
    unsigned long long r90 = c->rank_90, r99 = c->rank_99, n = c->n_ranks;
    const char *what = c->is_value ? "values" : "keys";
    print_heads(t);
    begin_row(t, "cached", "layer cached    entropy   rank 90/99 %    peak   beyond 6 %\n");
    if (t->json)
        printf("{\"layer\": %u, \"what\": \"%s\", \"entropy\": %.5f, \"ranks\": %llu, "
               "\"rank_90\": %llu, \"rank_99\": %llu, \"peak\": %.4f, \"beyond_6\": %.8f}",
               (unsigned)c->layer, what, c->entropy, n, r90, r99, c->peak, c->beyond_6);
    else
        printf("%5u %-8s %8.3f %4llu/%4llu/%4llu %7.1f %10.4f\n", (unsigned)c->layer, what,
               c->entropy, r90, r99, n, c->peak, 100 * c->beyond_6);
}

static void take_input(void *context, const struct tacit_inspect_input *x)
{
    struct inspect_table *t = context;
    unsigned long long r90 = x->rank_90, r99 = x->rank_99, n = x->n_columns;
    begin_row(t, "inputs", "layer input of        entropy   rank 90/99 %    peak   beyond 6 %\n");
    if (t->json)
        printf("{\"layer\": %u, \"matrix\": \"%s\", \"columns\": %llu, \"entropy\": %.5f, "
               "\"rank_90\": %llu, \"rank_99\": %llu, \"peak\": %.4f, \"beyond_6\": %.8f}",
               (unsigned)x->layer, x->name, n, x->entropy, r90, r99, x->peak, x->beyond_6);
    else if (r99 == 0)
        printf("%5u %-15s %7.3f    -/   -/%4llu %7.1f %10.4f\n", (unsigned)x->layer, x->name,
               x->entropy, n, x->peak, 100 * x->beyond_6);
    else
        printf("%5u %-15s %7.3f %4llu/%4llu/%4llu %7.1f %10.4f\n", (unsigned)x->layer, x->name,
               x->entropy, r90, r99, n, x->peak, 100 * x->beyond_6);
}

static void take_text(void *context, const struct tacit_inspect_text *text)
{
    struct inspect_table *t = context;
    unsigned long long n_bytes = text->n_bytes, n_tokens = text->n_tokens;
    t->bits_per_byte = text->bits_per_byte;
    if (t->json)
        printf("\n], \"text\": {\"bytes\": %llu, \"tokens\": %llu, \"bits_per_byte\": %.6f, "
               "\"rounded_bits\": %u}",
               n_bytes, n_tokens, text->bits_per_byte, t->rounded_bits);
    else
        printf("\n%llu bytes of text, %llu tokens: %.4f bits a byte. More without a layer's parts, "
               "and "
               "with them rounded to %u bits:\n",
               n_bytes, n_tokens, text->bits_per_byte, t->rounded_bits);
    t->list = NULL;
    fflush(stdout);
}

static void print_head_costs(const char *name, const double *costs, uint32_t n)
{
    printf(", \"%s\": [", name);
    for (uint32_t i = 0; i < n; i++)
        printf("%s%.6f", i > 0 ? ", " : "", costs[i]);
    putchar(']');
}

/* The head whose lack costs most. */
static uint32_t dearest_head(const struct tacit_inspect_layer *l)
{
    uint32_t dearest = 0;
    for (uint32_t i = 1; i < l->n_heads; i++)
        if (l->without_head[i] > l->without_head[dearest])
            dearest = i;
    return dearest;
}

static void take_layer(void *context, const struct tacit_inspect_layer *l)
{
    struct inspect_table *t = context;
    uint32_t dearest = dearest_head(l);
    double base = t->bits_per_byte;
    begin_row(t, "layers",
              "layer  attention     hidden       both    its dearest head    rounded: attention   "
              "hidden     both\n");
    if (t->json) {
        printf("{\"layer\": %u, \"without_attention\": %.6f, \"without_hidden\": %.6f, "
               "\"without_both\": %.6f, \"rounded_attention\": %.6f, \"rounded_hidden\": %.6f, "
               "\"rounded_both\": %.6f",
               (unsigned)l->layer, l->without_attention, l->without_hidden, l->without_both,
               l->rounded_attention, l->rounded_hidden, l->rounded_both);
        print_head_costs("without_head", l->without_head, l->n_heads);
        print_head_costs("rounded_head", l->rounded_head, l->n_heads);
        putchar('}');
    } else {
        printf("%5u %+10.4f %+10.4f %+10.4f %+10.4f by head %-3u %+15.4f %+8.4f %+8.4f\n",
               (unsigned)l->layer, l->without_attention - base, l->without_hidden - base,
               l->without_both - base, l->without_head[dearest] - base, (unsigned)dearest,
               l->rounded_attention - base, l->rounded_hidden - base, l->rounded_both - base);
    }
    fflush(stdout);
}

void inspect_table_attach(struct inspect_table *table, struct tacit_inspection *job)
{
    job->tensor = take_tensor;
    job->head = take_head;
    job->cache = take_cache;
    job->input = take_input;
    job->read = take_text;
    job->layer = take_layer;
    job->context = table;
    table->rounded_bits = job->rounded_bits;
}

void inspect_table_begin(struct inspect_table *table, const char *model)
{
    if (!table->json)
        return;
    fputs("{\"tacit\": \"inspect\", \"model\": ", stdout);
    json_print_string(stdout, model, strlen(model));
}

void inspect_table_end(struct inspect_table *table)
{
    if (table->json)
        fputs("\n]}\n", stdout);
}
