/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns the caller's bytes into text (tacit/generate.h).
 */
#include "tacit/generate.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/struct_size.h"
#include "base/try.h"
#include "base/varint.h"
#include "generate/generator.h"

enum {
    LOOKED_AHEAD = 8,    /* bytes that the decoder has read but not used */
    TOKENS_A_BYTE = 256, /* after more of them the model only repeats itself */
};

enum tacit_status tacit_generate_options_init_sized(struct tacit_generate_options *options,
                                                    size_t struct_size)
{
    const struct tacit_generate_options defaults = {.temperature = 1.0f, .top_p = 1.0f};
    options->struct_size = struct_size;
    return struct_give(options, &defaults, sizeof defaults);
}

static enum tacit_status give(struct byte_view bytes, tacit_generate_fn sink, void *context)
{
    return sink(context, bytes.data, bytes.n) ? TACIT_ERR_CANCELLED : TACIT_OK;
}

static enum tacit_status run_stream(struct generator *g, const uint8_t *stream, size_t n_stream,
                                    tacit_generate_fn sink, void *context)
{
    size_t n_done = 0, n_idle = 0;
    bool whole;
    binary_decoder_init(&g->dec, stream, n_stream);
    TRY(generator_read_prompt(g));
    while (n_done < n_stream) {
        uint32_t token = 0;
        TRY(generator_code(g, &token));
        TRY(give(generator_bytes(g, token), sink, context));
        n_idle = g->dec.pos - LOOKED_AHEAD > n_done ? 0 : n_idle + 1;
        n_done = g->dec.pos - LOOKED_AHEAD;
        if (n_idle >= TOKENS_A_BYTE)
            return TACIT_ERR_CONTENT_LIMIT;
        if (n_done < n_stream)
            TRY(generator_read(g, &token));
    }
    TRY(spelling_is_whole(&g->spelling, &whole));
    return whole ? TACIT_OK : TACIT_ERR_UNSUPPORTED;
}

enum tacit_status tacit_generate_from(const struct tacit_model *model,
                                      const struct tacit_generate_options *options,
                                      const void *data, size_t n_data, tacit_generate_fn sink,
                                      void *context)
{
    struct generator g = {.leads_back = true};
    if (n_data > TACIT_GENERATE_INPUT_MAX)
        return TACIT_ERR_ARGUMENT;
    uint8_t *stream = malloc(VARINT_MAX + GENERATE_HASH_BYTES + n_data);
    if (!stream)
        return TACIT_ERR_MEMORY;
    size_t n = varint_put(stream, (uint32_t)n_data);
    store_le32(stream + n, (uint32_t)hash64(data, n_data, 0));
    n += GENERATE_HASH_BYTES;
    if (n_data > 0)
        memcpy(stream + n, data, n_data);
    enum tacit_status status = generator_create(&g, model, options, 1);
    if (status == TACIT_OK && g.options.temperature == 0.0f)
        status = TACIT_ERR_ARGUMENT;
    if (status == TACIT_OK)
        status = run_stream(&g, stream, n + n_data, sink, context);
    generator_destroy(&g);
    free(stream);
    return status;
}
