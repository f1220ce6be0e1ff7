/* SPDX-License-Identifier: Apache-2.0
 *
 *     token_bench MODEL FILE...
 *
 * Tokenises each file, and walks its items through the byte trie with prefix sums of 64 bits, as
 * the codec does: megabytes a second, nanoseconds an item, decisions an item.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file_bytes.h"
#include "model/open_model.h"

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Some masses that differ from place to place. */
static uint64_t *make_sums(const struct byte_trie *trie)
{
    uint64_t *cum = malloc((trie->n_places + (size_t)1) * sizeof *cum);
    if (cum)
        cum[0] = 0;
    for (uint32_t i = 0; cum && i < trie->n_places; i++)
        cum[i + 1] = cum[i] + 1 + (i * 2654435761u >> 8);
    return cum;
}

struct walked {
    uint64_t n_open, n_forced;
    float sum; /* of the probabilities, so that they are computed */
};

static void walk_item(const struct byte_trie *trie, const uint64_t *cum, uint32_t item,
                      struct walked *walked)
{
    struct byte_trie_walk walk = byte_trie_start(trie);
    uint32_t place = trie->places[item];
    unsigned bit;
    do {
        if (byte_trie_is_open(trie, &walk)) {
            bit = place >= walk.split;
            walked->sum +=
                (float)(cum[walk.high] - cum[walk.split]) / (float)(cum[walk.high] - cum[walk.low]);
            walked->n_open++;
        } else {
            bit = byte_trie_forced(trie, &walk);
            walked->n_forced++;
        }
    } while (byte_trie_take(trie, &walk, bit));
}

static void measure(const struct tacit_model *model, const uint64_t *cum, const char *path)
{
    struct file_bytes file;
    struct walked walked = {0};
    size_t n_items;
    if (file_bytes_open(&file, path) != TACIT_OK)
        return;
    uint32_t *items = malloc((file.n_bytes + 1) * sizeof *items);
    double start = cpu_seconds();
    if (items && tokenizer_encode(model_file_tokenizer(model->file), file.data, file.n_bytes, items,
                                  &n_items) == TACIT_OK) {
        double encoded = cpu_seconds();
        for (size_t i = 0; i < n_items; i++)
            walk_item(model->trie, cum, items[i], &walked);
        double n = n_items ? (double)n_items : 1, seconds = cpu_seconds() - encoded;
        printf("%11zu %10zu %9.1f %9.0f %8.1f %8.1f  %s\n", file.n_bytes, n_items,
               1e-6 * (double)file.n_bytes / (encoded - start + 1e-9), 1e9 * seconds / n,
               (double)walked.n_open / n, (double)walked.n_forced / n, path);
    }
    free(items);
    file_bytes_close(&file);
}

int main(int argc, char **argv)
{
    struct tacit_model *model;
    if (argc < 3 || tacit_model_open(&model, argv[1]) != TACIT_OK) {
        fprintf(stderr, "usage: token_bench MODEL FILE...\n");
        return 2;
    }
    uint64_t *cum = make_sums(model->trie);
    printf("%11s %10s %9s %9s %8s %8s  %s\n", "bytes", "items", "MB/s", "walk ns", "open", "forced",
           "file");
    for (int i = 2; cum && i < argc; i++)
        measure(model, cum, argv[i]);
    free(cum);
    tacit_model_close(model);
    return 0;
}
