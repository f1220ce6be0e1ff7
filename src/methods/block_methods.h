/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of methods, by the number that archives have for them (enum tacit_method).
 */
#ifndef TACIT_METHODS_BLOCK_METHODS_H
#define TACIT_METHODS_BLOCK_METHODS_H

#include "methods/block_method.h"

/* One more than the largest number. */
unsigned block_methods_end(void);

/* NULL if no method has this number. */
const struct block_method *block_method_of(unsigned number);

#endif
