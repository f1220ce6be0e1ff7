/* SPDX-License-Identifier: Apache-2.0
 *
 * While a sample is coded, the watch of the whole block sees it pass: from the start, slowly, and never
 * further than the sample is long.
 */
#include "methods/context/context_sample.h"

#include <stdlib.h>

#include "check.h"
#include "unit/samples.h"

enum { N_CONTENT = 1 << 20, N_PIECES = 4 };

struct seen {
    const struct block_job *job;
    uint64_t n_calls, n_first, n_last;
    bool went_back, stop;
};

static bool see(void *context)
{
    struct seen *seen = context;
    uint64_t n = atomic_load(&seen->job->watch.n_done);
    seen->n_calls++;
    seen->went_back |= n < seen->n_last;
    seen->n_last = n;
    if (seen->n_first == 0)
        seen->n_first = n;
    return seen->stop;
}

static enum tacit_status measure(struct seen *seen, struct context_sample *sample)
{
    struct tacit_options options;
    struct codec_plan plan;
    atomic_bool stop = false;
    uint64_t state = 1;
    static const uint32_t places[N_PIECES] = {0, N_CONTENT / 4, N_CONTENT / 2, N_CONTENT / 4 * 3};
    tacit_options_init(&options);
    options.level = 3;
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    struct block_job job = {.plan = &plan, .watch = {.stop = &stop, .tick = see}};
    job.watch.tick_context = seen;
    seen->job = &job;
    CHECK(byte_buffer_reserve(&job.content, N_CONTENT, N_CONTENT) == TACIT_OK);
    job.content.size = sample_text(job.content.data, N_CONTENT, &state);
    job.header.content_size = (uint32_t)job.content.size;
    enum tacit_status status = context_sample_measure(&job, CONTENT_TEXT, places, N_PIECES, sample);
    block_job_free(&job);
    return status;
}

int main(void)
{
    struct context_sample sample;
    struct seen seen = {0}, stopping = {.stop = true};
    CHECK(measure(&seen, &sample) == TACIT_OK);
    CHECK(sample.n_bytes == N_CONTENT / 32 && sample.all_coded < sample.n_bytes / 2);
    CHECK(seen.n_calls >= 8 && !seen.went_back);
    CHECK(seen.n_first > 0 && seen.n_first <= sample.n_bytes / 8);
    CHECK(seen.n_last > sample.n_bytes / 8 && seen.n_last <= sample.n_bytes / 2);
    CHECK(measure(&stopping, &sample) == TACIT_ERR_CANCELLED && stopping.n_calls == 1);
    return check_result();
}
