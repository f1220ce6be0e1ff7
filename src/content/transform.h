/* SPDX-License-Identifier: Apache-2.0
 *
 * Reversible rewriting of a segment, in place, before it is coded and after it is decoded, that makes the segment
 * easier to predict. The content type alone decides the transform:
 *
 * CONTENT_X86      the 32-bit operands of relative calls and jumps (E8, E9, 0F 80 .. 0F 8F) become
 *                  addresses within the segment, so that calls of one function look alike
 * CONTENT_AUDIO,
 * CONTENT_DEEP_IMAGE  samples become unsigned numbers that rise with the sample, the highest byte first: the
 *                  sign bit of whole numbers is inverted, and so is that of a float that is not negative,
 *                  of others every bit
 *
 * Any bytes are allowed: restore(apply(data)) is data. Linear time, no memory.
 */
#ifndef TACIT_CONTENT_TRANSFORM_H
#define TACIT_CONTENT_TRANSFORM_H

#include <stddef.h>
#include <stdint.h>

#include "content/content.h"

void transform_apply(const struct content *content, uint8_t *data, size_t n);
void transform_restore(const struct content *content, uint8_t *data, size_t n);

#endif
