/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a benchmark, as a model's tokens.
 */
#ifndef TACIT_BENCH_MODEL_TEXT_H
#define TACIT_BENCH_MODEL_TEXT_H

#include <stdlib.h>

#include "base/file_bytes.h"
#include "base/try.h"
#include "model/open_model.h"

/* The first most_bytes of a file, and their tokens; a byte that the vocabulary cannot spell is token 0. The process
 * keeps both. TACIT_ERR_ARGUMENT: the file is empty. */
static enum tacit_status model_text_read(struct file_bytes *text, uint32_t **tokens,
                                         size_t *n_tokens, const struct tacit_model *model,
                                         const char *path, size_t most_bytes)
{
    const uint32_t n_vocab = model_file_lm(model->file)->shape.n_vocab;
    TRY(file_bytes_open(text, path));
    if (text->n_bytes > most_bytes)
        text->n_bytes = most_bytes;
    *tokens = malloc((text->n_bytes + 1) * sizeof **tokens);
    if (!*tokens)
        return TACIT_ERR_MEMORY;
    TRY(tokenizer_encode(model_file_tokenizer(model->file), text->data, text->n_bytes, *tokens,
                         n_tokens));
    for (size_t i = 0; i < *n_tokens; i++)
        if ((*tokens)[i] >= n_vocab)
            (*tokens)[i] = 0;
    return *n_tokens > 0 ? TACIT_OK : TACIT_ERR_ARGUMENT;
}

#endif
