/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns text that stands for bytes into these bytes again (tacit/generate.h).
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/try.h"
#include "base/varint.h"
#include "generate/generator.h"

enum { TOKEN_BYTES_MAX = 16 };

/* Whether the bytes that are final hold all of the data. *n_head: bytes before the data. */
static bool is_complete(const struct binary_encoder *enc, size_t *n_head, uint32_t *n_data)
{
    struct varint_reader reader = {enc->out, enc->n_out, 0};
    if (varint_read(&reader, n_data) != TACIT_OK || reader.pos > enc->n_out)
        return false;
    *n_head = reader.pos + GENERATE_HASH_BYTES;
    return enc->n_out >= *n_head && enc->n_out - *n_head >= *n_data;
}

static enum tacit_status encode_text(struct generator *g, const uint32_t *items, size_t n_items,
                                     tacit_generate_fn sink, void *context)
{
    size_t n_head;
    uint32_t n_data;
    for (size_t i = 0; i < n_items; i++) {
        uint32_t token = items[i];
        TRY(i == 0 ? generator_read_prompt(g) : generator_read(g, &items[i - 1]));
        if (token >= model_file_lm(g->model->file)->shape.n_vocab)
            return TACIT_ERR_CHECKSUM;
        TRY(generator_code(g, &token));
        if (!is_complete(&g->enc, &n_head, &n_data))
            continue;
        const uint8_t *data = g->enc.out + n_head;
        if (load_le32(data - GENERATE_HASH_BYTES) != (uint32_t)hash64(data, n_data, 0))
            return TACIT_ERR_CHECKSUM;
        return sink(context, data, n_data) ? TACIT_ERR_CANCELLED : TACIT_OK;
    }
    return TACIT_ERR_CHECKSUM;
}

enum tacit_status tacit_generate_back(const struct tacit_model *model,
                                      const struct tacit_generate_options *options,
                                      const void *text, size_t n_text, tacit_generate_fn sink,
                                      void *context)
{
    struct generator g = {.leads_back = true, .encoding = true};
    size_t n_items = 0;
    if (n_text > TACIT_GENERATE_INPUT_MAX)
        return TACIT_ERR_ARGUMENT;
    uint32_t *items = malloc((n_text + 1) * sizeof *items);
    enum tacit_status status = items ? generator_create(&g, model, options, 1) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK && n_text > 0)
        status = tokenizer_encode(g.spelling.tokenizer, text, n_text, items, &n_items);
    size_t out_cap = TOKEN_BYTES_MAX * (n_items + 1);
    uint8_t *out = status == TACIT_OK ? malloc(out_cap) : NULL;
    if (status == TACIT_OK && !out)
        status = TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        binary_encoder_init(&g.enc, out, out_cap);
        status = encode_text(&g, items, n_items, sink, context);
    }
    generator_destroy(&g);
    free(out);
    free(items);
    return status;
}
