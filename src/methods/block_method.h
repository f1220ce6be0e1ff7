/* SPDX-License-Identifier: Apache-2.0
 *
 * A method: one way to code a block. A new method needs a file that defines its struct
 * block_method, a value of enum tacit_method, and a row in block_methods.c.
 */
#ifndef TACIT_METHODS_BLOCK_METHOD_H
#define TACIT_METHODS_BLOCK_METHOD_H

#include "methods/block_job.h"

struct block_method {
    const char *name; /* as tacit_method_name gives it */
    bool predicts;    /* block.c decides when it is tried; the others are always tried */

    /* Codes job->content (not empty) to ->payload and leaves the content unchanged. payload.size
     * becomes 0 if the payload would exceed n_max bytes, or if the method does not suit this
     * content or plan. */
    enum tacit_status (*encode)(struct block_job *job, size_t n_max);

    /* Decodes ->payload, whose checksum is right, to ->content of header.content_size bytes.
     * TACIT_ERR_CORRUPT if the payload cannot be right. */
    enum tacit_status (*decode)(struct block_job *job);

    /* Whether decoding payload[0 .. n), which may be any bytes, uses the reference; NULL: never. */
    bool (*needs_reference)(const uint8_t *payload, size_t n);

    /* The same of the rules by which the model's tokenizer cuts text. */
    bool (*cuts_text)(const uint8_t *payload, size_t n);

    /* Upper bound of what encode takes beside content and the job's payload; 0 if the plan does not
     * use the method. */
    uint64_t (*encode_memory)(const struct codec_plan *plan, uint64_t content_size);

    /* Upper bound of what decode takes beside the payload. TACIT_ERR_CORRUPT,
     * TACIT_ERR_VERSION (format.md, section 1) or TACIT_ERR_MODEL_MISSING if decode would fail so. */
    enum tacit_status (*decode_memory)(const struct block_job *job, uint64_t *n_bytes);
};

#endif
