/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, section 8: all components together, the models of one block.
 */
#ifndef TACIT_REFERENCE_PREDICTOR_H
#define TACIT_REFERENCE_PREDICTOR_H

#include <stdint.h>

struct predictor;

enum block_strength { BLOCK_QUICK, BLOCK_STRONG, BLOCK_LEAN };

/* memory: the configuration's m; types: a bit for each content type of the block. n_reference: bytes of the reference,
 * 0 without one; n_content: bytes of the block's content. trained: section 10, 1 or 2 for its tables. */
struct predictor *make_predictor(enum block_strength strength, unsigned memory, uint32_t types,
                                 uint64_t n_reference, uint64_t n_content, int trained);

void begin_segment(struct predictor *predictor, unsigned type, uint32_t stride, uint32_t offset);

/* A byte that only takes its place, in a segment that has begun. */
void pass_byte(struct predictor *predictor, uint8_t byte);

/* A predictor with a language model's hints, of strength strong; *hint: for the next bit. n_streams: places at which
 * content is predicted in turn, of which the first is selected. n_content: the span of all of them. type: what
 * their content begins as. versed: docs/language-model.md, section 9. */
struct hint;
struct predictor *make_hinted_predictor(unsigned memory, uint32_t types, uint64_t n_reference,
                                        uint64_t n_content, unsigned n_streams, unsigned type,
                                        const struct hint *hint, int versed);
/* place: where the stream begins, when it is selected for the first time. */
void select_stream(struct predictor *predictor, unsigned stream, uint32_t place);
/* Before the first decision of an item, and behind its last; n: its bytes. */
void begin_item(struct predictor *predictor);
void end_item(struct predictor *predictor, uint32_t n);
/* The longest match, as continue_match gives it, and the mark at its last byte. */
struct continued;
struct continued longest_match(const struct predictor *predictor, unsigned *mark);
uint64_t last_bytes(const struct predictor *predictor, unsigned n);
/* A bit that both sides know: the components learn it, mixer and refiner do not; if versed, the versed mixer and the
 * refiner do. */
void pass_bit(struct predictor *predictor, int bit);

/* The probability of a 1 in units of 2^-32, then what the bit was. */
uint32_t predict_bit(struct predictor *predictor);
void learn_bit(struct predictor *predictor, int bit);

#endif
