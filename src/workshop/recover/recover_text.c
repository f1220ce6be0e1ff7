/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/recover/recover_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum { HELD_SHARE = 20, HELD_MAX = 64 }; /* one window in so many is held out, at most so many */

static enum tacit_status append(struct recover_text *text, size_t *n, const uint32_t *tokens,
                                size_t n_more)
{
    uint32_t *grown = realloc(text->tokens, (*n + n_more + 1) * sizeof *grown);
    if (!grown)
        return TACIT_ERR_MEMORY;
    memcpy(grown + *n, tokens, n_more * sizeof *grown);
    text->tokens = grown;
    *n += n_more;
    return TACIT_OK;
}

static enum tacit_status read_files(struct recover_text *text, size_t *n,
                                    const struct lm_model *model, const struct tokenizer *tokenizer,
                                    const char *const *paths, size_t n_paths, const char **bad)
{
    for (size_t i = 0; i < n_paths; i++) {
        struct text_tokens read;
        *bad = paths[i];
        const enum tacit_status status =
            text_tokens_read(&read, model, tokenizer, paths[i], UINT64_MAX);
        if (status == TACIT_ERR_CONTENT_LIMIT)
            continue; /* no token: fine if other files have some */
        TRY(status);
        text->held.start = read.start;
        const enum tacit_status appended = append(text, n, read.tokens, read.n);
        text_tokens_close(&read);
        TRY(appended);
    }
    return TACIT_OK;
}

/* Moves evenly spread windows to text->held; the others close up. */
static enum tacit_status hold_out(struct recover_text *text, const struct tokenizer *tokenizer)
{
    const size_t n = text->n_windows, window = text->window;
    size_t n_held = (n + HELD_SHARE - 1) / HELD_SHARE, n_kept = 0;
    n_held = n_held < HELD_MAX ? n_held : HELD_MAX;
    text->held.tokens = calloc(n_held * window, sizeof *text->held.tokens);
    if (!text->held.tokens)
        return TACIT_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *from = text->tokens + i * window;
        const size_t i_held = text->held.n / window;
        const bool is_held = i_held < n_held && i == (2 * i_held + 1) * n / (2 * n_held);
        memmove(is_held ? text->held.tokens + text->held.n : text->tokens + n_kept * window, from,
                window * sizeof *from);
        text->held.n += is_held ? window : 0;
        n_kept += !is_held;
    }
    for (size_t i = 0; i < text->held.n; i++)
        text->held.n_bytes += tokenizer_item_bytes(tokenizer, text->held.tokens[i]).n;
    text->n_windows = n_kept;
    return TACIT_OK;
}

enum tacit_status recover_text_read(struct recover_text *text, const struct lm_model *model,
                                    const struct tokenizer *tokenizer, size_t window,
                                    const char *const *paths, size_t n_paths, const char **bad)
{
    size_t n = 0;
    struct sha256 sha;
    *text = (struct recover_text){.window = window};
    enum tacit_status status = read_files(text, &n, model, tokenizer, paths, n_paths, bad);
    text->n_windows = n / window;
    if (status == TACIT_OK && text->n_windows < 2)
        status = TACIT_ERR_CONTENT_LIMIT;
    if (status == TACIT_OK) {
        sha256_init(&sha);
        sha256_update(&sha, text->tokens, n * sizeof *text->tokens);
        sha256_final(&sha, text->hash);
        status = hold_out(text, tokenizer);
    }
    if (status != TACIT_OK)
        recover_text_close(text);
    return status;
}

void recover_text_close(struct recover_text *text)
{
    free(text->tokens);
    text_tokens_close(&text->held);
    text->tokens = NULL;
}
