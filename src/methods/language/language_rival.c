/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/language/language_rival.h"

#include "base/try.h"

enum {
    SAMPLES_MAX = 3,         /* in a long block: at its start, at a quarter and at a half */
    LONG_BLOCK = 1 << 19,    /* bytes */
    SURE_GAIN = 180,         /* thousandths above the least gain: then the model goes on alone */
    SMALL_SAMPLE_ERROR = 40, /* thousandths: twice the expected difference of sample and whole */
    IMPATIENT_STEPS = 2,
    PATIENT_STEPS = LANGUAGE_RIVAL_STEPS / 4,
    SHORT_BLOCK =
        1 << 17, /* bytes; a longer one would take too long where the model loses in the end, */
    SMALL_LEAST_GAIN = 10, /* unless the level is one for which size counts more than time */
    SLACK_STEPS = LANGUAGE_RIVAL_STEPS / 2,
    SLACK_STEP = 20,    /* thousandths */
    STEP_MIN = 1 << 10, /* bytes between two comparisons with the whole */
};

/* Thousandths by which the model is below the context models in the sample's second half. */
static int gain_of(const struct context_sample *sample, uint64_t n_model, uint64_t n_content)
{
    uint64_t context = sample->all_coded - sample->half_coded;
    uint64_t n = sample->n_bytes - sample->n_half;
    if (context == 0 || sample->all_coded < sample->half_coded || n_content == 0)
        return -1000;
    uint64_t thousandths = n_model * n * 1000 / (n_content * context);
    return thousandths > 2000 ? -1000 : 1000 - (int)thousandths;
}

/* Thousandths of the whole block, if it goes on as the sample's second half did, by which the model is below the context
 * models in the first half: what it knows before it starts. */
static int head_start_of(const struct context_sample *sample, uint64_t n_model, uint64_t n_all)
{
    if (n_model >= sample->half_coded || sample->all_coded < sample->half_coded)
        return 0;
    uint64_t n = sample->n_bytes - sample->n_half, coded = sample->all_coded - sample->half_coded;
    uint64_t left = n > 0 && n_all > sample->n_half ? (n_all - sample->n_half) * coded / n : 0;
    return (int)((sample->half_coded - n_model) * 1000 / (sample->half_coded + left));
}

/* In the samples that are done, in thousandths. The head start, of which all remains, counts as the gain in a sample of
 * which as much would remain. */
static int mean_gain(const struct language_rival *rival)
{
    return rival->gains / (int)rival->n_samples + rival->head_start * 3 / 2;
}

/* About two thirds of a sample's gain remain in the whole block, since context models gain most
 * from more content. */
static enum language_verdict judge(const struct language_rival *rival)
{
    int gain = mean_gain(rival), least = (int)rival->least_gain;
    if (2 * gain < 3 * least - SMALL_SAMPLE_ERROR)
        return LANGUAGE_GIVEN_UP;
    return gain >= least + SURE_GAIN || rival->n_samples > 1 ? LANGUAGE_GOES_ON : LANGUAGE_UNSURE;
}

bool language_rival_promises(const struct language_rival *rival)
{
    return rival->n_samples > 0 &&
           2 * mean_gain(rival) >= 3 * (int)rival->least_gain + SMALL_SAMPLE_ERROR;
}

static bool sample_is_due(const struct language_rival *rival, uint64_t n_done, uint64_t n_all)
{
    unsigned n_samples = n_all < LONG_BLOCK ? 1 : SAMPLES_MAX;
    return rival->n_samples < n_samples && n_done >= n_all / 4 * rival->n_samples;
}

static enum tacit_status begin_sample(struct language_rival *rival,
                                      const struct language_coder *coder, uint64_t n_done)
{
    uint32_t places[TACIT_STREAMS_MAX];
    for (uint32_t i = 0; i < coder->layout.n_streams; i++)
        places[i] = coder->streams[i].at;
    TRY(context_sample_measure(coder->job, coder->layout.type, places, coder->layout.n_streams,
                               &rival->sample));
    rival->n_samples++;
    rival->under_way = true;
    rival->half_done = false;
    rival->start = n_done;
    return TACIT_OK;
}

static enum tacit_status compare_sample(struct language_rival *rival,
                                        const struct language_coder *coder, uint64_t n_done,
                                        uint64_t n_all, enum language_verdict *verdict)
{
    uint64_t n_model = token_coder_n_coded(&coder->token);
    if (!rival->under_way)
        return sample_is_due(rival, n_done, n_all) ? begin_sample(rival, coder, n_done) : TACIT_OK;
    if (!rival->half_done && n_done - rival->start >= rival->sample.n_half) {
        rival->half_done = true;
        rival->half_at = n_done;
        rival->half_model = n_model;
    }
    if (n_done - rival->start < rival->sample.n_bytes)
        return TACIT_OK;
    rival->under_way = false;
    if (rival->n_samples == 1)
        rival->head_start = head_start_of(&rival->sample, rival->half_model, n_all);
    rival->gains += gain_of(&rival->sample, n_model - rival->half_model, n_done - rival->half_at);
    *verdict = judge(rival);
    return TACIT_OK;
}

/* Bytes that the context models took for the content that the streams have coded. */
static uint64_t context_bytes(const struct language_rival *rival,
                              const struct language_coder *coder)
{
    uint64_t n = 0;
    uint32_t start = 0;
    for (uint32_t i = 0; i < coder->layout.n_streams; i++) {
        n += context_marks_between(rival->marks, start, coder->streams[i].at);
        start += coder->layout.n_bytes[i];
    }
    return n;
}

/* What the model may seem to take too much, in thousandths. After a promising sample the estimate is trusted little at
 * first: the context models have read all that is before a stream, the model has read nothing of it. */
static uint64_t slack(unsigned n_steps)
{
    return n_steps < SLACK_STEPS ? (SLACK_STEPS - n_steps) * SLACK_STEP : 0;
}

/* The estimate: the model goes on against the context models as it did in the second half of the
 * content coded so far. */
static enum language_verdict compare_whole(struct language_rival *rival,
                                           const struct language_coder *coder, uint64_t n_done,
                                           uint64_t n_all)
{
    uint64_t step = n_all / LANGUAGE_RIVAL_STEPS + STEP_MIN;
    if (n_done < step * (rival->n_steps + 1) || rival->n_steps == LANGUAGE_RIVAL_STEPS)
        return LANGUAGE_GOES_ON;
    unsigned now = ++rival->n_steps, before = now / 2;
    rival->model_at[now] = token_coder_n_coded(&coder->token);
    rival->context_at[now] = context_bytes(rival, coder);
    uint64_t context = rival->context_at[now] - rival->context_at[before];
    uint64_t model = rival->model_at[now] - rival->model_at[before];
    uint64_t left =
        rival->n_whole > rival->context_at[now] ? rival->n_whole - rival->context_at[now] : 0;
    bool unhurried = rival->least_gain <= SMALL_LEAST_GAIN;
    bool promising = rival->promising && (unhurried || n_all <= SHORT_BLOCK);
    bool patient = rival->patient || promising || unhurried;
    if (now < (patient ? PATIENT_STEPS : IMPATIENT_STEPS) || context == 0)
        return LANGUAGE_GOES_ON;
    uint64_t expected = rival->model_at[now] + left * model / context;
    uint64_t limit = rival->n_whole * (1000 - rival->least_gain) / 1000;
    if (promising)
        limit += limit * slack(now) / 1000;
    return expected > limit ? LANGUAGE_GIVEN_UP : LANGUAGE_GOES_ON;
}

enum tacit_status language_rival_compare(struct language_rival *rival,
                                         const struct language_coder *coder, uint64_t n_done,
                                         uint64_t n_all, enum language_verdict *verdict)
{
    *verdict = LANGUAGE_GOES_ON;
    if (!rival->marks)
        return compare_sample(rival, coder, n_done, n_all, verdict);
    *verdict = compare_whole(rival, coder, n_done, n_all);
    return TACIT_OK;
}
