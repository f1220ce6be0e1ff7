/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoder: the words of text become codes of a dictionary before the context models see them, where no language model and no
 * reference reads the text as it is.
 */
#ifndef TACIT_METHODS_CONTEXT_CONTEXT_WORDS_H
#define TACIT_METHODS_CONTEXT_CONTEXT_WORDS_H

#include "methods/block_job.h"

/* What a job had before. */
struct context_words {
    struct block_look *look; /* that the job has meanwhile; NULL: nothing was changed */
    const struct block_look *look_before;
    struct byte_buffer content_before;
};

/* Gives the job content and a look in which words are codes, if they save enough bytes. TACIT_ERR_MEMORY: the job is unchanged. */
enum tacit_status context_words_begin(struct context_words *words, struct block_job *job);

/* Bytes that this takes for content of n_bytes. */
uint64_t context_words_memory(const struct codec_plan *plan, uint64_t n_bytes);

/* Gives back to it what it had. */
void context_words_end(struct context_words *words, struct block_job *job);

#endif
