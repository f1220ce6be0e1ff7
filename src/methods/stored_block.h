/* SPDX-License-Identifier: Apache-2.0
 *
 * Method stored: the payload is the content. The two buffers are exchanged without a copy, so that
 * an encoded job has no content afterwards.
 */
#ifndef TACIT_METHODS_STORED_BLOCK_H
#define TACIT_METHODS_STORED_BLOCK_H

#include "methods/block_method.h"

extern const struct block_method stored_method;

#endif
