/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/try.h"
#include "methods/language/language_coder.h"
#include "model/model.h"

uint32_t language_token_of(const struct language_coder *coder, uint32_t item)
{
    return item < tokenizer_vocabulary(coder->tokenizer)->n_tokens ? item : LM_NO_TOKEN;
}

/* What the model has to read for the stream's share of the next round; returns how many. */
static size_t plan_segment(struct language_coder *coder, uint32_t stream, struct lm_input *inputs)
{
    struct language_segment *s = &coder->segments[stream];
    size_t n = 0;
    if (!coder->token.encoding) {
        if (s->at < s->end && s->before != LM_NO_TOKEN)
            inputs[n++] = (struct lm_input){stream, s->before};
        return n;
    }
    for (uint32_t j = 0; j < coder->n_ahead && s->planned < s->stop; j++) {
        if (s->planned_before != LM_NO_TOKEN)
            inputs[n++] = (struct lm_input){stream, s->planned_before};
        s->planned_before = language_token_of(coder, *s->planned++);
    }
    return n;
}

static void plan_round(struct language_coder *coder, struct language_round *round)
{
    round->n_inputs = 0;
    for (uint32_t i = round->first; i < round->end; i++) {
        round->rows[i] = round->logits + round->n_inputs * coder->logit_stride;
        round->n_inputs += plan_segment(coder, i, round->inputs + round->n_inputs);
    }
}

static void read_round(struct language_coder *coder, struct language_round *round)
{
    round->status = lm_feed(coder->lm, round->inputs, round->n_inputs, round->logits);
}

/* One item of one segment. */
static enum tacit_status code_item(struct language_coder *coder, uint32_t stream)
{
    struct language_segment *s = &coder->segments[stream];
    if (s->before != LM_NO_TOKEN) {
        s->logits = s->next;
        s->next += coder->logit_stride;
    }
    if (coder->token.cm)
        cm_select_stream(coder->token.cm, stream, s->at);
    uint32_t item = coder->token.encoding ? *s->items++ : 0;
    item = token_coder_step(&coder->token, s->logits, item);
    struct byte_view bytes = tokenizer_item_bytes(coder->tokenizer, item);
    if (bytes.n > s->end - s->at)
        return TACIT_ERR_CORRUPT;
    if (!coder->token.encoding)
        memcpy(coder->job->content.data + s->at, bytes.data, bytes.n);
    s->at += (uint32_t)bytes.n;
    s->before = language_token_of(coder, item);
    coder->n_bare += s->before == LM_NO_TOKEN;
    return TACIT_OK;
}

void language_keep_logits(const struct language_coder *coder, struct language_segment *s)
{
    if (s->at == s->end || s->before != LM_NO_TOKEN || s->logits == s->kept)
        return;
    memcpy(s->kept, s->logits, coder->logit_stride * sizeof *s->logits);
    s->logits = s->kept;
}

/* A few items of each of the round's segments, in lock-step. */
static enum tacit_status code_round(struct language_coder *coder,
                                    const struct language_round *round)
{
    for (uint32_t i = round->first; i < round->end; i++)
        coder->segments[i].next = round->rows[i];
    for (uint32_t j = 0; j < coder->n_ahead; j++)
        for (uint32_t i = round->first; i < round->end; i++)
            if (coder->segments[i].at < coder->segments[i].end)
                TRY(code_item(coder, i));
    for (uint32_t i = round->first; i < round->end; i++)
        language_keep_logits(coder, &coder->segments[i]);
    return TACIT_OK;
}

/* Coder and reader at work: the one's round comes before the other's. */
struct turn {
    struct language_coder *coder;
    struct language_round *now, *next;
    enum tacit_status status; /* of coding */
};

static void take_turn(void *context, struct crew *crew, unsigned member)
{
    struct turn *turn = context;
    (void)crew;
    if (member == 0)
        turn->status = code_round(turn->coder, turn->now);
    else
        read_round(turn->coder, turn->next);
}

/* Codes round number n, which has been read if there is a crew, and then has the next one read. */
static enum tacit_status run_round(struct language_coder *coder, uint64_t n)
{
    struct language_round *now = &coder->rounds[0];
    if (!coder->crew) {
        plan_round(coder, now);
        read_round(coder, now);
        TRY(now->status);
        return code_round(coder, now);
    }
    now += n % LANGUAGE_ROUNDS;
    struct turn turn = {coder, now, &coder->rounds[(n + 1) % LANGUAGE_ROUNDS], TACIT_OK};
    if (n == 0) {
        plan_round(coder, now);
        read_round(coder, now);
    }
    TRY(now->status);
    plan_round(coder, turn.next);
    crew_run(coder->crew, take_turn, &turn);
    return turn.status;
}

/* Which streams take part in which round. */
static void share_streams(struct language_coder *coder)
{
    uint32_t n = coder->layout.n_streams, half = n - n / 2;
    bool taking_turns = coder->crew && !coder->token.encoding;
    coder->rounds[0].first = 0;
    coder->rounds[0].end = taking_turns ? half : n;
    coder->rounds[1].first = taking_turns ? half : 0;
    coder->rounds[1].end = n;
}

/* Decided once, as soon as the model is where the context models' sample ended, so that content which
 * it does not know is not crawled through. The longer the content, the more the context models gain on
 * it: a model an eighth behind is given up, one an eighth ahead is kept unseen unless the sample became
 * less than a fifth of its length. Such content repeats itself, and they gain most there. */
static bool is_losing(struct language_coder *coder, uint64_t n_done)
{
    struct block_rival *rival = coder->job->rival;
    if (!rival || n_done < rival->n_bytes)
        return false;
    coder->job->rival = NULL;
    uint64_t coded = token_coder_n_coded(&coder->token) * rival->n_bytes;
    uint64_t limit = rival->n_coded * n_done;
    rival->beaten = coded < limit - limit / 8 && rival->n_coded >= rival->n_bytes / 5;
    return coded > limit + limit / 8;
}

static uint64_t bytes_left(const struct language_coder *coder)
{
    uint64_t n_left = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        n_left += coder->segments[i].end - coder->segments[i].at;
    return n_left;
}

enum tacit_status language_rounds_run(struct language_coder *coder, bool *given_up)
{
    uint64_t n_all = coder->segments[coder->layout.n_streams - 1].end, n_left = n_all;
    *given_up = false;
    share_streams(coder);
    for (uint64_t n = 0; n_left > 0 && !*given_up; n++) {
        TRY(run_round(coder, n));
        n_left = bytes_left(coder);
        if (block_watch_stop(&coder->job->watch, n_all - n_left))
            return TACIT_ERR_CANCELLED;
        *given_up = token_coder_is_hopeless(&coder->token) || is_losing(coder, n_all - n_left);
    }
    return TACIT_OK;
}
