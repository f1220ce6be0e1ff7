/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_rounds.h"

#include <string.h>

#include "base/try.h"

/* What the model has to read for the stream's share of the next round; returns how many. */
static size_t plan_stream(struct language_coder *coder, uint32_t stream, struct lm_input *inputs)
{
    struct language_stream *s = &coder->streams[stream];
    size_t n = 0;
    if (!coder->token.encoding) {
        if (s->at < s->end && s->before != LM_NO_TOKEN)
            inputs[n++] = (struct lm_input){stream, s->before};
        return n;
    }
    for (uint32_t j = 0; j < coder->n_ahead && s->planned < s->stop; j++) {
        if (s->planned_before != LM_NO_TOKEN)
            inputs[n++] = (struct lm_input){stream, s->planned_before};
        s->planned_before = language_coder_token_of(coder, *s->planned++);
    }
    return n;
}

static void plan_round(struct language_coder *coder, struct language_round *round)
{
    round->n_inputs = 0;
    for (uint32_t i = round->first; i < round->end; i++) {
        round->rows[i] = round->logits + round->n_inputs * coder->logit_stride;
        round->n_inputs += plan_stream(coder, i, round->inputs + round->n_inputs);
    }
}

static void read_round(struct language_coder *coder, struct language_round *round)
{
    round->status = lm_feed(coder->lm, round->inputs, round->n_inputs, round->logits);
}

/* One item of one stream. */
static enum tacit_status code_item(struct language_coder *coder, uint32_t stream)
{
    struct language_stream *s = &coder->streams[stream];
    if (s->before != LM_NO_TOKEN) {
        s->logits = s->next;
        s->next += coder->logit_stride;
    }
    if (!coder->token.unmixed)
        cm_select_stream(coder->token.mixed.cm, stream, s->at);
    uint32_t item = coder->token.encoding ? *s->items++ : 0;
    item = token_coder_step(&coder->token, s->logits, item);
    struct byte_view bytes = tokenizer_item_bytes(coder->tokenizer, item);
    if (bytes.n > s->end - s->at)
        return TACIT_ERR_CORRUPT;
    if (!coder->token.encoding)
        memcpy(coder->job->content.data + s->at, bytes.data, bytes.n);
    s->at += (uint32_t)bytes.n;
    s->before = language_coder_token_of(coder, item);
    coder->n_bare += s->before == LM_NO_TOKEN;
    return TACIT_OK;
}

/* Some items of each of the round's streams, in lock-step. */
static enum tacit_status code_round(struct language_coder *coder,
                                    const struct language_round *round)
{
    for (uint32_t i = round->first; i < round->end; i++)
        coder->streams[i].next = round->rows[i];
    for (uint32_t j = 0; j < coder->n_ahead; j++)
        for (uint32_t i = round->first; i < round->end; i++)
            if (coder->streams[i].at < coder->streams[i].end)
                TRY(code_item(coder, i));
    for (uint32_t i = round->first; i < round->end; i++)
        language_coder_keep_logits(coder, &coder->streams[i]);
    return TACIT_OK;
}

/* Two threads: one codes a round while the other reads for the next. */
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

/* Compares the model with the rival's sample, once the model has done as many bytes; false before. The
 * longer the content, the more the context models gain on the model. So a model that took an eighth
 * more is given up, and one that took an eighth less has beaten them, except where they made less than
 * a fifth of the sample: such content repeats itself, and the whole has repeats that the sample lacks. */
static bool judge(const struct language_coder *coder, const struct context_sample *rival,
                  uint64_t n_done, struct language_outcome *outcome)
{
    if (n_done < rival->n_bytes)
        return false;
    uint64_t coded = token_coder_n_coded(&coder->token) * rival->n_bytes;
    uint64_t limit = rival->n_coded * n_done;
    outcome->rival_beaten = coded < limit - limit / 8 && rival->n_coded >= rival->n_bytes / 5;
    outcome->given_up = coded > limit + limit / 8;
    return true;
}

static uint64_t bytes_left(const struct language_coder *coder)
{
    uint64_t n_left = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        n_left += coder->streams[i].end - coder->streams[i].at;
    return n_left;
}

enum tacit_status language_rounds_run(struct language_coder *coder,
                                      const struct context_sample *rival,
                                      struct language_outcome *outcome)
{
    uint64_t n_all = coder->streams[coder->layout.n_streams - 1].end, n_left = n_all;
    *outcome = (struct language_outcome){0};
    share_streams(coder);
    for (uint64_t n = 0; n_left > 0 && !outcome->given_up; n++) {
        TRY(run_round(coder, n));
        n_left = bytes_left(coder);
        if (block_watch_stop(&coder->job->watch, n_all - n_left))
            return TACIT_ERR_CANCELLED;
        if (token_coder_is_hopeless(&coder->token))
            outcome->given_up = true;
        else if (rival && judge(coder, rival, n_all - n_left, outcome))
            rival = NULL;
    }
    return TACIT_OK;
}
