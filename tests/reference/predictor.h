/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/predictor.md, section 8: all components together, the models of one block.
 */
#ifndef TACIT_REFERENCE_PREDICTOR_H
#define TACIT_REFERENCE_PREDICTOR_H

#include <stdint.h>

struct predictor;

enum block_strength { BLOCK_QUICK, BLOCK_STRONG, BLOCK_LEAN };

/* memory: the configuration's m; types: a bit for each content type of the block. */
struct predictor *make_predictor(enum block_strength strength, unsigned memory, uint32_t types);

void begin_segment(struct predictor *predictor, unsigned type, uint32_t stride, uint32_t offset);

/* The probability of a 1 in units of 2^-32, then what the bit was. */
uint32_t predict_bit(struct predictor *predictor);
void learn_bit(struct predictor *predictor, int bit);

#endif
