/* SPDX-License-Identifier: Apache-2.0
 *
 * One-shot compression (tacit/buffer.h): a single call of the streaming encoder or decoder.
 */
#include "tacit/buffer.h"

#include "base/struct_size.h"
#include "base/try.h"
#include "container/format.h"
#include "tacit/archive.h"
#include "tacit/stream.h"

size_t tacit_buffer_bound(size_t n_in)
{
    /* If every block is stored, with blocks as small as options allow. */
    size_t n_blocks = n_in / TACIT_BLOCK_SIZE_MIN + 1;
    size_t per_block = FORMAT_BLOCK_HEADER + FORMAT_INDEX_ENTRY;
    size_t fixed = FORMAT_HEADER_MAX + FORMAT_INDEX_HEAD + FORMAT_INDEX_TAIL + FORMAT_FOOTER;
    size_t overhead = n_blocks * per_block + fixed;
    return n_in > SIZE_MAX - overhead ? SIZE_MAX : n_in + overhead;
}

enum tacit_status tacit_buffer_compress(const void *in, size_t n_in, void *out, size_t out_cap,
                                        size_t *n_out, const struct tacit_options *options)
{
    struct tacit_input input = {.data = in, .size = n_in};
    struct tacit_output output = {.data = out, .size = out_cap};
    struct tacit_encoder *encoder;
    bool done = false;
    struct tacit_options sized;
    *n_out = 0;
    tacit_options_init(&sized);
    if (options)
        TRY(struct_take(&sized, sizeof sized, options));
    sized.content_size = n_in;
    TRY(tacit_encoder_create(&encoder, &sized));
    enum tacit_status status = tacit_encoder_run(encoder, &input, &output, true, &done);
    tacit_encoder_destroy(encoder);
    TRY(status);
    if (!done)
        return TACIT_ERR_ARGUMENT; /* out is full */
    *n_out = output.pos;
    return TACIT_OK;
}

enum tacit_status tacit_buffer_decompress(const void *in, size_t n_in, void *out, size_t out_cap,
                                          size_t *n_out, const struct tacit_options *options)
{
    struct tacit_input input = {.data = in, .size = n_in};
    struct tacit_output output = {.data = out, .size = out_cap};
    struct tacit_decoder *decoder;
    bool done = false;
    *n_out = 0;
    TRY(tacit_decoder_create(&decoder, options));
    enum tacit_status status = tacit_decoder_run(decoder, &input, &output, true, &done);
    tacit_decoder_destroy(decoder);
    TRY(status);
    if (!done)
        return TACIT_ERR_ARGUMENT;
    *n_out = output.pos;
    return TACIT_OK;
}
