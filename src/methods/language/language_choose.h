/* SPDX-License-Identifier: Apache-2.0
 *
 * An encoder's decisions before it codes a block with a language model: whether to try, how the
 * block is cut into streams, and their items.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_CHOOSE_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_CHOOSE_H

#include "methods/block_job.h"
#include "methods/guess/language_guess.h"
#include "methods/language/language_layout.h"
#include "token/tokenizer.h"

/* Needs look->split. Sets the fields of the look for a language model: whether and on what it is
 * tried. arranging: the model is mixed with context models. TACIT_ERR_MEMORY. */
enum tacit_status language_choose_spoken(struct block_look *look, const struct byte_buffer *content,
                                         bool arranging);

/* Bytes of job->content on which a model is tried. */
size_t language_choose_n_spoken(const struct block_job *job);

/* Arranges job->content, if there is anything to arrange, and restores it. Arranged content has the
 * size of the spoken part; the silent part lies behind. After TACIT_ERR_MEMORY the content is
 * unchanged. */
enum tacit_status language_choose_arrange(struct block_job *job);
enum tacit_status language_choose_restore(struct block_job *job);

/* The number of streams for n bytes of content. */
uint32_t language_choose_streams(const struct codec_plan *plan, size_t n);

/* Tokens of each stream that an encoder, which knows them, has the model read in one pass. */
uint32_t language_choose_ahead(bool encoding, uint32_t n_streams);

struct guess_costs language_choose_costs(const struct codec_plan *plan,
                                         const struct tacit_model *model);

/* Cuts the content into about n_streams nearly equal parts, sets layout->n_streams and ->n_bytes,
 * and writes each part as items: stream i's are items[first[i]] .. items[first[i + 1] - 1]. items:
 * room for one a byte; first: TACIT_STREAMS_MAX + 1. Errors of tokenizer_encode. */
enum tacit_status language_choose_items(const struct tokenizer *tokenizer,
                                        const struct byte_buffer *content, uint32_t n_streams,
                                        struct language_layout *layout, uint32_t *items,
                                        size_t *first);

#endif
