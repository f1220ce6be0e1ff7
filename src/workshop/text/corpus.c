/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/text/corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/try.h"
#include "workshop/net/random.h"
#include "workshop/train/files.h"

static enum tacit_status read_part(struct corpus *corpus, const struct config *config,
                                   const char *name, const char *suffix, double weight)
{
    char path[CONFIG_PATH_MAX + 128];
    const int len = snprintf(path, sizeof path, "%s/%s%s", config->data_dir, name, suffix);
    if (len < 0 || (size_t)len >= sizeof path)
        return TACIT_ERR_ARGUMENT;
    struct corpus_part *parts = realloc(corpus->parts, (corpus->n_parts + 1) * sizeof *parts);
    if (!parts)
        return TACIT_ERR_MEMORY;
    corpus->parts = parts;
    struct corpus_part *part = &parts[corpus->n_parts];
    memset(part, 0, sizeof *part);
    snprintf(part->name, sizeof part->name, "%s", name);
    uint8_t *data;
    size_t n_bytes;
    TRY(file_read(path, &data, &n_bytes));
    part->ids = (uint16_t *)(void *)data;
    part->n = n_bytes / 2;
    part->weight = weight;
    for (size_t i = 0; i < part->n; i++) {
        part->ids[i] = load_le16(data + 2 * i);
        if (part->ids[i] > corpus->bos)
            part->ids[i] = corpus->bos; /* a shard of another vocabulary cannot be trained on */
    }
    corpus->n_parts++;
    return TACIT_OK;
}

static void start(struct corpus *corpus, const struct config *config)
{
    memset(corpus, 0, sizeof *corpus);
    corpus->seed = config->seed;
    corpus->seq_len = config->net.seq_len;
    corpus->bos = (uint16_t)(config->net.n_vocab - 1);
}

static enum tacit_status open_mixture(struct corpus *corpus, const struct config *config,
                                      const char *suffix)
{
    double sum = 0;
    start(corpus, config);
    for (size_t i = 0; i < config->n_mix; i++)
        sum += (double)config->mix[i].weight;
    for (size_t i = 0; i < config->n_mix; i++) {
        const struct config_mix *mix = &config->mix[i];
        const enum tacit_status status =
            read_part(corpus, config, mix->name, suffix, (double)mix->weight / sum);
        if (status != TACIT_OK) {
            corpus_close(corpus);
            return status;
        }
    }
    return corpus->n_parts ? TACIT_OK : TACIT_ERR_ARGUMENT;
}

static struct corpus_part *part_of(struct corpus *corpus, uint64_t sequence)
{
    struct random random = {random_mix(corpus->seed * 0x9E3779B97F4A7C15u + sequence)};
    double at = random_unit(&random);
    size_t i = 0;
    while (i + 1 < corpus->n_parts && at >= corpus->parts[i].weight)
        at -= corpus->parts[i++].weight;
    return &corpus->parts[i];
}

enum tacit_status corpus_open_train(struct corpus *corpus, const struct config *config,
                                    uint64_t next)
{
    TRY(open_mixture(corpus, config, ".train"));
    for (size_t i = 0; i < corpus->n_parts; i++) {
        if (corpus->parts[i].n < 2) {
            corpus_close(corpus);
            return TACIT_ERR_ARGUMENT;
        }
    }
    for (; corpus->next < next; corpus->next++)
        part_of(corpus, corpus->next)->n_drawn++;
    return TACIT_OK;
}

enum tacit_status corpus_open_held(struct corpus *corpus, const struct config *config)
{
    return open_mixture(corpus, config, ".held");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct corpus_part *)a)->name, ((const struct corpus_part *)b)->name);
}

enum tacit_status corpus_open_apart(struct corpus *corpus, const struct config *config)
{
    start(corpus, config);
    DIR *dir = opendir(config->data_dir);
    if (!dir)
        return TACIT_ERR_IO;
    enum tacit_status status = TACIT_OK;
    for (struct dirent *e; status == TACIT_OK && (e = readdir(dir));) {
        const size_t n = strlen(e->d_name);
        if (n > 6 && !strcmp(e->d_name + n - 6, ".apart"))
            status = read_part(corpus, config, e->d_name, "", 0);
    }
    closedir(dir);
    if (status != TACIT_OK)
        corpus_close(corpus);
    else if (corpus->n_parts)
        qsort(corpus->parts, corpus->n_parts, sizeof *corpus->parts, by_name);
    return status;
}

void corpus_close(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->n_parts; i++)
        free(corpus->parts[i].ids);
    free(corpus->parts);
    corpus->parts = NULL;
    corpus->n_parts = 0;
}

size_t corpus_n_windows(const struct corpus *corpus, const struct corpus_part *part)
{
    return (part->n + corpus->seq_len - 1) / corpus->seq_len;
}

/* BOS, then the tokens from `at` on: every sequence begins as a text does when the model
 * compresses. */
static size_t cut(const struct corpus *corpus, const struct corpus_part *part, size_t at,
                  uint16_t *ids)
{
    const size_t n = part->n - at < corpus->seq_len ? part->n - at : corpus->seq_len;
    ids[0] = corpus->bos;
    memcpy(ids + 1, part->ids + at, n * sizeof *ids);
    return n;
}

size_t corpus_window(const struct corpus *corpus, const struct corpus_part *part, size_t index,
                     uint16_t *ids)
{
    return cut(corpus, part, index * corpus->seq_len, ids);
}

static size_t gcd(size_t a, size_t b)
{
    while (b) {
        const size_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

size_t corpus_draw(struct corpus *corpus, uint16_t *ids)
{
    struct corpus_part *part = part_of(corpus, corpus->next++);
    const uint64_t k = part->n_drawn++;
    /* Each epoch starts at another offset, so that windows do not always begin at the same
     * tokens. */
    const size_t n_whole = part->n / corpus->seq_len, n = n_whole > 1 ? n_whole - 1 : 1;
    struct random random = {corpus->seed ^
                            random_mix((k / n) * 4096 + (size_t)(part - corpus->parts))};
    const size_t slack = n_whole > 1 ? corpus->seq_len : 1;
    const size_t phase = (size_t)(random_next(&random) % slack);
    size_t factor = (size_t)(random_next(&random) % n) | 1,
           shift = (size_t)(random_next(&random) % n);
    while (gcd(factor, n) != 1)
        factor += 2;
    const size_t index = (size_t)((k % n * (uint64_t)factor + shift) % n);
    return cut(corpus, part, index * corpus->seq_len + phase, ids);
}
