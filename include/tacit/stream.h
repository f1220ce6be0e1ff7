/* SPDX-License-Identifier: Apache-2.0
 *
 * Streaming compression and decompression: the caller pushes input and pulls output, in memory, in
 * pieces of any size. The library opens no files and has no global state. One handle belongs to one
 * thread at a time; separate handles are independent.
 *
 *     struct tacit_encoder *encoder;
 *     tacit_encoder_create(&encoder, NULL);
 *     do {
 *         refill input; empty output;
 *         status = tacit_encoder_run(encoder, &input, &output, no_more_input, &done);
 *     } while (status == TACIT_OK && !done);
 *     tacit_encoder_destroy(encoder);
 */
#ifndef TACIT_STREAM_H
#define TACIT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/archive.h"
#include "tacit/export.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* data[pos .. size) is still to be read; the library advances pos. */
struct tacit_input {
    const void *data;
    size_t size;
    size_t pos;
};

/* data[pos .. size) is still free; the library advances pos. */
struct tacit_output {
    void *data;
    size_t size;
    size_t pos;
};

struct tacit_encoder;
struct tacit_decoder;

/* options: NULL for the defaults; copied. On failure *encoder is NULL. The memory that
 * tacit_options_memory announces is allocated as blocks fill, so a short input stays cheap. */
TACIT_API enum tacit_status tacit_encoder_create(struct tacit_encoder **encoder,
                                                 const struct tacit_options *options);

/* Takes input and gives output until the input is used up, the output is full, or the archive is
 * complete. finish: no input follows this input; pass true in every later call too. *done: the
 * archive is complete and wholly written to the outputs given so far. After a failure the handle
 * can only be destroyed. */
TACIT_API enum tacit_status tacit_encoder_run(struct tacit_encoder *encoder,
                                              struct tacit_input *input,
                                              struct tacit_output *output, bool finish, bool *done);

/* After TACIT_ERR_MEMORY_LIMIT from tacit_encoder_run: the smallest memory_limit that would do for this content; 0:
 * not known. */
TACIT_API uint64_t tacit_encoder_memory_needed(const struct tacit_encoder *encoder);

/* NULL is allowed. Stops blocks that are being coded. */
TACIT_API void tacit_encoder_destroy(struct tacit_encoder *encoder);

TACIT_API enum tacit_status tacit_decoder_create(struct tacit_decoder **decoder,
                                                 const struct tacit_options *options);

/* As tacit_encoder_run. Concatenated archives decode as one. Content is given out only after its
 * block's checksum was verified; the whole-content checksum can only be checked at the end, so
 * output is final when *done is set. Input that ends early is TACIT_ERR_TRUNCATED. */
TACIT_API enum tacit_status tacit_decoder_run(struct tacit_decoder *decoder,
                                              struct tacit_input *input,
                                              struct tacit_output *output, bool finish, bool *done);

/* After TACIT_ERR_MEMORY_LIMIT from tacit_decoder_run: the smallest memory_limit that would do for the block; 0: not
 * known. */
TACIT_API uint64_t tacit_decoder_memory_needed(const struct tacit_decoder *decoder);

/* For the error message when the decoder failed: the offset in bytes in the archive of the part
 * (header, block or footer) that is wrong. */
TACIT_API uint64_t tacit_decoder_error_offset(const struct tacit_decoder *decoder);

/* Tells which model the archive needs whose header was read last, as tacit_archive_needs does: for
 * the message when the decoder failed with TACIT_ERR_MODEL_MISSING or TACIT_ERR_MODEL_WRONG. Blocks
 * that were coded without the model are decoded without it. */
TACIT_API enum tacit_status tacit_decoder_needs(const struct tacit_decoder *decoder,
                                                struct tacit_archive_model *model);

/* Tells which reference that archive needs, for the message when the decoder failed with
 * TACIT_ERR_REFERENCE_MISSING or TACIT_ERR_REFERENCE_WRONG. No content of such an archive is given
 * out. */
TACIT_API enum tacit_status
tacit_decoder_needs_reference(const struct tacit_decoder *decoder,
                              struct tacit_reference_identity *reference);

TACIT_API void tacit_decoder_destroy(struct tacit_decoder *decoder);

#ifdef __cplusplus
}
#endif

#endif
