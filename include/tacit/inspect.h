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
 * passes on what it gets; and with these matrices rounded to few bits, each weight to the nearest number. */
struct tacit_inspect_layer {
    uint32_t layer;
    double without_attention, without_hidden, without_both;
    double rounded_attention, rounded_hidden, rounded_both;
    /* Without one of the heads that can go one by one: heads of keys and values with the heads of queries that look at
     * them or, where all look at the same, heads of queries. */
    uint32_t n_heads;
    const double *without_head; /* [n_heads], valid during the call */
    /* With its rows of qkv and its columns of out rounded, where these matrices have 8 bits, and kept as int8. */
    const double *rounded_head; /* [n_heads] */
};

/* The text as read, before the layers. */
struct tacit_inspect_text {
    uint64_t n_bytes, n_tokens;
    double bits_per_byte;
};

/* Where a query head's attention goes, as shares of it over the text's positions from 64 on in their windows, as far as the
 * layer sees all that is before them: in a layer with a window of 64 tokens all shares are 0. The first four shares are
 * all of it; `copy` overlaps with them. */
struct tacit_inspect_head {
    uint32_t layer, head;
    double first;  /* to the window's first 4 tokens: the sink */
    double recent; /* to the token itself and the 7 before it */
    double far;    /* to the tokens between */
    double none;   /* to the layer's own score of no value, where it has one */
    double
        copy; /* to the tokens that followed the same token before: what a copying head looks at */
};

/* The inputs of a layer's matrix, over all tokens read. */
struct tacit_inspect_input {
    const char *name; /* of the matrix; valid during the call */
    uint32_t layer;
    uint64_t n_columns;
    double entropy; /* bits a number, of the int8 numbers that are multiplied */
    uint64_t rank_90,
        rank_99; /* 0 where there are more than 1024 columns, for the time that would take */
    double peak;
    double beyond_6; /* as of a matrix, to an eighth of an octave */
};

/* Keys or values of one layer, all heads' ranks added. */
struct tacit_inspect_cache {
    uint32_t layer;
    int is_value;
    double entropy;                     /* bits a number, of the int8 numbers that are kept */
    uint64_t n_ranks, rank_90, rank_99; /* singular values, of all tokens read */
    double peak;                        /* as of a matrix */
    double beyond_6;                    /* as of inputs */
};

struct tacit_inspection {
    const char *model;    /* a .gguf or .tmodel file; NULL: the model that is linked in */
    const char *text;     /* a file; NULL: only matrices are looked at */
    uint64_t n_bytes_max; /* of the text */
    unsigned n_threads;   /* 0: one for each processor */
    unsigned
        rounded_bits; /* 2 .. 7, with a text: of the matrices that are rounded; those that have no more stay */
    void (*tensor)(void *context, const struct tacit_inspect_tensor *tensor);
    void (*read)(void *context, const struct tacit_inspect_text *text);
    void (*layer)(void *context, const struct tacit_inspect_layer *layer);
    void (*head)(void *context, const struct tacit_inspect_head *head);
    void (*cache)(void *context, const struct tacit_inspect_cache *cache);
    void (*input)(void *context, const struct tacit_inspect_input *input);
    int (*stop)(void *context); /* non-zero: end with TACIT_ERR_CANCELLED; NULL: never */
    void *context;
};

/* Calls `tensor` for each matrix, the whole model's first, then layer by layer. With a text the model reads it once, in
 * windows of 512 tokens: `head` for each query head, `cache` for each layer's keys and values, `input` for
 * each of the layers' matrices, `read` once; and then six
 * times for each layer, and twice for each head that can go: `layer`. TACIT_ERR_IO (errno), TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED,
 * TACIT_ERR_MODEL_MISSING, TACIT_ERR_MEMORY, TACIT_ERR_CANCELLED; TACIT_ERR_CONTENT_LIMIT: the text has no token; TACIT_ERR_ARGUMENT: rounded_bits. */
enum tacit_status tacit_inspect(const struct tacit_inspection *inspection);

#ifdef __cplusplus
}
#endif

#endif
