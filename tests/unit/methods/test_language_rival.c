/* SPDX-License-Identifier: Apache-2.0
 *
 * When an encoder gives the language model up: too small a gain against samples or against the whole, and
 * what a long or changing block does to that. The model is played: it takes a share of what the context
 * models take.
 */
#include "methods/language/language_rival.h"

#include <stdlib.h>

#include "check.h"
#include "unit/samples.h"

enum { N_CONTENT = 1 << 16, N_STREAMS = 2, ROUND = 128 };

static struct codec_plan plan;
static uint8_t content[N_CONTENT];

/* A coder whose streams stand at the block's beginning. */
static struct language_coder *begin(struct block_job *job)
{
    struct language_coder *coder = calloc(1, sizeof *coder);
    coder->job = job;
    coder->token.encoding = true;
    coder->layout.n_streams = N_STREAMS;
    for (uint32_t i = 0; i < N_STREAMS; i++) {
        coder->layout.n_bytes[i] = N_CONTENT / N_STREAMS;
        coder->streams[i].at = i * (N_CONTENT / N_STREAMS);
    }
    return coder;
}

/* Rounds until there is a verdict, with a model that takes model(n_done) bytes; *n_done: where it ended. */
static enum language_verdict play(struct language_rival *rival, uint64_t (*model)(uint64_t),
                                  uint64_t *n_done)
{
    struct block_job job = {.plan = &plan, .content = {content, N_CONTENT, N_CONTENT}};
    struct language_coder *coder = begin(&job);
    enum language_verdict verdict = LANGUAGE_GOES_ON;
    for (*n_done = 0; *n_done < N_CONTENT && verdict == LANGUAGE_GOES_ON; *n_done += ROUND) {
        coder->token.mixed.enc.n_out = (size_t)model(*n_done);
        CHECK(language_rival_compare(rival, coder, *n_done, N_CONTENT, &verdict) == TACIT_OK);
        for (uint32_t i = 0; i < N_STREAMS; i++)
            coder->streams[i].at += ROUND / N_STREAMS;
    }
    free(coder);
    return verdict;
}

/* The context models take a quarter. */
static uint64_t same(uint64_t n)
{
    return n / 4;
}

static uint64_t tenth_less(uint64_t n)
{
    return n * 9 / 40;
}

static uint64_t hundredth_less(uint64_t n)
{
    return n * 99 / 400;
}

/* Ahead in what both know from the start, no better after the first sixteenth. */
static uint64_t head_start(uint64_t n)
{
    return n < N_CONTENT / 16 ? n / 8 : N_CONTENT / 128 + (n - N_CONTENT / 16) / 4;
}

/* Behind at first, far ahead from an eighth on. */
static uint64_t late(uint64_t n)
{
    return n < N_CONTENT / 8 ? n / 2 : N_CONTENT / 16 + (n - N_CONTENT / 8) / 16;
}

static void test_whole(void)
{
    struct context_marks marks;
    uint64_t n_done;
    CHECK(context_marks_create(&marks, N_CONTENT) == TACIT_OK);
    for (size_t i = 0; i < N_CONTENT; i++)
        context_marks_note(&marks, i, i + 1, i / 4);
    context_marks_note(&marks, N_CONTENT, N_CONTENT + 1, N_CONTENT / 4);
    CHECK(context_marks_between(&marks, 256, 1024) == 192);
    static const struct {
        unsigned least_gain;
        bool patient, promising;
        uint64_t (*model)(uint64_t);
        enum language_verdict verdict;
        unsigned done_min, done_max; /* 32nds of the content when the verdict comes */
    } cases[] = {
        {20, false, false, tenth_less, LANGUAGE_GOES_ON, 32, 32},
        {20, false, false, same, LANGUAGE_GIVEN_UP, 1, 4},
        {20, false, false, hundredth_less, LANGUAGE_GIVEN_UP, 1, 4},
        {0, false, false, hundredth_less, LANGUAGE_GOES_ON, 32, 32}, /* any gain */
        {50, false, false, head_start, LANGUAGE_GIVEN_UP, 3, 12},
        {20, false, false, late, LANGUAGE_GIVEN_UP, 1, 4},
        {20, true, false, late, LANGUAGE_GOES_ON, 32, 32},
        {10, false, false, late, LANGUAGE_GOES_ON, 32, 32}, /* size counts more than time */
        {20, false, true, late, LANGUAGE_GOES_ON, 32, 32},
        {20, false, true, same, LANGUAGE_GIVEN_UP, 20, 24},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct language_rival rival = {.least_gain = cases[i].least_gain,
                                       .patient = cases[i].patient,
                                       .promising = cases[i].promising,
                                       .marks = &marks,
                                       .n_whole = N_CONTENT / 4};
        enum language_verdict verdict = play(&rival, cases[i].model, &n_done);
        CHECK_MSG(verdict == cases[i].verdict, "case %zu: verdict %d", i, (int)verdict);
        CHECK_MSG(n_done * 32 >= (uint64_t)cases[i].done_min * N_CONTENT &&
                      n_done * 32 <= (uint64_t)cases[i].done_max * N_CONTENT + 32 * ROUND,
                  "case %zu: after %d bytes", i, (int)n_done);
    }
    context_marks_destroy(&marks);
}

/* What the context models take of the samples' second half, by byte of content, times this. */
static double share, context_share;

static uint64_t shared(uint64_t n)
{
    return (uint64_t)((double)n * context_share * share);
}

/* Half of that in the sample's first half. */
static uint64_t known_before(uint64_t n)
{
    uint64_t n_half = n < 4096 ? n : 4096;
    return shared(n) - shared(n_half) / 2;
}

static void test_samples(void)
{
    struct block_job job = {.plan = &plan, .content = {content, N_CONTENT, N_CONTENT}};
    const uint32_t places[N_STREAMS] = {0, N_CONTENT / N_STREAMS};
    struct context_sample sample;
    uint64_t n_done;
    CHECK(context_sample_measure(&job, CONTENT_TEXT, places, N_STREAMS, &sample) == TACIT_OK);
    CHECK(sample.n_bytes == 2 * sample.n_half && sample.n_bytes == 8192 &&
          sample.all_coded > sample.half_coded);
    CHECK(job.payload.data == NULL);
    context_share = (double)(sample.all_coded - sample.half_coded) / (double)sample.n_half;
    static const struct {
        uint64_t (*model)(uint64_t);
        double share;
        enum language_verdict verdict;
    } cases[] = {{shared, 0.7, LANGUAGE_GOES_ON},
                 {shared, 0.9, LANGUAGE_UNSURE},
                 {shared, 1.05, LANGUAGE_GIVEN_UP},
                 {known_before, 1.05, LANGUAGE_UNSURE},
                 {known_before, 1.2, LANGUAGE_GIVEN_UP}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct language_rival rival = {.least_gain = 20};
        CHECK(!language_rival_promises(&rival));
        share = cases[i].share;
        enum language_verdict verdict = play(&rival, cases[i].model, &n_done);
        CHECK_MSG(verdict == cases[i].verdict, "case %zu: verdict %d", i, (int)verdict);
        CHECK(language_rival_promises(&rival) == (share < 1));
        CHECK_MSG((verdict == LANGUAGE_GOES_ON) == (n_done == N_CONTENT) &&
                      (n_done == N_CONTENT || n_done <= sample.n_bytes + 2 * ROUND),
                  "case %zu: after %d bytes", i, (int)n_done);
    }
}

int main(void)
{
    struct tacit_options options;
    tacit_options_init(&options);
    options.no_model = 1;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    sample_fill(content, sizeof content, SAMPLE_TEXT, 1);
    test_whole();
    test_samples();
    return check_result();
}
