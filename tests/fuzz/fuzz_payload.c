/* SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer target: the first byte is a block's method and, above 127, says that there is a reference; the
 * next two are its content's size, the rest its payload. The language model is primed_model. In an archive checksums stand before the
 * payload's decoder; here nothing does, as when somebody makes an archive on purpose.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "methods/block.h"
#include "payload_reference.h"
#include "primed_model.h"

enum { HEAD = 3, MEMORY_LOG2_MAX = 28, CONTENT_MAX = 1 << 13 }; /* more takes sanitizers too long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct codec_plan plan;
    struct block_job job = {.plan = &plan, .model = primed_model()};
    uint64_t n_memory;
    if (n_bytes < HEAD || codec_plan_make(&plan, NULL) != TACIT_OK)
        return 0;
    job.header.method = data[0] & (PAYLOAD_HAS_REFERENCE - 1);
    job.reference = data[0] & PAYLOAD_HAS_REFERENCE ? payload_reference() : NULL;
    job.header.content_size = (uint32_t)(data[1] | data[2] << 8) % CONTENT_MAX + 1;
    job.header.payload_size = (uint32_t)(n_bytes - HEAD);
    if (byte_buffer_append(&job.payload, data + HEAD, n_bytes - HEAD) != TACIT_OK)
        return 0;
    job.header.payload_check = hash64(job.payload.data, job.payload.size, 0);
    if (block_decode_memory(&job, &n_memory) == TACIT_OK && n_memory >> MEMORY_LOG2_MAX == 0 &&
        block_decode(&job) == TACIT_OK && job.content.size != job.header.content_size)
        abort();
    block_job_free(&job);
    return 0;
}
