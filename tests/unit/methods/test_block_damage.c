/* SPDX-License-Identifier: Apache-2.0
 *
 * Payloads that are wrong although their checks are right, as a hostile archive may have: decoding
 * fails or gives the content that the content check names; the sanitizers see that nothing else
 * happens.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "methods/block.h"
#include "tacit/archive.h"
#include "unit/samples.h"

enum { N_MAX = 7000, N_TRIES = 150 };

static uint8_t content[N_MAX];

static void encode(struct block_job *job, const struct codec_plan *plan, size_t n)
{
    *job = (struct block_job){.plan = plan};
    CHECK(byte_buffer_append(&job->content, content, n) == TACIT_OK);
    CHECK(block_encode(job) == TACIT_OK);
}

/* Some bytes, mostly in front, become others; the sizes may change. */
static void damage(struct block_job *job, uint64_t *state)
{
    for (uint32_t n = 1 + sample_rng(state) % 3; n > 0; n--) {
        size_t reach = sample_rng(state) % 2 ? 12 : job->payload.size;
        size_t at = sample_rng(state) % (reach < job->payload.size ? reach : job->payload.size);
        job->payload.data[at] ^= (uint8_t)(1 + sample_rng(state) % 255);
    }
    if (sample_rng(state) % 4 == 0)
        job->payload.size = 1 + sample_rng(state) % job->payload.size;
    if (sample_rng(state) % 4 == 0)
        job->header.content_size = 1 + sample_rng(state) % (2 * N_MAX);
    job->header.payload_size = (uint32_t)job->payload.size;
    job->header.payload_check = hash64(job->payload.data, job->payload.size, 0);
}

static void check_damaged(const struct block_job *whole, uint64_t *state)
{
    struct block_job job = {.plan = whole->plan, .header = whole->header};
    uint64_t n_bytes;
    CHECK(byte_buffer_append(&job.payload, whole->payload.data, whole->payload.size) == TACIT_OK);
    damage(&job, state);
    if (block_decode_memory(&job, &n_bytes) == TACIT_OK && n_bytes < (uint64_t)64 << 20) {
        enum tacit_status status = block_decode(&job);
        CHECK_MSG(status == TACIT_ERR_CORRUPT || status == TACIT_ERR_CHECKSUM ||
                      status == TACIT_ERR_VERSION || /* reserved, behind a check that was mended */
                      (status == TACIT_OK && job.content.size == whole->header.content_size &&
                       memcmp(job.content.data, content, job.content.size) == 0),
                  "%s", tacit_status_name(status));
    }
    block_job_free(&job);
}

static enum tacit_status decode(uint8_t method, uint8_t first, bool brief)
{
    struct tacit_options options;
    struct codec_plan plan;
    struct block_job job = {.plan = &plan};
    uint8_t payload[] = {first, 0x81, 0, 0, 0, 0};
    tacit_options_init(&options);
    CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
    CHECK(byte_buffer_append(&job.payload, payload, sizeof payload) == TACIT_OK);
    job.header = (struct format_block){.method = method, .content_size = 10, .brief = brief};
    job.header.payload_size = sizeof payload;
    job.header.payload_check = hash64(payload, sizeof payload, 0);
    enum tacit_status status = block_decode(&job);
    job.header.payload_check++;
    CHECK(brief || block_decode(&job) == TACIT_ERR_CHECKSUM);
    block_job_free(&job);
    return status;
}

/* What later releases may use says so, in a payload whose check is right; brief form has no such check. */
static void check_reserved(void)
{
    CHECK(decode(4, 0, false) == TACIT_ERR_VERSION);
    CHECK(decode(255, 0, false) == TACIT_ERR_VERSION);
    CHECK(decode(TACIT_METHOD_CONTEXT, 2, false) == TACIT_ERR_VERSION); /* a segment's bit 7 */
    CHECK(decode(TACIT_METHOD_CONTEXT, 2, true) == TACIT_ERR_CORRUPT);
}

int main(void)
{
    uint64_t state = 1;
    check_reserved();
    for (int level = 1; level <= 6; level += level == 1 ? 1 : 4) {
        struct tacit_options options;
        struct codec_plan plan;
        struct block_job whole;
        tacit_options_init(&options);
        options.level = level;
        CHECK(codec_plan_make(&plan, &options) == TACIT_OK);
        plan.zstd_level = level == 1 ? plan.zstd_level : 0;
        /* Text; then random bytes that come again, a segment and a copy. */
        for (int kind = 0; kind < 2; kind++) {
            size_t n = kind == 0 ? 600 : N_MAX;
            sample_fill(content, n, SAMPLE_TEXT, 1);
            if (kind == 1) {
                sample_fill(content, n, SAMPLE_RANDOM, 1);
                for (size_t i = 2400; i < n; i++)
                    content[i] = content[i - 2400];
            }
            encode(&whole, &plan, n);
            CHECK(whole.header.method == (level == 1 ? TACIT_METHOD_ZSTD : TACIT_METHOD_CONTEXT));
            for (int i = 0; i < N_TRIES / (kind == 0 ? 1 : 8); i++)
                check_damaged(&whole, &state);
            block_job_free(&whole);
        }
    }
    return check_result();
}
