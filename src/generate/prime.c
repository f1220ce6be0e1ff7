/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a primed state (primed.h): has a model read a text, and saves its stream.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "generate/generator.h"
#include "generate/primed.h"

static_assert((int)TACIT_PRIMED_TEXT_HASH == (int)SHA256_BYTES, "the hash of a text");

static void describe(struct tacit_primed_info *info, const struct generator *g)
{
    const struct tacit_generate_options *options = &g->options;
    struct sha256 sha;
    *info = (struct tacit_primed_info){.struct_size = sizeof *info,
                                       .rules = g->model->rules,
                                       .kv = options->kv,
                                       .kv_keep = options->kv_keep,
                                       .n_context = generator_context(options),
                                       .n_tokens = lm_stream_position(g->lm, 0),
                                       .n_text = options->n_prompt};
    memcpy(info->model, g->model->identity, sizeof info->model);
    sha256_init(&sha);
    sha256_update(&sha, options->prompt, options->n_prompt);
    sha256_final(&sha, info->text_hash);
}

/* Of a generator that has read the prompt but for its last token. */
static enum tacit_status fill(struct tacit_primed *primed, struct generator *g)
{
    describe(&primed->info, g);
    primed->last_token = g->last_token;
    primed->heads = g->heads;
    size_t n_front = primed_front(&primed->heads);
    primed->n_bytes = n_front + lm_stream_size(g->lm, primed->info.n_tokens);
    primed->data = calloc(1, primed->n_bytes);
    if (!primed->data)
        return TACIT_ERR_MEMORY;
    primed->stream = primed->data + n_front;
    lm_save_stream(g->lm, 0, primed->data + n_front);
    primed_write_front(primed);
    return TACIT_OK;
}

enum tacit_status tacit_primed_create(struct tacit_primed **primed_out,
                                      const struct tacit_model *model,
                                      const struct tacit_generate_options *options)
{
    struct generator g = {0};
    *primed_out = NULL;
    if (options && options->struct_size >= sizeof *options && options->primed)
        return TACIT_ERR_ARGUMENT;
    struct tacit_primed *primed = *primed_out = calloc(1, sizeof *primed);
    enum tacit_status status = primed ? generator_create(&g, model, options, 1) : TACIT_ERR_MEMORY;
    if (status == TACIT_OK) {
        lm_clear_stream(g.lm, 0);
        status = generator_read_but_last(&g, &primed->tokens_hash);
    }
    if (status == TACIT_OK)
        status = fill(primed, &g);
    generator_destroy(&g);
    if (status != TACIT_OK) {
        tacit_primed_destroy(primed);
        *primed_out = NULL;
    }
    return status;
}
