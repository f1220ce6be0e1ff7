/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/transfer.h"

#include <stdlib.h>

#include "cli/archive/verifier.h"
#include "cli/base/console.h"
#include "tacit/stream.h"

enum { BUFFER_SIZE = 1 << 18 };

/* The state of both directions: the buffers and the positions in them. */
struct transfer {
    struct input *file_in;
    struct output *file_out;
    unsigned char *in_data;  /* [BUFFER_SIZE] */
    unsigned char *out_data; /* [BUFFER_SIZE] */
    struct tacit_input input;
    struct tacit_output output;
};

static enum exit_code transfer_open(struct transfer *transfer, struct input *input,
                                    struct output *output)
{
    *transfer = (struct transfer){.file_in = input, .file_out = output};
    transfer->in_data = malloc(BUFFER_SIZE);
    transfer->out_data = malloc(BUFFER_SIZE);
    transfer->input.data = transfer->in_data;
    transfer->output.data = transfer->out_data;
    transfer->output.size = BUFFER_SIZE;
    if (transfer->in_data == NULL || transfer->out_data == NULL)
        return fail_with_status(input->console, input->name, TACIT_ERR_MEMORY);
    return EXIT_CODE_OK;
}

static void transfer_close(struct transfer *transfer)
{
    free(transfer->in_data);
    free(transfer->out_data);
}

/* Fills the input buffer if it is used up. */
static enum exit_code refill(struct transfer *transfer)
{
    if (transfer->input.pos < transfer->input.size || transfer->file_in->at_end)
        return EXIT_CODE_OK;
    transfer->input.pos = 0;
    return input_read(transfer->file_in, transfer->in_data, BUFFER_SIZE, &transfer->input.size);
}

static enum exit_code fail_to_verify(const struct transfer *transfer, enum tacit_status status,
                                     const struct verifier *verifier)
{
    struct console *console = transfer->file_in->console;
    if (exit_code_of_status(status) != EXIT_CODE_ARCHIVE)
        return fail_with_status(console, transfer->file_in->name, status);
    console_error(console, transfer->file_in->name,
                  "the archive made of it does not decode to the same content from byte %llu on; "
                  "it was not kept. Check this machine's memory, then report a bug",
                  (unsigned long long)verifier->n_equal);
    return EXIT_CODE_FAILED;
}

static enum exit_code fail_to_encode(const struct transfer *transfer, enum tacit_status status,
                                     uint64_t memory_needed)
{
    const struct input *input = transfer->file_in;
    if (status == TACIT_ERR_MEMORY_LIMIT)
        return fail_for_memory(input->console, input->name, memory_needed,
                               ", and less at a lower level or with a smaller --block-size");
    return fail_with_status(input->console, input->name, status);
}

/* Refills, encodes and writes once. */
static enum exit_code encode_step(struct transfer *transfer, struct tacit_encoder *encoder,
                                  struct verifier *verifier, bool *done)
{
    bool is_used_up = transfer->input.pos == transfer->input.size;
    enum exit_code code = refill(transfer);
    if (code != EXIT_CODE_OK)
        return code;
    enum tacit_status status = TACIT_OK;
    if (verifier != NULL && is_used_up && transfer->input.pos < transfer->input.size)
        status = verifier_add_content(verifier, transfer->in_data, transfer->input.size);
    transfer->output.pos = 0;
    if (status == TACIT_OK)
        status = tacit_encoder_run(encoder, &transfer->input, &transfer->output,
                                   transfer->file_in->at_end, done);
    if (status != TACIT_OK)
        return fail_to_encode(transfer, status, tacit_encoder_memory_needed(encoder));
    if (verifier != NULL) {
        status = verifier_add_archive(verifier, transfer->out_data, transfer->output.pos, *done);
        if (status != TACIT_OK)
            return fail_to_verify(transfer, status, verifier);
    }
    return output_write(transfer->file_out, transfer->out_data, transfer->output.pos);
}

static enum exit_code encode_all(struct transfer *transfer, const struct tacit_options *options,
                                 struct verifier *verifier)
{
    struct tacit_encoder *encoder;
    uint64_t memory_needed = 0;
    enum tacit_status status = tacit_encoder_create(&encoder, options);
    if (status == TACIT_ERR_MEMORY_LIMIT)
        (void)tacit_options_least_memory(options, &memory_needed);
    if (status != TACIT_OK)
        return fail_to_encode(transfer, status, memory_needed);
    enum exit_code code;
    bool done = false;
    do {
        code = encode_step(transfer, encoder, verifier, &done);
    } while (code == EXIT_CODE_OK && !done);
    tacit_encoder_destroy(encoder);
    return code;
}

enum exit_code transfer_encode(struct input *input, struct output *output,
                               const struct tacit_options *options, bool verify)
{
    struct transfer transfer;
    struct verifier verifier = {0};
    enum exit_code code = transfer_open(&transfer, input, output);
    if (code == EXIT_CODE_OK && verify) {
        enum tacit_status status = verifier_create(&verifier, options);
        if (status != TACIT_OK)
            code = fail_with_status(input->console, input->name, status);
    }
    if (code == EXIT_CODE_OK)
        code = encode_all(&transfer, options, verify ? &verifier : NULL);
    verifier_destroy(&verifier);
    transfer_close(&transfer);
    return code;
}

static enum exit_code fail_to_decode(const struct input *input, enum tacit_status status,
                                     const struct tacit_decoder *decoder)
{
    struct tacit_archive_model needed = {.struct_size = sizeof needed};
    if (status_is_of_model(status) && tacit_decoder_needs(decoder, &needed) == TACIT_OK)
        return fail_for_model(input->console, input->name, status, &needed);
    struct tacit_reference_identity reference = {.struct_size = sizeof reference};
    if (status_is_of_reference(status) &&
        tacit_decoder_needs_reference(decoder, &reference) == TACIT_OK)
        return fail_for_reference(input->console, input->name, status, &reference);
    if (status == TACIT_ERR_MEMORY_LIMIT)
        return fail_for_memory(input->console, input->name, tacit_decoder_memory_needed(decoder),
                               "");
    return fail_at_offset(input->console, input->name, status, tacit_decoder_error_offset(decoder));
}

static enum exit_code decode_all(struct transfer *transfer, const struct tacit_options *options)
{
    struct input *file_in = transfer->file_in;
    struct tacit_decoder *decoder;
    enum tacit_status status = tacit_decoder_create(&decoder, options);
    if (status != TACIT_OK)
        return fail_with_status(file_in->console, file_in->name, status);
    enum exit_code code;
    bool done = false;
    do {
        code = refill(transfer);
        if (code != EXIT_CODE_OK)
            break;
        transfer->output.pos = 0;
        status =
            tacit_decoder_run(decoder, &transfer->input, &transfer->output, file_in->at_end, &done);
        code = output_write(transfer->file_out, transfer->out_data, transfer->output.pos);
        if (code == EXIT_CODE_OK && status != TACIT_OK)
            code = fail_to_decode(file_in, status, decoder);
    } while (code == EXIT_CODE_OK && !done);
    tacit_decoder_destroy(decoder);
    return code;
}

enum exit_code transfer_decode(struct input *input, struct output *output,
                               const struct tacit_options *options)
{
    struct transfer transfer;
    enum exit_code code = transfer_open(&transfer, input, output);
    if (code == EXIT_CODE_OK)
        code = decode_all(&transfer, options);
    transfer_close(&transfer);
    return code;
}
