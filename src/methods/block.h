/* SPDX-License-Identifier: Apache-2.0
 *
 * One block, content to payload and back. A job owns its buffers and touches nothing shared but the
 * watch, so that jobs run on any thread in any order. For given content and plan the payload is
 * always the same.
 */
#ifndef TACIT_METHODS_BLOCK_H
#define TACIT_METHODS_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/byte_buffer.h"
#include "container/format.h"
#include "content/content.h"
#include "content/line_ends.h"
#include "methods/plan.h"

/* How far a job is, and whether it shall stop. */
struct block_watch {
    _Atomic uint64_t n_done; /* bytes of content coded */
    const atomic_bool *stop; /* set by another thread */
    bool (*tick)(void *);    /* NULL, or called by the job's own thread; true: stop */
    void *tick_context;
};

/* Notes n_done; true if the job shall end with TACIT_ERR_CANCELLED. */
bool block_watch_stop(struct block_watch *watch, uint64_t n_done);

enum { BLOCK_SPLIT_MAX = 2048 };

/* Encoder: what the content is made of, for all methods that ask. */
struct block_look {
    struct line_ends line_ends; /* taken out of the content while these methods work */
    size_t n_split;
    struct content_segment split[BLOCK_SPLIT_MAX];
};

/* What a language model is held against: what context models made of a part of the content. */
struct block_rival {
    uint64_t n_bytes, n_coded;
    bool beaten; /* by so much that the whole need not be compared; set once the model is as far */
};

struct block_job {
    const struct codec_plan *plan;
    const struct block_look *look;
    struct block_rival *rival; /* encoder: until it is judged; NULL if there is none */
    struct block_watch watch;
    const atomic_uint *n_busy;       /* jobs that run now, this one among them; NULL: not known */
    const struct tacit_model *model; /* NULL: none; of the plan, or what the archive needs */
    struct format_block header;
    struct byte_buffer content;
    struct byte_buffer payload;
    struct tacit_model_report report; /* encoder: of this block */
    size_t n_raw;                     /* encoder: bytes that the context models leave as they are */
    uint64_t archive_offset;          /* decoder: where the header lies */
    uint64_t memory;                  /* decoder: what this block takes */
};

/* job->content is full; makes ->payload and ->header except for tag, content_offset and form. */
enum tacit_status block_encode(struct block_job *job);

/* ->header and ->payload are there; checks both and makes ->content. */
enum tacit_status block_decode(struct block_job *job);

/* Upper bound of what block_decode allocates beyond the payload; TACIT_ERR_CORRUPT or
 * TACIT_ERR_UNSUPPORTED if the payload cannot be right. */
enum tacit_status block_decode_memory(const struct block_job *job, uint64_t *n_bytes);

void block_job_free(struct block_job *job);

#endif
