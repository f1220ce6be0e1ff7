/* SPDX-License-Identifier: Apache-2.0
 *
 * What guesses save a decoder:
 *
 *     guess_speed MODEL STREAMS ROUNDS BYTES FILE...
 *
 * The first BYTES of each file, as one block of so many streams, are decoded by one thread with
 * guesses and without, in turn. Seconds are of processor time, the least of the rounds.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file_map.h"
#include "base/try.h"
#include "methods/block.h"
#include "methods/plan.h"
#include "model/open_model.h"
#include "tacit/model.h"

#include "methods/language/language_block.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct bench {
    struct codec_plan plan;
    struct block_job encoded;
};

static enum tacit_status encode(struct bench *b, const uint8_t *data, size_t n)
{
    static struct block_look look;
    struct block_job *job = &b->encoded;
    *job = (struct block_job){.plan = &b->plan, .model = b->plan.model, .look = &look};
    TRY(byte_buffer_append(&job->content, data, n));
    job->header.content_size = (uint32_t)n;
    line_ends_find(&look.line_ends, data, n);
    job->content.size = line_ends_apply(&look.line_ends, job->content.data, n);
    look.n_split = 1;
    look.split[0] = (struct content_segment){{.type = CONTENT_TEXT}, (uint32_t)job->content.size};
    return language_method.encode(job, 2 * n + 4096);
}

static enum tacit_status decode(const struct bench *b, bool guessing, const uint8_t *data,
                                double *least, struct tacit_model_report *report)
{
    struct codec_plan plan = b->plan;
    struct block_job job = {.plan = &plan, .model = plan.model, .header = b->encoded.header};
    plan.guessing = guessing ? GUESSING_WHAT_PAYS : GUESSING_NOTHING;
    TRY(byte_buffer_append(&job.payload, b->encoded.payload.data, b->encoded.payload.size));
    double start = seconds();
    enum tacit_status status = language_method.decode(&job);
    double taken = seconds() - start;
    *least = *least == 0 || taken < *least ? taken : *least;
    *report = job.report;
    if (status == TACIT_OK && memcmp(job.content.data, data, job.header.content_size) != 0)
        status = TACIT_ERR_CORRUPT;
    block_job_free(&job);
    return status;
}

static enum tacit_status compare(struct bench *b, const char *path, size_t n_bytes, int n_rounds)
{
    struct file_map file;
    struct tacit_model_report report;
    double plain = 0, guessing = 0;
    TRY(file_map_open(&file, path));
    size_t n = file.n_bytes < n_bytes ? file.n_bytes : n_bytes;
    enum tacit_status status = encode(b, file.data, n);
    for (int i = 0; i < n_rounds && status == TACIT_OK; i++) {
        status = decode(b, false, file.data, &plain, &report);
        if (status == TACIT_OK)
            status = decode(b, true, file.data, &guessing, &report);
    }
    if (status == TACIT_OK)
        printf("%-28.28s %7zu %7llu %7llu %7.2f %7.2f   %8.3f %8.3f %6.2f\n",
               strrchr(path, '/') ? strrchr(path, '/') + 1 : path, n,
               (unsigned long long)report.n_decoded, (unsigned long long)report.n_passes,
               (double)report.n_decoded / (double)report.n_passes,
               (double)report.n_read / (double)report.n_passes, plain, guessing, plain / guessing);
    fflush(stdout);
    block_job_free(&b->encoded);
    file_map_close(&file);
    return status;
}

int main(int argc, char **argv)
{
    struct tacit_options options;
    struct tacit_model *model;
    struct bench b;
    tacit_options_init(&options);
    if (argc < 6 || tacit_model_open(&model, argv[1]) != TACIT_OK)
        return 1;
    options.model = model;
    options.n_streams = (unsigned)atoi(argv[2]);
    options.n_threads = 1;
    options.cpu = getenv("GUESS_CPU");
    if (codec_plan_make(&b.plan, &options) != TACIT_OK)
        return 1;
    printf("%-28s %7s %7s %7s %7s %7s   %8s %8s %6s\n", "file", "bytes", "tokens", "passes",
           "a pass", "rows", "plain s", "guess s", "times");
    enum tacit_status status = TACIT_OK;
    for (int i = 5; i < argc && status == TACIT_OK; i++)
        status = compare(&b, argv[i], (size_t)atol(argv[4]), atoi(argv[3]));
    if (status != TACIT_OK)
        fprintf(stderr, "%s\n", tacit_status_name(status));
    tacit_model_close(model);
    return status != TACIT_OK;
}
