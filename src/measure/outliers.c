/* SPDX-License-Identifier: Apache-2.0
 *
 * Mean and mean deviation of costs, by length in half powers of two, fading over some hundred
 * records; and a sample of earlier scores, for the quantile.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "base/strict_math.h"
#include "tacit/statistics.h"

enum {
    N_CLASSES = 64,
    CLASS_ENOUGH = 8, /* records of a class before its own averages count */
    MEMORY = 256,     /* records over which averages fade */
    N_SAMPLE = 4096,
    SORT_EARLY = 16, /* the threshold is computed again after so many records */
    SORT_EVERY = 256,
};

struct average {
    double n, mean, deviation;
};

struct tacit_outliers {
    double quantile;
    struct average all; /* of bits a byte */
    struct average classes[N_CLASSES];
    uint64_t n_seen, random;
    size_t n_sample;
    double sample[N_SAMPLE], threshold;
};

enum tacit_status tacit_outliers_create(struct tacit_outliers **outliers, double quantile)
{
    *outliers = NULL;
    if (!(quantile >= 0 && quantile <= 1))
        return TACIT_ERR_ARGUMENT;
    *outliers = calloc(1, sizeof **outliers);
    if (!*outliers)
        return TACIT_ERR_MEMORY;
    (*outliers)->quantile = quantile;
    return TACIT_OK;
}

void tacit_outliers_destroy(struct tacit_outliers *outliers)
{
    free(outliers);
}

static double size_of(double x)
{
    return x < 0 ? -x : x;
}

/* A far outlier moves the averages no more than four deviations would. */
static void average_add(struct average *a, double x)
{
    double limit = 4 * a->deviation, share;
    if (a->n >= CLASS_ENOUGH && size_of(x - a->mean) > limit)
        x = x > a->mean ? a->mean + limit : a->mean - limit;
    a->n += a->n < MEMORY;
    share = 1 / a->n;
    a->deviation += share * (size_of(x - a->mean) - a->deviation);
    a->mean += share * (x - a->mean);
}

static unsigned class_of(size_t n_bytes)
{
    unsigned class = 0;
    for (; n_bytes > 3; n_bytes >>= 1)
        class += 2;
    class += n_bytes == 3;
    return class < N_CLASSES ? class : N_CLASSES - 1;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Keeps a uniform sample of all scores. */
static void sample_add(struct tacit_outliers *o, double score)
{
    o->n_seen++;
    o->random = o->random * 6364136223846793005u + 1442695040888963407u;
    uint64_t at = o->n_sample < N_SAMPLE ? o->n_sample++ : (o->random >> 33) % o->n_seen;
    if (at < N_SAMPLE)
        o->sample[at] = score;
    if (o->n_seen % (o->n_seen < N_SAMPLE ? SORT_EARLY : SORT_EVERY) != 0)
        return;
    qsort(o->sample, o->n_sample, sizeof *o->sample, by_value);
    o->threshold = o->sample[(size_t)(o->quantile * (double)(o->n_sample - 1))];
}

void tacit_outliers_add(struct tacit_outliers *o, double bits, size_t n_bytes,
                        struct tacit_outlier *outlier)
{
    double n = n_bytes ? (double)n_bytes : 1;
    struct average *own = &o->classes[class_of(n_bytes)];
    bool known = own->n >= CLASS_ENOUGH;
    double mean = known ? own->mean : o->all.mean;
    double deviation = known ? own->deviation : o->all.deviation;
    *outlier = (struct tacit_outlier){mean * n, 0, 0};
    if (o->n_seen > 0) {
        /* The deviation counts as a hundredth of a bit a byte and two bits a record at least. */
        double least = 0.01 + 2 / n;
        outlier->score = (bits / n - mean) / (deviation > least ? deviation : least);
        outlier->is_unusual = outlier->score > o->threshold;
    }
    average_add(&o->all, bits / n);
    average_add(own, bits / n);
    sample_add(o, outlier->score);
}
