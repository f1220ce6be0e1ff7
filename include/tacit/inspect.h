/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in a model, and what of it a text needs: what `tacit inspect` does. In the library tacit_train, apart from
 * libtacit, because it may use the C library's mathematics. Its figures are rounded otherwise on
 * other machines.
 */
#ifndef TACIT_INSPECT_H
#define TACIT_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_NO_LAYER UINT32_MAX

/* A matrix of weights. */
struct tacit_inspect_tensor {
    const char *name; /* "qkv"; valid during the call */
    uint32_t layer;   /* TACIT_NO_LAYER: of the whole model */
    uint64_t n_rows, n_columns;
    double stored_bits; /* a weight, scales included */
    double entropy;   /* bits a weight, of its numbers' frequencies in the matrix, without scales */
    uint64_t n_ranks; /* the smaller of rows and columns */
    uint64_t rank_90, rank_99; /* singular values that have 90 and 99 % of the energy */
    double peak;               /* the largest weight's size, in root mean squares */
    double beyond_6;           /* the share of weights larger than 6 root mean squares */
};

/* What a text costs, in bits a byte, without a layer's attention, without its hidden layer, and without both, so that it
 * passes on what it gets. */
struct tacit_inspect_layer {
    uint32_t layer;
    double without_attention, without_hidden, without_both;
};

/* The text as read, before the layers. */
struct tacit_inspect_text {
    uint64_t n_bytes, n_tokens;
    double bits_per_byte;
};

struct tacit_inspection {
    const char *model;    /* a .gguf or .tmodel file; NULL: the model that is linked in */
    const char *text;     /* a file; NULL: only matrices are looked at */
    uint64_t n_bytes_max; /* of the text */
    unsigned n_threads;   /* 0: one for each processor */
    void (*tensor)(void *context, const struct tacit_inspect_tensor *tensor);
    void (*read)(void *context, const struct tacit_inspect_text *text);
    void (*layer)(void *context, const struct tacit_inspect_layer *layer);
    int (*stop)(void *context); /* non-zero: end with TACIT_ERR_CANCELLED; NULL: never */
    void *context;
};

/* Calls `tensor` for each matrix, the whole model's first, then layer by layer; with a text, `read` once and `layer` for
 * each layer: the model reads the text once, and three times for each layer, in windows of 512 tokens.
 * TACIT_ERR_IO (errno), TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED, TACIT_ERR_MODEL_MISSING, TACIT_ERR_MEMORY,
 * TACIT_ERR_CANCELLED; TACIT_ERR_CONTENT_LIMIT: the text has no token. */
enum tacit_status tacit_inspect(const struct tacit_inspection *inspection);

#ifdef __cplusplus
}
#endif

#endif
