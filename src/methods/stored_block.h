/* SPDX-License-Identifier: Apache-2.0
 *
 * Method stored: the payload is the content. The two buffers change places, nothing is copied; an
 * encoded job therefore has no content any more.
 */
#ifndef TACIT_METHODS_STORED_BLOCK_H
#define TACIT_METHODS_STORED_BLOCK_H

#include "methods/block_method.h"

extern const struct block_method stored_method;

#endif
