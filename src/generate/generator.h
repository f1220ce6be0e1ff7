/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the functions of tacit/generate.h: a model that reads one text or several, a stream each, and the step that
 * decodes a token from bits or encodes it to bits.
 *
 *     generator_create -> generator_read_prompt -> { generator_code -> generator_read }* -> generator_destroy
 */
#ifndef TACIT_GENERATE_GENERATOR_H
#define TACIT_GENERATE_GENERATOR_H

#include "base/hash.h"
#include "coder/binary_coder.h"
#include "engine/kv/kv_heads.h"
#include "engine/lm.h"
#include "generate/sampling.h"
#include "generate/spelling.h"
#include "model/open_model.h"
#include "tacit/generate.h"

struct generator {
    const struct tacit_model *model;
    struct tacit_generate_options options;
    struct kernels kernels;
    struct lm_state *lm;
    struct kv_heads heads; /* of lm, where positions are kept by head */
    uint32_t n_streams;
    uint32_t *
        items; /* [n_items]: the model's start token and the prompt's tokens, until they are read */
    size_t n_items;
    struct sampling sampling;
    float *logits;   /* [n_streams][lm_logit_stride]: of the tokens to come */
    const float *at; /* of the stream whose token is coded */
    uint8_t
        *behind; /* the stream that has read the prompt but for its last token; NULL: not saved */
    uint32_t last_token; /* of the prompt */
    void *memory;
    bool encoding;
    bool leads_back; /* only tokens that the tokenizer would choose, by spelling */
    struct spelling spelling;
    struct binary_decoder dec;
    struct binary_encoder enc;
};

/* Errors as tacit_generate. generator: zeroed; call generator_destroy even after a failure. */
enum tacit_status generator_create(struct generator *generator, const struct tacit_model *model,
                                   const struct tacit_generate_options *options,
                                   uint32_t n_streams);
void generator_destroy(struct generator *generator);

/* Tokens that the model looks back on. */
unsigned generator_context(const struct tacit_generate_options *options);

/* Stream 0 reads the model's start token and the prompt but for its last token. hash: of the tokens read, unless NULL. */
enum tacit_status generator_read_but_last(struct generator *generator, struct hash128 *hash);

/* All streams read the model's start token and the prompt; a second time they go back to where the prompt ends. */
enum tacit_status generator_read_prompt(struct generator *generator);

/* The next token to be coded is the stream's; at first it is stream 0's. */
static inline void generator_turn_to(struct generator *generator, uint32_t stream)
{
    generator->at =
        generator->logits + stream * lm_logit_stride(model_file_lm(generator->model->file));
}

/* Codes one token: decoding sets *token, encoding reads it. TACIT_ERR_CHECKSUM: the token cannot
 * come here. */
enum tacit_status generator_code(struct generator *generator, uint32_t *token);

/* The model reads tokens [n_streams], one of each stream or LM_NO_TOKEN. */
enum tacit_status generator_read(struct generator *generator, const uint32_t *tokens);

static inline struct byte_view generator_bytes(const struct generator *generator, uint32_t token)
{
    return tokenizer_item_bytes(model_file_tokenizer(generator->model->file), token);
}

/* Text that stands for data begins with the data's length as a varint and these bytes of its
 * hash. */
enum { GENERATE_HASH_BYTES = 4 };

#endif
