/* SPDX-License-Identifier: Apache-2.0
 *
 * A job is one block that is coded or decoded: its content, its payload, and all that a method
 * needs for that. A job owns its buffers and shares only the watch, so that jobs run on any thread
 * in any order.
 */
#ifndef TACIT_METHODS_BLOCK_JOB_H
#define TACIT_METHODS_BLOCK_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/byte_buffer.h"
#include "base/threads/threads.h"
#include "container/format.h"
#include "content/arrangement.h"
#include "content/content.h"
#include "content/line_ends.h"
#include "content/recoding/recoding.h"
#include "content/tar_restate.h"
#include "methods/context/context_marks.h"
#include "methods/plan.h"

/* The progress of a job, and whether it has to stop. */
struct block_watch {
    _Atomic uint64_t n_done; /* bytes of content coded */
    const atomic_bool *stop; /* set by another thread */
    bool (*tick)(void *);    /* NULL, or called by the job's own thread; true: stop */
    void *tick_context;
    struct block_watch *whole; /* NULL, or the watch of the job whose sample this job codes */
};

/* Notes n_done; true if the job has to end with TACIT_ERR_CANCELLED. A byte of a sample counts as a
 * fraction of a byte, by the time that it takes. */
bool block_watch_stop(struct block_watch *watch, uint64_t n_done);

enum { BLOCK_SPLIT_MAX = 2048 };

/* What an encoder knows of the content, for all methods. */
struct block_look {
    struct line_ends line_ends; /* taken out of the content while these methods work ... */
    struct recoding recoding;   /* ... and what is recoded in what is left */
    struct tar_restate restate; /* with a reference: headers restated meanwhile */
    size_t n_split;
    struct content_segment split[BLOCK_SPLIT_MAX];
    /* With a language model (language_choose.h): */
    bool spoken;                    /* whether it is tried ... */
    enum content_type spoken_type;  /* ... on content of this type */
    struct arrangement arrangement; /* speech.n_segments 0: the content stays as it is */
};

struct block_job {
    const struct codec_plan *plan;
    const struct tacit_model *model; /* NULL: none; the plan's, or the model that the archive
                                        needs */
    const struct tacit_reference *reference; /* NULL: none; the plan's, or the reference that the
                                                archive needs */
    struct thread_pool *pool;                /* whose threads may help; NULL: none */
    bool alone;                              /* no other job is under way */
    struct block_watch watch;
    struct format_block header;
    struct byte_buffer content;
    struct byte_buffer payload;

    /* Encoder: */
    const struct block_look *look;    /* set while a method that predicts works */
    struct tacit_model_report report; /* of this block */
    size_t n_raw;                     /* bytes that method context keeps raw */
    struct context_marks *marks;      /* the context models fill it; NULL: not wanted */

    /* Decoder: */
    uint64_t archive_offset; /* offset of the block's header */
    uint64_t memory;         /* that decoding takes, the payload included */
};

/* Bytes of content as methods that predict see it, with job->look. */
static inline uint32_t block_job_n_seen(const struct block_job *job)
{
    const struct block_look *look = job->look;
    return look->recoding.n_stretches > 0 ? look->recoding.n_bytes
                                          : job->header.content_size - look->line_ends.n_removed;
}

/* The room that content needs while they work, and when it is restored in place. */
static inline uint32_t block_job_room(const struct block_job *job)
{
    const struct block_look *look = job->look;
    return look->recoding.n_stretches > 0 ? look->recoding.n_bytes : job->header.content_size;
}

/* Frees content and payload. */
void block_job_free(struct block_job *job);

#endif
