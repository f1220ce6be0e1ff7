/* SPDX-License-Identifier: Apache-2.0
 *
 * What each context of the strong models costs and earns: contexts are added one by one, order by order
 * and then component by component, and the files coded with what is there so far. A row's bits, time
 * and slots are differences to the row before; slots are those newly filled, of 17 bytes and a check.
 *
 *     bench/context_table.sh FILE...
 *
 * The linker puts __wrap_components_for and __wrap_slot_table_find in the place of the library's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "predict/components.h"
#include "predict/context_set.h"

enum { SEGMENTS_MAX = 4096, N_ORDERS_MAX = 11, FILES_MAX = 256 };

static const unsigned orders[N_ORDERS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12};

/* What the predictor is made of at present. */
static unsigned n_orders, n_others;
static const struct component_ops *const others[] = {
    &match_model_ops, &text_model_ops,   &count_model_ops, &pattern_model_ops,
    &table_model_ops, &record_model_ops, &x86_model_ops};
enum { N_OTHERS = sizeof others / sizeof others[0] };

static unsigned long long n_filled;

struct slot *__real_slot_table_find(struct slot_table *table, uint64_t hash);
struct slot *__wrap_slot_table_find(struct slot_table *table, uint64_t hash);
void __wrap_components_for(const struct context_config *config, enum content_group group,
                           const struct component_ops *list[COMPONENTS_MAX + 1]);

struct slot *__wrap_slot_table_find(struct slot_table *table, uint64_t hash)
{
    static const struct slot empty;
    struct slot *slot = __real_slot_table_find(table, hash);
    n_filled += memcmp(slot, &empty, sizeof empty) == 0;
    return slot;
}

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    component_take_streams(setup, self, sizeof(struct context_set_stream));
    context_set_lay_out(set, setup, n_orders);
    shape_add_selector(&setup->shape, 256);
    shape_add_selector(&setup->shape, 8 * (n_orders + 1));
    shape_add_selector(&setup->shape, 2048);
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    (void)shared;
    for (unsigned i = 0; i < n_orders; i++) {
        uint64_t context = orders[i] == 0 ? 0 : history_last(h, orders[i] < 8 ? orders[i] : 8);
        for (unsigned j = 9; j <= orders[i]; j++)
            context = context * UINT64_C(0x9e3779b97f4a7c15) + history_byte(h, j);
        context_set_hash(stream, i, context);
    }
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct context_set_stream *s = stream;
    context_set_predict(shared, s, h, inputs);
    inputs_select(inputs, h->partial);
    inputs_select(inputs, s->n_known * 8 + h->bit);
    inputs_select(inputs, h->bit * 256 + history_byte(h, 1));
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    context_set_update(shared, stream, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *h)
{
    context_set_prefetch(shared, stream, h);
}

static const struct component_ops orders_ops = {"orders", lay_out,  next_byte,  predict,
                                                update,   prefetch, CONTENT_ALL};

/* Images and samples are left out: everything is of the general group. Components for other types than
 * the content's are not made, as in the library. */
void __wrap_components_for(const struct context_config *config, enum content_group group,
                           const struct component_ops *list[COMPONENTS_MAX + 1])
{
    unsigned n = 0;
    (void)group;
    list[n++] = &orders_ops;
    for (unsigned i = 0; i < n_others; i++)
        if (others[i]->content_set & config->content_set)
            list[n++] = others[i];
    list[n] = NULL;
}

struct file {
    uint8_t *data;
    size_t n;
};

static struct file read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    struct file file = {.n = (size_t)ftell(f)};
    rewind(f);
    file.data = malloc(file.n + 1);
    if (file.data == NULL || fread(file.data, 1, file.n, f) != file.n) {
        perror(path);
        exit(1);
    }
    fclose(f);
    return file;
}

/* Bits that the file costs. */
static double code(const struct file *file, const struct kernels *kernels)
{
    static struct content_segment segments[SEGMENTS_MAX];
    struct context_config config = {.strength = CONTEXT_STRONG,
                                    .memory_log2 =
                                        context_memory_log2_for(CONTEXT_STRONG, file->n)};
    size_t n_segments = content_split(file->data, file->n, segments, SEGMENTS_MAX);
    for (size_t s = 0; s < n_segments; s++)
        config.content_set |= CONTENT_BIT(segments[s].content.type);
    struct context_mixer *cm;
    if (context_mixer_create(&cm, &config, kernels) != TACIT_OK) {
        fprintf(stderr, "cannot create the predictor\n");
        exit(1);
    }
    double cost = 0;
    for (size_t s = 0, i = 0; s < n_segments; s++) {
        context_mixer_set_content(cm, &segments[s].content);
        for (size_t end = i + segments[s].n_bytes; i < end; i++)
            for (int b = 7; b >= 0; b--) {
                int bit = file->data[i] >> b & 1;
                double p = context_mixer_predict(cm) / 4294967296.0;
                cost -= log2(bit ? p : 1 - p);
                context_mixer_update(cm, bit);
            }
    }
    context_mixer_destroy(cm);
    return cost;
}

struct row {
    double bits, ns, slots; /* a byte of content */
};

static struct row measure(const struct file *files, int n_files, const struct kernels *kernels)
{
    struct row row = {0};
    size_t n = 0;
    n_filled = 0;
    clock_t start = clock();
    for (int i = 0; i < n_files; i++) {
        row.bits += code(&files[i], kernels);
        n += files[i].n;
    }
    row.ns = (double)(clock() - start) * 1e9 / CLOCKS_PER_SEC / (double)n;
    row.bits /= (double)n;
    row.slots = (double)n_filled / (double)n;
    return row;
}

int main(int argc, char **argv)
{
    struct file files[FILES_MAX];
    struct kernels kernels;
    struct row before = {.bits = 8};
    if (argc < 2 || argc - 1 > FILES_MAX)
        return fprintf(stderr, "context_table FILE...\n"), 1;
    for (int i = 1; i < argc; i++)
        files[i - 1] = read_file(argv[i]);
    kernels_select(&kernels, cpu_features());
    printf("| added | bits/byte | earned | ns/byte | slots/byte |\n"
           "|-------|----------:|-------:|--------:|-----------:|\n");
    for (unsigned step = 1; step <= N_ORDERS_MAX + N_OTHERS; step++) {
        char order[16];
        n_orders = step < N_ORDERS_MAX ? step : N_ORDERS_MAX;
        n_others = step - n_orders;
        snprintf(order, sizeof order, "order %u", orders[n_orders - 1]);
        struct row row = measure(files, argc - 1, &kernels);
        printf("| %s | %.4f | %.4f | %+.0f | %+.2f |\n",
               n_others > 0 ? others[n_others - 1]->name : order, row.bits, before.bits - row.bits,
               row.ns - before.ns, row.slots - before.slots);
        fflush(stdout);
        before = row;
    }
    return 0;
}
