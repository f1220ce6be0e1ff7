/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of the page (surprise_page.html) as JSON. The text is divided into pages; the browser
 * lays out one at a time. As many units as fit, those with the most bits, get their likeliest
 * tokens.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/measure/cmd_surprise.h"

enum {
    TOPS_MAX = 60000, /* units with their alternatives */
    N_BUCKETS = 600,  /* of the strip */
    N_BINS = 24,      /* of the histogram: a bit each */
    PASSAGE = 160,    /* bytes */
    N_PASSAGES = 20,
};

static int dearest_first(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x > y ? -1 : x < y;
}

/* The least cost of units that get their alternatives. */
static float top_threshold(const struct surprise *s)
{
    float *bits;
    if (s->n_units <= TOPS_MAX || !(bits = malloc(s->n_units * sizeof *bits)))
        return 0;
    for (size_t i = 0; i < s->n_units; i++)
        bits[i] = s->units[i].bits;
    qsort(bits, s->n_units, sizeof *bits, dearest_first);
    float threshold = bits[TOPS_MAX];
    free(bits);
    return threshold;
}

static void write_top(const struct surprise *s, const struct unit *unit, FILE *out)
{
    for (int i = 0; i < TACIT_EVAL_TOP; i++) {
        size_t n;
        const char *text = tacit_evaluator_token_bytes(s->evaluator, unit->top[i], &n);
        fputc(',', out);
        if (n)
            json_print_html_string(out, text, n);
        else
            fputs("\"\\u003cspecial>\"", out);
        fprintf(out, ",%.1f", (double)unit->top_bits[i]);
    }
}

/* [text, bits, context, entropy, other, mixed, model saves, context saves, alternatives ...] */
static void write_units(const struct surprise *s, FILE *out)
{
    float threshold = top_threshold(s);
    fputs("\"units\":[", out);
    for (size_t i = 0; i < s->n_units; i++) {
        const struct unit *unit = &s->units[i];
        fputs(i ? ",\n[" : "[", out);
        json_print_html_string(out, (const char *)s->data + unit->offset, unit->n);
        fprintf(out, ",%.2f,%.2f,%.2f,%.2f,%.2f,%.2f,%.2f", (double)unit->bits,
                (double)unit->context, (double)unit->entropy, (double)unit->other,
                (double)unit->mixed, (double)unit->model_saves, (double)unit->context_saves);
        if (s->evaluator && unit->bits >= threshold)
            write_top(s, unit, out);
        fputc(']', out);
    }
    fputs("],\n", out);
}

/* Bits a byte along the text, in buckets of whole units. */
static void write_strip(const struct surprise *s, FILE *out)
{
    size_t n_bytes = s->n_bytes / N_BUCKETS + 1, at = 0;
    fputs("\"strip\":[", out);
    for (bool first = true; at < s->n_units; first = false) {
        size_t start = at, n = 0;
        double bits = 0, other = 0;
        for (; at < s->n_units && n < n_bytes; at++) {
            n += s->units[at].n;
            bits += (double)s->units[at].bits;
            other += (double)s->units[at].other;
        }
        fprintf(out, "%s[%zu,%.3f,%.3f]", first ? "" : ",", start, bits / (double)n,
                other / (double)n);
    }
    fputs("],\n", out);
}

static void write_histogram(const struct surprise *s, FILE *out)
{
    size_t bins[N_BINS] = {0};
    for (size_t i = 0; i < s->n_units; i++) {
        float bits = s->units[i].bits;
        bins[bits < 0 ? 0 : bits < N_BINS - 1 ? (size_t)bits : N_BINS - 1]++;
    }
    fputs("\"histogram\":[", out);
    for (int i = 0; i < N_BINS; i++)
        fprintf(out, "%s%zu", i ? "," : "", bins[i]);
    fputs("],\n", out);
}

struct passage {
    size_t start, end; /* units */
    double bits;
};

static int dearest_passage(const void *a, const void *b)
{
    const struct passage *x = a, *y = b;
    return x->bits > y->bits ? -1 : x->bits < y->bits ? 1 : x->start > y->start ? 1 : -1;
}

/* Divides the text into passages of about equal length, and lists those with the most bits a
 * byte. */
static void write_passages(const struct surprise *s, FILE *out)
{
    struct passage *all = malloc((s->n_bytes / PASSAGE + 2) * sizeof *all);
    size_t n_all = 0;
    fputs("\"passages\":[", out);
    for (size_t at = 0; all && at < s->n_units; n_all++) {
        struct passage *p = &all[n_all];
        size_t n = 0;
        *p = (struct passage){at, at, 0};
        for (; at < s->n_units && n < PASSAGE; at++) {
            n += s->units[at].n;
            p->bits += (double)s->units[at].bits;
        }
        p->end = at;
    }
    if (all)
        qsort(all, n_all, sizeof *all, dearest_passage);
    for (size_t i = 0; i < n_all && i < N_PASSAGES; i++)
        fprintf(out, "%s[%zu,%zu,%.1f]", i ? "," : "", all[i].start, all[i].end, all[i].bits);
    fputs("],\n", out);
    free(all);
}

static void write_name(const char *key, const char *name, FILE *out)
{
    fprintf(out, "\"%s\":", key);
    if (name)
        json_print_html_string(out, name, strlen(name));
    else
        fputs("null", out);
    fputs(",\n", out);
}

void surprise_write_data(const void *surprise, FILE *out)
{
    const struct surprise *s = surprise;
    fputs("{", out);
    write_name("file", s->options->path, out);
    write_name("model", s->options->model_name, out);
    write_name("other_model", s->options->compare_name, out);
    fprintf(out, "\"bytes\":%zu,\"bits\":%.2f,\"context\":%.2f,\"other\":%.2f,\"mixed\":%.2f,\n",
            s->n_bytes, s->bits, s->context, s->other, s->mixed);
    write_strip(s, out);
    write_histogram(s, out);
    write_passages(s, out);
    write_units(s, out);
    fputs("\"end\":0}", out);
}
