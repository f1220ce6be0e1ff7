/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: any bytes as an archive, decoded in one piece and as a stream in pieces whose
 * sizes the bytes decide. Both must agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tacit/tacit.h"

enum { OUT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static uint8_t whole[OUT_MAX], pieces[OUT_MAX];

static struct tacit_options limited(void)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.n_threads = 1;
    options.memory_limit = (uint64_t)512 << 20;
    return options;
}

static enum tacit_status decode_pieces(const uint8_t *data, size_t n, size_t *n_out, bool *done)
{
    struct tacit_options options = limited();
    struct tacit_decoder *decoder;
    struct tacit_input input = {.data = data};
    struct tacit_output output = {.data = pieces};
    *done = false;
    enum tacit_status status = tacit_decoder_create(&decoder, &options);
    for (size_t step = 1; status == TACIT_OK && !*done && output.pos < OUT_MAX;) {
        input.size = step < n - input.pos ? input.pos + step : n;
        output.size = step < OUT_MAX - output.pos ? output.pos + step : OUT_MAX;
        status = tacit_decoder_run(decoder, &input, &output, input.size == n, done);
        step = 1 + data[n / 2] + step % 97;
    }
    tacit_decoder_destroy(decoder);
    *n_out = output.pos;
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct tacit_options options = limited();
    size_t n_whole, n_pieces;
    bool done;
    if (n_bytes == 0)
        return 0;
    enum tacit_status status =
        tacit_buffer_decompress(data, n_bytes, whole, OUT_MAX, &n_whole, &options);
    enum tacit_status other = decode_pieces(data, n_bytes, &n_pieces, &done);
    if (status == TACIT_OK &&
        (other != TACIT_OK || n_whole != n_pieces || memcmp(whole, pieces, n_whole) != 0))
        abort();
    if (done && status != TACIT_OK)
        abort();
    return 0;
}
