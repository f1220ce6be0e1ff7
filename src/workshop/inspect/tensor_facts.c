/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/inspect/tensor_facts.h"

#include <math.h>
#include <stdlib.h>

#include "base/try.h"
#include "workshop/inspect/spectrum.h"

enum { PIECE = 256 }; /* rows at a time */

const char *tensor_facts_name(enum lm_tensor_id id)
{
    switch (id) {
    case LM_QKV:
        return "qkv";
    case LM_OUT:
        return "out";
    case LM_UP:
        return "up";
    case LM_DOWN:
        return "down";
    case LM_EMBEDDING:
        return "embedding";
    case LM_POSITION:
        return "position";
    case LM_BIGRAM:
        return "bigram";
    case LM_TRIGRAM:
        return "trigram";
    case LM_HASH_PROJECTION:
        return "hash_projection";
    case LM_HEAD:
        return "head";
    default:
        return "vector";
    }
}

/* How often each number is stored. */
static void count_numbers(uint64_t counts[256], const struct tensor *tensor)
{
    for (size_t row = 0; row < tensor->n_rows; row++) {
        for (size_t g = 0; tensor->kind == TENSOR_INT4 && g < tensor->n_columns / LM_INT4_GROUP;
             g++) {
            struct tensor_int4_group group;
            tensor_get_int4(tensor, row, g, &group);
            for (size_t i = 0; i < LM_INT4_GROUP; i++)
                counts[group.n[i]]++;
        }
        for (size_t g = 0; tensor_narrow_bits(tensor->kind) && g < tensor->n_columns / LM_GROUP;
             g++) {
            struct tensor_narrow_group group;
            tensor_get_narrow(tensor, row, g, &group);
            for (size_t i = 0; i < LM_GROUP; i++)
                counts[group.n[i]]++;
        }
        for (size_t g = 0; tensor->kind == TENSOR_INT8 && g < tensor->n_columns / LM_GROUP; g++) {
            int8_t q[LM_GROUP];
            tensor_get_group(tensor, row, g, q);
            for (size_t i = 0; i < LM_GROUP; i++)
                counts[(uint8_t)q[i]]++;
        }
    }
}

double tensor_facts_entropy(const uint64_t counts[256], double n)
{
    double bits = 0;
    for (int i = 0; i < 256; i++)
        if (counts[i])
            bits -= (double)counts[i] / n * log2((double)counts[i] / n);
    return bits;
}

static void measure_numbers(struct tacit_inspect_tensor *facts, const struct tensor *tensor)
{
    const struct tensor_tile_form form = tensor_tile_form(tensor->kind);
    uint64_t counts[256] = {0};
    count_numbers(counts, tensor);
    facts->entropy =
        tensor_facts_entropy(counts, (double)tensor->n_rows * (double)tensor->n_columns);
    facts->stored_bits = 8.0 * (double)(form.n_bytes + form.n_numbers * form.number_bytes) /
                         (LM_TILE_ROWS * LM_GROUP);
}

static void measure_sizes(struct tacit_inspect_tensor *facts, const struct tensor *tensor,
                          float *row)
{
    double sum = 0, n = (double)tensor->n_rows * (double)tensor->n_columns, n_beyond = 0;
    float largest = 0;
    for (size_t r = 0; r < tensor->n_rows; r++) {
        tensor_row(tensor, r, row);
        for (size_t i = 0; i < tensor->n_columns; i++) {
            sum += (double)row[i] * (double)row[i];
            largest = fmaxf(largest, fabsf(row[i]));
        }
    }
    float rms = (float)sqrt(sum / n);
    for (size_t r = 0; r < tensor->n_rows; r++) {
        tensor_row(tensor, r, row);
        for (size_t i = 0; i < tensor->n_columns; i++)
            n_beyond += fabsf(row[i]) > 6 * rms;
    }
    facts->peak = rms > 0 ? (double)(largest / rms) : 0;
    facts->beyond_6 = n_beyond / n;
}

static void read_rows(const struct tensor *tensor, size_t begin, size_t n, float *rows)
{
    for (size_t i = 0; i < n; i++)
        tensor_row(tensor, begin + i, rows + i * tensor->n_columns);
}

/* gram [n][n], zero before: X^T X if the matrix has more rows than columns, else X X^T. */
static void add_products(float *gram, const struct tensor *tensor, struct matmul *mm, float *rows)
{
    size_t n_columns = tensor->n_columns, n_rows = tensor->n_rows;
    if (n_rows < n_columns) {
        read_rows(tensor, 0, n_rows, rows);
        matmul_run(mm, matrix(gram, n_rows, n_rows, n_rows), operand(rows, n_columns),
                   transposed(rows, n_columns), n_columns, false);
        return;
    }
    for (size_t at = 0; at < n_rows; at += PIECE) {
        size_t n = n_rows - at < PIECE ? n_rows - at : PIECE;
        read_rows(tensor, at, n, rows);
        matmul_run(mm, matrix(gram, n_columns, n_columns, n_columns), transposed(rows, n_columns),
                   operand(rows, n_columns), n, true);
    }
}

enum tacit_status tensor_facts(struct tacit_inspect_tensor *facts, const struct tensor *tensor,
                               struct matmul *mm)
{
    size_t n_rows = tensor->n_rows, n_columns = tensor->n_columns;
    size_t n = n_rows < n_columns ? n_rows : n_columns;
    float *gram = calloc(n * n, sizeof *gram);
    float *rows = malloc((n_rows < n_columns ? n_rows : PIECE) * n_columns * sizeof *rows);
    enum tacit_status status = gram && rows ? TACIT_OK : TACIT_ERR_MEMORY;
    facts->n_rows = n_rows;
    facts->n_columns = n_columns;
    facts->n_ranks = n;
    if (status == TACIT_OK) {
        measure_numbers(facts, tensor);
        measure_sizes(facts, tensor, rows);
        add_products(gram, tensor, mm, rows);
        status = spectrum_ranks(gram, n, &facts->rank_90, &facts->rank_99);
    }
    free(gram);
    free(rows);
    return status;
}
