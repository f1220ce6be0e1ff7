/* SPDX-License-Identifier: Apache-2.0
 *
 * The project's own model file: the engine's weights as they lie in memory, so that opening needs
 * no conversion, with the tokenizer, a name and a licence.
 *
 *     0   "\x9etmodel\n"
 *     8   u32 version = 1, or 2 if not all matrices are int8 | u32 bytes of this header = 256 | u64 bytes of the file
 *     24  offset u64, size u64 of: name, licence, tokenizer (token/tokenizer.h), weights
 *     88  XXH3-128 (low u64, high u64) of all bytes from 256 on
 *     104 the shape: 19 fields of 4 bytes, as in lm_identity.h | 4 zeros
 *     184 identity, 32 bytes
 *     216 the shape's later fields: 6 of 4 bytes, 0 where the model does without | 8 zeros
 *     248 XXH3-64 of bytes 0 .. 247
 *     256 name | licence | tokenizer | zeros | weights, at a multiple of 4096
 *
 * All numbers, floats too, are little-endian. The weights are the tensors in the order of
 * lm_identity.h: a vector's floats, zeros up to a multiple of 16; a matrix's tiles
 * (kernels/lm_kernels.h), block by block of 16 rows, there group by group, and zeros up to a multiple of 64. In version 2 they begin with the kinds of
 * all tensors (enum tensor_kind), those that the model lacks too, a byte each, and zeros up to a multiple of 64.
 */
#ifndef TACIT_MODEL_TMODEL_H
#define TACIT_MODEL_TMODEL_H

#include "base/view.h"
#include "engine/lm_model.h"
#include "token/tokenizer.h"

struct tmodel_text {
    struct byte_view name, licence, tokenizer;
};

/* Receives the file's next bytes. */
typedef enum tacit_status tmodel_sink(void *context, const void *data, size_t n_bytes);

/* Hands the whole file to sink, in order. TACIT_ERR_ARGUMENT (a text of 2^32 bytes or more),
 * TACIT_ERR_MEMORY, or what sink returned. */
enum tacit_status tmodel_write(const struct lm_model *model, const struct tmodel_text *text,
                               tmodel_sink *sink, void *context);

/* Bytes of the file that tmodel_write makes of a model of this shape and these kinds (NULL: all are int8). text: the sizes
 * count. Errors as tmodel_write. */
enum tacit_status tmodel_size(uint64_t *n_bytes, const struct lm_shape *shape, uint8_t *kinds,
                              const struct tmodel_text *text);

struct tmodel;

/* Reads the file and checks every length, both checksums, and that the engine could have written
 * the values; does not check the identity. TACIT_ERR_IO (errno says why), TACIT_ERR_MODEL_DAMAGED,
 * TACIT_ERR_UNSUPPORTED (version or shape), TACIT_ERR_MEMORY. On failure *tmodel is NULL. */
enum tacit_status tmodel_open_file(struct tmodel **tmodel, const char *path);

/* The same for data[0 .. n_bytes), which must outlive the handle. Where it is aligned to 64 bytes
 * the weights are used in place, otherwise (and on big-endian machines) copied. */
enum tacit_status tmodel_open_memory(struct tmodel **tmodel, const uint8_t *data, size_t n_bytes);

/* TACIT_ERR_MODEL_DAMAGED: the weights have another identity than the file states, so that what is
 * compressed with them could not be decompressed elsewhere. Checksums do not show that, since
 * whoever changed the file can compute them again. Takes a second for a gigabyte if the processor
 * has SHA-256 instructions, eight seconds without. */
enum tacit_status tmodel_check_identity(const struct tmodel *tmodel);

/* Reads the identity that the file at path states, and the tokenizer (token/tokenizer.h), which the
 * caller destroys, but not the weights. Errors as tmodel_open_file. */
enum tacit_status tmodel_read_claim(const char *path, uint8_t identity[LM_IDENTITY_BYTES],
                                    struct tokenizer **tokenizer);

/* NULL is allowed. */
void tmodel_close(struct tmodel *tmodel);

/* Both live as long as the handle. */
const struct lm_model *tmodel_model(const struct tmodel *tmodel);
struct tmodel_text tmodel_text(const struct tmodel *tmodel);

#endif
