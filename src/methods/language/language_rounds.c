/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_rounds.h"

#include "base/try.h"

/* Needs a pass: an encoder's units do as long as there are items (language_readers.needs). */
static bool needs_pass(void *context, uint32_t stream)
{
    const struct language_coder *coder = context;
    const struct language_stream *s = &coder->streams[stream];
    return coder->token.encoding || (s->at < s->end && !s->guess.is_read);
}

/* Lists what the model has to read for the stream's share of the next round
 * (language_readers.plan). */
static size_t plan_stream(void *context, uint32_t stream, struct lm_input *inputs)
{
    struct language_coder *coder = context;
    struct language_stream *s = &coder->streams[stream];
    size_t n = 0;
    if (!coder->token.encoding)
        return s->at < s->end ? language_guess_plan(&s->guess, stream, s->before, inputs) : 0;
    for (uint32_t j = 0; j < coder->readers.n_ahead && s->planned < s->stop; j++) {
        if (s->planned_before != LM_NO_TOKEN) {
            inputs[n] = (struct lm_input){stream, s->planned_before, (uint32_t)n};
            n++;
        }
        s->planned_before = language_coder_token_of(coder, *s->planned++);
    }
    return n;
}

/* After a decoded token. */
static enum tacit_status guess_on(struct language_coder *coder, uint32_t stream)
{
    struct language_stream *s = &coder->streams[stream];
    TRY(language_guess_note(&coder->guesser, &s->guess, coder->lm, stream, s->before));
    if (s->guess.is_read || s->at == s->end)
        return TACIT_OK;
    return language_draft_continue(&coder->draft, &coder->guesser, &s->guess);
}

/* Codes one item of one stream. */
static enum tacit_status code_item(struct language_coder *coder, uint32_t stream)
{
    struct language_stream *s = &coder->streams[stream];
    uint32_t from = s->at;
    TRY(language_coder_step(coder, stream, coder->token.encoding ? *s->items++ : 0));
    if (coder->token.encoding)
        return TACIT_OK;
    struct byte_view bytes = {coder->job->content.data + from, s->at - from};
    TRY(language_draft_note(&coder->draft, bytes));
    return s->before != LM_NO_TOKEN ? guess_on(coder, stream) : TACIT_OK;
}

/* Waits until the model has read for the stream's first item of the round. */
static enum tacit_status await_logits(struct language_coder *coder, uint32_t stream, uint64_t round)
{
    struct language_stream *s = &coder->streams[stream];
    TRY(language_readers_await(&coder->readers, stream, round, &s->next));
    s->next += s->guess.row * coder->readers.stride; /* an encoder's is the first */
    return TACIT_OK;
}

/* Codes some items of each stream, in lock-step. */
static enum tacit_status run_round(struct language_coder *coder, uint64_t round)
{
    struct language_readers *readers = &coder->readers;
    for (uint32_t j = 0; j < readers->n_ahead; j++)
        for (uint32_t i = 0; i < readers->n_streams; i++) {
            struct language_stream *s = &coder->streams[i];
            if (j == 0)
                TRY(await_logits(coder, i, round));
            if (s->at < s->end)
                TRY(code_item(coder, i));
            if (j + 1 < readers->n_ahead)
                continue;
            language_coder_keep_logits(coder, s);
            language_readers_pass(readers);
        }
    return TACIT_OK;
}

static uint64_t bytes_left(const struct language_coder *coder)
{
    uint64_t n_left = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        n_left += coder->streams[i].end - coder->streams[i].at;
    return n_left;
}

static enum tacit_status run_rounds(struct language_coder *coder, struct language_rival *rival,
                                    enum language_verdict *verdict)
{
    struct block_watch *watch = &coder->job->watch;
    uint64_t n_all = coder->streams[coder->layout.n_streams - 1].end, n_left = n_all;
    uint64_t n_before = 0, n_still = n_all; /* bytes that the watch has counted, and that it has
                                               still to count */
    *verdict = LANGUAGE_GOES_ON;
    for (uint64_t round = 0; n_left > 0 && *verdict == LANGUAGE_GOES_ON; round++) {
        if (rival)
            TRY(language_rival_compare(rival, coder, n_all - n_left, n_all, verdict));
        if (*verdict != LANGUAGE_GOES_ON)
            break;
        if (round == 0) { /* perhaps a sample */
            n_before = atomic_load_explicit(&watch->n_done, memory_order_relaxed);
            n_still = n_before < n_all ? n_all - n_before : 0;
        }
        TRY(run_round(coder, round));
        n_left = bytes_left(coder);
        if (block_watch_stop(watch, n_before + (n_all - n_left) * n_still / n_all))
            return TACIT_ERR_CANCELLED;
        if (token_coder_is_hopeless(&coder->token))
            *verdict = LANGUAGE_GIVEN_UP;
    }
    return TACIT_OK;
}

enum tacit_status language_rounds_run(struct language_coder *coder, struct language_rival *rival,
                                      enum language_verdict *verdict)
{
    struct language_readers *readers = &coder->readers;
    readers->pool = coder->job->pool;
    readers->lm = coder->lm;
    readers->needs = needs_pass;
    readers->plan = plan_stream;
    readers->context = coder;
    TRY(language_readers_start(readers));
    enum tacit_status status = run_rounds(coder, rival, verdict);
    language_readers_stop(readers);
    return status;
}
