/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored blocks: the payload is the content, and has to be as long as the header says the content is.
 */
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "methods/block.h"
#include "tacit/archive.h"

static enum tacit_status decode(size_t n_payload, uint32_t content_size)
{
    static const char text[] = "the payload of a stored block is its content";
    struct codec_plan plan;
    struct block_job job = {.plan = &plan};
    CHECK(codec_plan_make(&plan, NULL) == TACIT_OK);
    CHECK(byte_buffer_append(&job.payload, text, n_payload) == TACIT_OK);
    job.header.method = TACIT_METHOD_STORED;
    job.header.content_size = content_size;
    job.header.payload_size = (uint32_t)n_payload;
    job.header.payload_check = hash64(job.payload.data, n_payload, 0);
    job.header.content_check = job.header.payload_check;
    enum tacit_status status = block_decode(&job);
    if (status == TACIT_OK)
        CHECK(job.content.size == content_size && memcmp(job.content.data, text, n_payload) == 0);
    block_job_free(&job);
    return status;
}

int main(void)
{
    CHECK(decode(20, 20) == TACIT_OK);
    CHECK(decode(20, 2000) == TACIT_ERR_CORRUPT);
    CHECK(decode(20, 19) == TACIT_ERR_CORRUPT);
    CHECK(decode(20, 21) == TACIT_ERR_CORRUPT);
    return check_result();
}
