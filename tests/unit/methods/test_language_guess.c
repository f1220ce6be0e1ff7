/* SPDX-License-Identifier: Apache-2.0
 *
 * A decoder that guesses and one that does not give the same bytes and the same verdict: on content
 * that repeats itself and then does not, for models of every shape, beyond their contexts and windows,
 * mixed and not, of 1 to 5 streams, whole, cut short and damaged. Guesses save passes, and a model that drafts saves more.
 *
 *     test_language_guess [archives]
 *
 * docs/engine.md tells what 10,000 archives showed.
 */
#include "methods/language/language_block.h"
#include "methods/language/language_choose.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "methods/guess/language_guess.h"
#include "tiny_tmodel.h"
#include "unit/samples.h"

enum { N_MAX = 700, N_STREAMS = GUESS_STREAMS + 1, N_ARCHIVES = 70 };

#define SHAPE(name, ...) {__VA_ARGS__},
static const struct lm_shape shapes[] = {TINY_MODELS(SHAPE)};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

static uint8_t content[N_MAX];
static uint64_t rng = 1;

/* Copies of what came before, some of their bytes changed, and new bytes. */
static size_t fill_content(void)
{
    static const char letters[] = "the in an er\n Q01,";
    size_t n = 1 + sample_rng(&rng) % N_MAX, i = 0;
    while (i < n) {
        size_t length = 1 + sample_rng(&rng) % 60, from = i ? sample_rng(&rng) % i : 0;
        bool copying = i > 0 && sample_rng(&rng) % 4;
        for (size_t j = 0; j < length && i < n; j++, i++) {
            bool is_new = !copying || sample_rng(&rng) % 40 == 0;
            content[i] = is_new ? (uint8_t)letters[sample_rng(&rng) % (sizeof letters - 1)]
                                : content[from + j];
        }
    }
    return n;
}

static void encode(struct block_job *job, const struct codec_plan *plan, size_t n)
{
    static struct block_look look;
    *job = (struct block_job){.plan = plan, .model = plan->model, .look = &look};
    CHECK(byte_buffer_append(&job->content, content, n) == TACIT_OK);
    job->header.content_size = (uint32_t)n;
    line_ends_find(&look.line_ends, content, n);
    job->content.size = line_ends_apply(&look.line_ends, job->content.data, n);
    look.n_split = 1;
    look.split[0] = (struct content_segment){{.type = CONTENT_TEXT}, (uint32_t)job->content.size};
    CHECK(language_choose_spoken(&look, &job->content, !plan->unmixed) == TACIT_OK && look.spoken);
    CHECK(language_method.encode(job, 8 * n + 4096) == TACIT_OK && job->payload.size > 0);
}

/* What came out goes to out, zeros where nothing did. */
static enum tacit_status decode(const struct block_job *whole, enum codec_guessing guessing,
                                size_t n_payload, uint8_t *out, struct tacit_model_report *report)
{
    struct codec_plan plan = *whole->plan;
    size_t n = whole->header.content_size;
    struct block_job job = {.plan = &plan, .model = whole->model, .header = whole->header};
    plan.guessing = guessing;
    memset(out, 0, N_MAX);
    CHECK(byte_buffer_append(&job.payload, whole->payload.data, n_payload) == TACIT_OK);
    CHECK(byte_buffer_reserve(&job.content, n, n) == TACIT_OK);
    memset(job.content.data, 0, n);
    enum tacit_status status = language_method.decode(&job);
    memcpy(out, job.content.data, n);
    *report = job.report;
    block_job_free(&job);
    return status;
}

static uint64_t n_decoded, n_passes;

static enum tacit_status compare(const struct block_job *job, enum codec_guessing guessing,
                                 size_t n_payload)
{
    static uint8_t plain[N_MAX], guessed[N_MAX];
    struct tacit_model_report one, other;
    enum tacit_status status = decode(job, GUESSING_NOTHING, n_payload, plain, &one);
    enum tacit_status with = decode(job, guessing, n_payload, guessed, &other);
    CHECK_MSG(with == status, "%s, not %s", tacit_status_name(with), tacit_status_name(status));
    CHECK(memcmp(plain, guessed, N_MAX) == 0 && one.n_decoded == other.n_decoded);
    CHECK(other.n_passes <= one.n_passes && other.n_read >= other.n_passes);
    if (status == TACIT_OK && n_payload == job->payload.size) {
        n_decoded += one.n_decoded;
        n_passes += other.n_passes;
    }
    return status;
}

/* An archive, a prefix of it, one with a byte changed, and a prefix of that. */
static void check_archive(const struct tacit_model *model, unsigned number)
{
    enum codec_guessing guessing = number % 4 ? GUESSING_ALL : GUESSING_WHAT_PAYS;
    if (number % 16 == 5) /* of one stream */
        guessing = GUESSING_DRAFTS;
    struct tacit_options options;
    struct codec_plan plan;
    struct block_job job;
    size_t n = fill_content();
    tacit_options_init(&options);
    options.model = model;
    options.unmixed = number % 7 > 0;
    options.n_streams = 1 + number % N_STREAMS;
    options.n_threads = 1;
    options.n_context = number % 3 ? 64 : 256;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    plan.memory_log2_max = CONTEXT_MEMORY_LOG2_MIN;
    encode(&job, &plan, n);
    CHECK(compare(&job, guessing, job.payload.size) == TACIT_OK);
    (void)compare(&job, guessing, sample_rng(&rng) % job.payload.size);
    uint8_t *changed = job.payload.data + job.payload.size - 1;
    changed -= sample_rng(&rng) % (job.payload.size / 2 + 1); /* of the coded bits, mostly */
    *changed ^= (uint8_t)(1 + sample_rng(&rng) % 255);
    (void)compare(&job, guessing, job.payload.size);
    (void)compare(&job, guessing, sample_rng(&rng) % job.payload.size);
    block_job_free(&job);
}

/* Words that the linked-in model knows, and that do not come twice. */
static void test_drafts(const struct tacit_model *model)
{
    static const char text[] =
        "The history of the United States of America is one of the most important "
        "subjects that students in high schools and at universities learn about.";
    static uint8_t out[N_MAX];
    struct tacit_options options;
    struct codec_plan plan;
    struct block_job job;
    struct tacit_model_report without, with;
    const struct tacit_model *linked;
    tacit_options_init(&options);
    options.model = model;
    options.unmixed = 1;
    options.n_streams = options.n_threads = 1;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    memcpy(content, text, sizeof text);
    encode(&job, &plan, sizeof text);
    CHECK(decode(&job, GUESSING_WHAT_PAYS, job.payload.size, out, &without) == TACIT_OK);
    CHECK(decode(&job, GUESSING_DRAFTS, job.payload.size, out, &with) == TACIT_OK);
    CHECK(memcmp(out, text, sizeof text) == 0 && with.n_decoded == without.n_decoded);
    /* Where a second row costs as much as half a pass, no draft of so small a model is worth one. */
    bool cheap = language_choose_costs(&plan, model).n_first > 1;
    if (tacit_model_default(&linked) == TACIT_OK)
        CHECK_MSG(cheap ? with.n_passes < without.n_passes : with.n_passes == without.n_passes,
                  "%llu passes with drafts, %llu without", (unsigned long long)with.n_passes,
                  (unsigned long long)without.n_passes);
    block_job_free(&job);
}

int main(int argc, char **argv)
{
    unsigned n_archives = argc > 1 ? (unsigned)atoi(argv[1]) : N_ARCHIVES;
    for (unsigned shape = 0; shape < N_SHAPES; shape++) {
        struct tacit_model *model;
        uint8_t *memory;
        CHECK(tiny_tmodel(&model, &shapes[shape], &memory) == TACIT_OK);
        for (unsigned i = shape; i < n_archives; i += N_SHAPES)
            check_archive(model, i / N_SHAPES);
        if (shape == 0)
            test_drafts(model);
        tacit_model_close(model);
        free(memory);
    }
    CHECK_MSG(n_passes < n_decoded - n_decoded / 8, "%llu tokens in %llu passes",
              (unsigned long long)n_decoded, (unsigned long long)n_passes);
    return check_result();
}
