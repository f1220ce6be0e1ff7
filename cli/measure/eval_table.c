/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints what `tacit eval` measured: a table, JSON or CSV.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/kv_name.h"
#include "cli/measure/cmd_eval.h"
#include "tacit/version.h"

/* The figures of a row; NAN where there is none. */
struct figures {
    double per_byte, per_char, per_word, per_token, perplexity, word_perplexity;
};

static double share(double bits, uint64_t n)
{
    return n > 0 ? bits / (double)n : NAN;
}

static struct figures figures_of(const struct eval_arguments *arguments, const struct eval_row *row)
{
    const struct tacit_eval_result *r = &row->result;
    /* That convention divides by all characters, those of the unscored tail too. */
    bool all = arguments->options.convention == TACIT_EVAL_HKUST &&
               row->subject->kind == SUBJECT_MODEL && r->n_scored_tokens > 0;
    struct figures f = {share(r->bits, r->n_scored_bytes),
                        share(r->bits, all ? r->n_chars : r->n_scored_chars),
                        share(r->bits, r->n_scored_words),
                        share(r->bits, r->n_scored_tokens),
                        NAN,
                        NAN};
    f.perplexity = exp2(f.per_token);
    f.word_perplexity = exp2(f.per_word);
    return f;
}

static void print_cell(double value, int width, int digits)
{
    if (isfinite(value))
        printf(" %*.*f", width, digits, value);
    else
        printf(" %*s", width, "-");
}

static void print_table_row(const struct figures *f, const struct eval_row *row)
{
    printf("%-24s %12llu", row->subject->name, (unsigned long long)row->result.n_bytes);
    print_cell(f->per_byte, 9, 4);
    print_cell(f->per_char, 9, 4);
    print_cell(f->per_word, 9, 3);
    print_cell(f->per_token, 10, 4);
    print_cell(f->perplexity, 10, 3);
    printf(" %8.1f  %s\n", row->seconds, row->file);
}

static const struct {
    const char *name;
    size_t offset;
} counts[] = {
    {"bytes", offsetof(struct tacit_eval_result, n_bytes)},
    {"chars", offsetof(struct tacit_eval_result, n_chars)},
    {"words", offsetof(struct tacit_eval_result, n_words)},
    {"tokens", offsetof(struct tacit_eval_result, n_tokens)},
    {"scored_bytes", offsetof(struct tacit_eval_result, n_scored_bytes)},
    {"scored_tokens", offsetof(struct tacit_eval_result, n_scored_tokens)},
};

static const struct {
    const char *name;
    size_t offset;
} values[] = {
    {"bits_per_byte", offsetof(struct figures, per_byte)},
    {"bits_per_char", offsetof(struct figures, per_char)},
    {"bits_per_word", offsetof(struct figures, per_word)},
    {"bits_per_token", offsetof(struct figures, per_token)},
    {"perplexity", offsetof(struct figures, perplexity)},
    {"word_perplexity", offsetof(struct figures, word_perplexity)},
};

enum { N_COUNTS = sizeof counts / sizeof counts[0], N_VALUES = sizeof values / sizeof values[0] };

static unsigned long long count_at(const struct eval_row *row, int i)
{
    uint64_t n;
    memcpy(&n, (const char *)&row->result + counts[i].offset, sizeof n);
    return n;
}

static double value_at(const struct figures *f, int i)
{
    double value;
    memcpy(&value, (const char *)f + values[i].offset, sizeof value);
    return value;
}

static void print_json_row(const struct figures *f, const struct eval_row *row, bool first)
{
    static const char *const kinds[] = {"model", "archive", "peer"};
    fputs(first ? "\n  {\"model\": " : ",\n  {\"model\": ", stdout);
    json_print_string(stdout, row->subject->name, strlen(row->subject->name));
    printf(", \"kind\": \"%s\", \"file\": ", kinds[row->subject->kind]);
    json_print_string(stdout, row->file, strlen(row->file));
    for (int i = 0; i < N_COUNTS; i++)
        printf(", \"%s\": %llu", counts[i].name, count_at(row, i));
    fputs(", \"bits\": ", stdout);
    json_print_number(stdout, row->result.bits);
    for (int i = 0; i < N_VALUES; i++) {
        printf(", \"%s\": ", values[i].name);
        json_print_number(stdout, value_at(f, i));
    }
    printf(", \"cache_bytes\": %llu, \"cache_bits\": ",
           (unsigned long long)row->result.cache_bytes);
    json_print_number(stdout,
                      share(8 * (double)row->result.cache_bytes, row->result.cache_numbers));
    printf(", \"seconds\": %.3f}", row->seconds);
}

void eval_print_csv_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_csv_row(const struct figures *f, const struct eval_row *row)
{
    eval_print_csv_text(row->subject->name);
    putchar(',');
    eval_print_csv_text(row->file);
    for (int i = 0; i < N_COUNTS; i++)
        printf(",%llu", count_at(row, i));
    printf(",%.3f", row->result.bits);
    for (int i = 0; i < N_VALUES; i++) {
        putchar(',');
        if (isfinite(value_at(f, i)))
            printf("%.6f", value_at(f, i));
    }
    printf(",%.3f\n", row->seconds);
}

void eval_print_begin(const struct eval_arguments *arguments)
{
    if (arguments->form == EVAL_JSON) {
        printf("{\"tacit\": \"eval\", \"version\": \"%s\", \"convention\": \"%s\", \"window\": %u, "
               "\"stride\": %u, \"kv\": \"%s\", \"kv_keep\": %u, \"results\": [",
               tacit_version(), eval_convention_name(arguments->options.convention),
               arguments->options.window, arguments->options.stride, kv_name(arguments->options.kv),
               arguments->options.kv_keep);
    } else if (arguments->form == EVAL_CSV) {
        fputs("model,file", stdout);
        for (int i = 0; i < N_COUNTS; i++)
            printf(",%s", counts[i].name);
        fputs(",bits", stdout);
        for (int i = 0; i < N_VALUES; i++)
            printf(",%s", values[i].name);
        fputs(",seconds\n", stdout);
    } else {
        printf("%-24s %12s %9s %9s %9s %10s %10s %8s  %s\n", "model", "bytes", "bits/byte",
               "bits/char", "bits/word", "bits/token", "perplexity", "seconds", "file");
    }
}

void eval_print_row(const struct eval_arguments *arguments, const struct eval_row *row)
{
    static bool printed;
    struct figures f = figures_of(arguments, row);
    if (arguments->form == EVAL_JSON)
        print_json_row(&f, row, !printed);
    else if (arguments->form == EVAL_CSV)
        print_csv_row(&f, row);
    else
        print_table_row(&f, row);
    printed = true;
    fflush(stdout);
}

void eval_print_end(const struct eval_arguments *arguments)
{
    if (arguments->form == EVAL_JSON)
        fputs("\n]}\n", stdout);
}
