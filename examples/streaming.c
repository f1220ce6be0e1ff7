/* SPDX-License-Identifier: Apache-2.0
 *
 * A filter from standard input to standard output that never holds the whole content:
 *     streaming -6 <book.txt >book.tct        (a level)
 *     streaming -d <book.tct >book.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tacit/tacit.h>

/* tacit_encoder_run and tacit_decoder_run have the same shape. */
struct filter {
    struct tacit_encoder *encoder; /* one of the two is NULL */
    struct tacit_decoder *decoder;
};

static enum tacit_status run(struct filter *filter, struct tacit_input *input,
                             struct tacit_output *output, bool finish, bool *done)
{
    if (filter->encoder)
        return tacit_encoder_run(filter->encoder, input, output, finish, done);
    return tacit_decoder_run(filter->decoder, input, output, finish, done);
}

static enum tacit_status pump(struct filter *filter, FILE *from, FILE *to)
{
    static char in[65536], out[65536];
    struct tacit_input input = {.data = in};
    bool finish = false, done = false;
    while (!done) {
        if (input.pos == input.size && !finish) {
            input.size = fread(in, 1, sizeof in, from);
            input.pos = 0;
            finish = input.size == 0;
            if (ferror(from))
                return TACIT_ERR_IO;
        }
        struct tacit_output output = {.data = out, .size = sizeof out};
        enum tacit_status status = run(filter, &input, &output, finish, &done);
        if (status != TACIT_OK)
            return status;
        if (fwrite(out, 1, output.pos, to) != output.pos)
            return TACIT_ERR_IO;
    }
    return fflush(to) == 0 ? TACIT_OK : TACIT_ERR_IO;
}

int main(int argc, char **argv)
{
    struct filter filter = {0};
    struct tacit_options options;
    tacit_options_init(&options);
    enum tacit_status status = TACIT_ERR_ARGUMENT;
    if (argc == 2 && strcmp(argv[1], "-d") == 0) {
        status = tacit_decoder_create(&filter.decoder, &options);
    } else if (argc == 2 && argv[1][0] == '-') {
        options.level = atoi(argv[1] + 1);
        status = tacit_encoder_create(&filter.encoder, &options);
    }
    if (status == TACIT_OK)
        status = pump(&filter, stdin, stdout);
    tacit_encoder_destroy(filter.encoder);
    tacit_decoder_destroy(filter.decoder);
    if (status != TACIT_OK)
        fprintf(stderr, "streaming: %s\n", tacit_status_message(status));
    return status != TACIT_OK;
}
