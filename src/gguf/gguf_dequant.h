/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensor types of GGUF files and their conversion to float.
 *
 * A row is a whole number of blocks, each of n_block values in block_bytes bytes. Conversion uses
 * binary32 + - * on little-endian loads only, in the order that the formulas in gguf_dequant.c
 * show, so that every machine gets the same bits. A type that is not in the table is not supported.
 */
#ifndef TACIT_GGUF_GGUF_DEQUANT_H
#define TACIT_GGUF_GGUF_DEQUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

/* X(name, code in the file, values a block, bytes a block) */
#define GGUF_TYPE_TABLE(X)                                                                         \
    X(f32, 0, 1, 4)                                                                                \
    X(f16, 1, 1, 2)                                                                                \
    X(q4_0, 2, 32, 18)                                                                             \
    X(q4_1, 3, 32, 20)                                                                             \
    X(q5_0, 6, 32, 22)                                                                             \
    X(q5_1, 7, 32, 24)                                                                             \
    X(q8_0, 8, 32, 34)                                                                             \
    X(q2_k, 10, 256, 84)                                                                           \
    X(q3_k, 11, 256, 110)                                                                          \
    X(q4_k, 12, 256, 144)                                                                          \
    X(q5_k, 13, 256, 176)                                                                          \
    X(q6_k, 14, 256, 210)                                                                          \
    X(bf16, 30, 1, 2)

/* Converts n_blocks blocks at src (any alignment) to dst. */
typedef void gguf_dequant_fn(float *dst, const uint8_t *src, size_t n_blocks);

struct gguf_type {
    const char *name;
    uint32_t code;
    uint32_t n_block;
    uint32_t block_bytes;
    gguf_dequant_fn *dequant;
};

/* NULL for a code that is not supported. A static object. */
const struct gguf_type *gguf_type_find(uint32_t code);

/* dst: n_blocks * type->n_block floats. TACIT_ERR_MODEL_DAMAGED if any result is infinite or NaN
 * (dst is written all the same): the bits of a NaN differ between machines, so no model may contain
 * one. */
enum tacit_status gguf_dequant(const struct gguf_type *type, float *dst, const uint8_t *src,
                               size_t n_blocks);

/* Blocks of Q4_0 and Q4_1 as the engine's int4 has them: values n[i] * scale + minimum, scale and
 * minimum binary16. */
struct gguf_int4 {
    uint8_t n[32]; /* 0 .. 15 */
    uint16_t scale, minimum;
};
bool gguf_is_int4(const struct gguf_type *type);

/* Reads a block of such a type, exactly. TACIT_ERR_MODEL_DAMAGED: a number of 16 bits is infinite or NaN;
 * TACIT_ERR_UNSUPPORTED: the minimum, -8 scales, of a Q4_0 block does not fit 16 bits. */
enum tacit_status gguf_read_int4(struct gguf_int4 *block, const struct gguf_type *type,
                                 const uint8_t *src);

/* Exact; NaN and infinity are kept. */
float gguf_float_of_f16(uint16_t half);

#endif
