/* SPDX-License-Identifier: Apache-2.0
 *
 * More than 4 GiB through encoder and decoder, with no more memory than some blocks take: sizes,
 * offsets and the index must not wrap. The content is made and compared on the way.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"

#define N_CONTENT (((uint64_t)4 << 30) + 12345678)

enum { PIECE = 1 << 20 };

static uint8_t content[PIECE], archived[PIECE], restored[PIECE];

/* Zeros, but for the number of each stretch of 64 KiB. */
static void make_piece(uint64_t offset)
{
    memset(content, 0, sizeof content);
    for (unsigned i = 0; i < PIECE; i += 1 << 16)
        memcpy(content + i, &(uint64_t){(offset + i) >> 16}, 8);
}

struct check_state {
    struct tacit_decoder *decoder;
    uint64_t n_restored, n_wrong, n_archive;
    bool done;
};

/* Feeds what the encoder gave to the decoder and compares what comes out. */
static enum tacit_status feed(struct check_state *state, size_t n, bool finish)
{
    struct tacit_input input = {.data = archived, .size = n};
    state->n_archive += n;
    for (;;) {
        struct tacit_output output = {.data = restored,
                                      .size = PIECE - (size_t)(state->n_restored % PIECE)};
        enum tacit_status status =
            tacit_decoder_run(state->decoder, &input, &output, finish, &state->done);
        if (status != TACIT_OK)
            return status;
        make_piece(state->n_restored - state->n_restored % PIECE);
        state->n_wrong += memcmp(content + state->n_restored % PIECE, restored, output.pos) != 0;
        state->n_restored += output.pos;
        if (state->done || (output.pos == 0 && input.pos == input.size))
            return TACIT_OK;
    }
}

int main(void)
{
    struct tacit_options options;
    struct tacit_encoder *encoder;
    struct check_state state = {0};
    bool done = false;
    uint64_t n_in = 0;
    tacit_options_init(&options);
    options.level = 1;
    CHECK(tacit_encoder_create(&encoder, &options) == TACIT_OK);
    CHECK(tacit_decoder_create(&state.decoder, &options) == TACIT_OK);
    struct tacit_input input = {.data = content, .size = 0};
    for (enum tacit_status status = TACIT_OK; status == TACIT_OK && !done;) {
        struct tacit_output output = {.data = archived, .size = sizeof archived};
        if (input.pos == input.size) {
            n_in += input.size;
            input.size = N_CONTENT - n_in < PIECE ? (size_t)(N_CONTENT - n_in) : PIECE;
            input.pos = 0;
        }
        make_piece(n_in);
        status = tacit_encoder_run(encoder, &input, &output, n_in + input.size == N_CONTENT, &done);
        if (status == TACIT_OK)
            status = feed(&state, output.pos, done);
        CHECK_MSG(status == TACIT_OK, "%s", tacit_status_name(status));
    }
    CHECK(state.done && state.n_restored == N_CONTENT && state.n_wrong == 0);
    CHECK(state.n_archive < N_CONTENT / 1000);
    tacit_encoder_destroy(encoder);
    tacit_decoder_destroy(state.decoder);
    return check_result();
}
