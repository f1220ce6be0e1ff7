/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/guess/language_draft.h"

#include <string.h>

#include "base/try.h"
#include "token/tokenizer.h"

enum {
    NOTED_MAX = 48,       /* bytes of an item that are noted: its last */
    DRAFTED_MAX = 6,      /* tokens of the drafting model in a chain */
    BYTES_MAX = 96,       /* of such a chain */
    COST = GUESS_ONE / 32 /* of a draft's token, as a share of a pass of the large model */
};

static const struct lm_model *lm_of(const struct language_draft *draft)
{
    return model_file_lm(draft->model->file);
}

static const struct tokenizer *tokenizer_of(const struct language_draft *draft)
{
    return model_file_tokenizer(draft->model->file);
}

void language_draft_choose(struct language_draft *draft, const struct codec_plan *plan,
                           const struct tacit_model *model, uint32_t n_streams)
{
    bool large = codec_plan_is_large(model) || plan->guessing == GUESSING_DRAFTS;
    draft->model = NULL;
    draft->kernels = &plan->kernels;
    draft->to_tokenizer = model_file_tokenizer(model->file);
    if (!large || n_streams > 1 || plan->guessing == GUESSING_NOTHING ||
        tacit_model_default(&draft->model) != TACIT_OK)
        draft->model = NULL;
}

void language_draft_lay_out(struct language_draft *draft, struct arena *arena)
{
    if (!draft->model)
        return;
    size_t stride = lm_logit_stride(lm_of(draft));
    draft->logits = arena_take(arena, LM_BATCH * stride * sizeof *draft->logits);
    draft->mass = arena_take(arena, stride * sizeof *draft->mass);
}

static struct lm_options options_of(uint32_t cpu_features)
{
    return (struct lm_options){.n_streams = 1,
                               .n_context = 512,
                               .n_threads = 1,
                               .cpu_features = cpu_features,
                               .n_teams = 1,
                               .n_back = LM_BACK_MAX};
}

enum tacit_status language_draft_memory(const struct language_draft *draft, uint64_t *n_bytes)
{
    struct lm_options options = options_of(0);
    *n_bytes = 0;
    if (!draft->model)
        return TACIT_OK;
    TRY(lm_state_memory_needed(&lm_of(draft)->shape, &options, n_bytes));
    *n_bytes += lm_of(draft)->n_bytes;
    return TACIT_OK;
}

enum tacit_status language_draft_start(struct language_draft *draft, uint32_t cpu_features)
{
    struct lm_options options = options_of(cpu_features);
    if (!draft->model)
        return TACIT_OK;
    uint32_t start = tokenizer_start(tokenizer_of(draft));
    draft->unread[0] = start == VOCABULARY_NONE ? 0 : start;
    draft->n_unread = 1;
    return lm_state_create(&draft->lm, lm_of(draft), &options);
}

void language_draft_stop(struct language_draft *draft)
{
    lm_state_destroy(draft->lm);
}

/* The likeliest token after a row. */
static struct draft_token likeliest(const struct language_draft *draft, size_t row)
{
    size_t n = lm_of(draft)->shape.n_vocab;
    uint32_t top = 0;
    uint64_t sum = 1; /* so that the share is below 1 */
    draft->kernels->lm_token_masses(draft->mass,
                                    draft->logits + row * lm_logit_stride(lm_of(draft)), NULL, n);
    for (size_t i = 0; i < n; i++) {
        top = draft->mass[i] > top ? draft->mass[i] : top;
        sum += draft->mass[i];
    }
    uint32_t token = 0;
    while (draft->mass[token] != top)
        token++;
    return (struct draft_token){token, (uint32_t)((uint64_t)top * GUESS_ONE / sum)};
}

/* Reads n tokens, at most LM_BATCH, and sees what may follow. */
static enum tacit_status read_tokens(struct language_draft *draft, const uint32_t *tokens, size_t n,
                                     struct draft_token *next)
{
    TRY(lm_prefill(draft->lm, 0, tokens, n, draft->logits));
    *next = likeliest(draft, n - 1);
    return TACIT_OK;
}

static enum tacit_status read_noted(struct language_draft *draft)
{
    uint32_t n = draft->n_unread;
    draft->n_unread = 0;
    return n > 0 ? read_tokens(draft, draft->unread, n, &draft->next) : TACIT_OK;
}

/* The tokens of an item's last bytes, none of them a bare byte. */
static enum tacit_status spell(const struct language_draft *draft, struct byte_view bytes,
                               uint32_t tokens[NOTED_MAX], size_t *n_tokens)
{
    size_t n = 0, n_items, n_left_out = bytes.n > NOTED_MAX ? bytes.n - NOTED_MAX : 0;
    TRY(tokenizer_encode(tokenizer_of(draft), bytes.data + n_left_out, bytes.n - n_left_out, tokens,
                         &n_items));
    for (size_t i = 0; i < n_items; i++)
        if (tokens[i] < lm_of(draft)->shape.n_vocab)
            tokens[n++] = tokens[i];
    *n_tokens = n;
    return TACIT_OK;
}

enum tacit_status language_draft_note(struct language_draft *draft, struct byte_view bytes)
{
    uint32_t tokens[NOTED_MAX];
    size_t n;
    if (!draft->model)
        return TACIT_OK;
    TRY(spell(draft, bytes, tokens, &n));
    if (draft->n_unread + n > LM_BATCH)
        TRY(read_noted(draft));
    memcpy(draft->unread + draft->n_unread, tokens, n * sizeof *tokens);
    draft->n_unread += (uint32_t)n;
    return TACIT_OK;
}

/* Has the model read the guesses that there are. *n_read: the tokens; more than LM_BACK_MAX are not read. */
static enum tacit_status read_guesses(struct language_draft *draft,
                                      const struct language_guess *guess, size_t *n_read,
                                      struct draft_token *next)
{
    uint32_t tokens[LM_BACK_MAX + NOTED_MAX];
    size_t n = 0, n_more;
    for (uint32_t i = 0; i < guess->n_next && n <= LM_BACK_MAX; i++, n += n_more)
        TRY(spell(draft, tokenizer_item_bytes(draft->to_tokenizer, guess->next[i]), tokens + n,
                  &n_more));
    *n_read = n;
    return n > 0 && n <= LM_BACK_MAX ? read_tokens(draft, tokens, n, next) : TACIT_OK;
}

struct chain {
    uint8_t bytes[BYTES_MAX];
    size_t n_bytes, n_read; /* tokens that the model has read */
    struct draft_token next;
    uint32_t probability; /* that all of it is right */
};

/* Draws the chain out while a row for the next token pays. */
static enum tacit_status draw_out(struct language_draft *draft,
                                  const struct language_guesser *guesser, uint32_t n_rows,
                                  struct chain *c)
{
    for (uint32_t i = 0; i < DRAFTED_MAX; i++) {
        struct byte_view bytes = tokenizer_item_bytes(tokenizer_of(draft), c->next.token);
        c->probability = (uint32_t)((uint64_t)c->probability * c->next.probability / GUESS_ONE);
        if (c->probability <= language_guess_cost(guesser, n_rows + i) + COST || bytes.n == 0 ||
            c->n_bytes + bytes.n > BYTES_MAX)
            break;
        memcpy(c->bytes + c->n_bytes, bytes.data, bytes.n);
        c->n_bytes += bytes.n;
        if (i + 1 == DRAFTED_MAX || c->n_read == LM_BACK_MAX)
            break;
        uint32_t token = c->next.token;
        TRY(read_tokens(draft, &token, 1, &c->next));
        c->n_read++;
    }
    return TACIT_OK;
}

/* The chain's bytes become guesses. */
static enum tacit_status add_guesses(const struct language_draft *draft, const struct chain *c,
                                     struct language_guess *guess)
{
    uint32_t items[BYTES_MAX];
    size_t n_items;
    TRY(tokenizer_encode(draft->to_tokenizer, c->bytes, c->n_bytes, items, &n_items));
    for (size_t i = 0; i < n_items && guess->n_next < GUESS_ROWS - 1; i++) {
        if (items[i] >= tokenizer_vocabulary(draft->to_tokenizer)->n_tokens)
            break;
        guess->next[guess->n_next++] = items[i];
    }
    return TACIT_OK;
}

enum tacit_status language_draft_continue(struct language_draft *draft,
                                          const struct language_guesser *guesser,
                                          struct language_guess *guess)
{
    if (!draft->model)
        return TACIT_OK;
    TRY(read_noted(draft));
    struct chain c = {.next = draft->next, .probability = guess->p_next};
    TRY(read_guesses(draft, guess, &c.n_read, &c.next));
    if (c.n_read > LM_BACK_MAX)
        return TACIT_OK;
    TRY(draw_out(draft, guesser, 2 + guess->n_next, &c));
    if (c.n_read > 0)
        TRY(lm_take_back(draft->lm, 0, (uint32_t)c.n_read));
    return c.n_bytes > 0 ? add_guesses(draft, &c, guess) : TACIT_OK;
}
