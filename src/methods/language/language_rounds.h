/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes a block's items in rounds of some items of each stream: in each round the first item of
 * every stream, then the second ones, and so on. The model reads for a round beforehand
 * (language_readers.h). The order of coding does not depend on threads.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_ROUNDS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_ROUNDS_H

#include "methods/language/language_coder.h"
#include "methods/language/language_rival.h"

/* rival: what an encoder is compared with, NULL: nothing. *verdict: LANGUAGE_GOES_ON if all items
 * are coded; a decoder gives up when its input is too short. */
enum tacit_status language_rounds_run(struct language_coder *coder, struct language_rival *rival,
                                      enum language_verdict *verdict);

#endif
