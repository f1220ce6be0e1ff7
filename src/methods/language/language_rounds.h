/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes a block's items in rounds of some items of each stream: in each round the first item of
 * every stream, then the second ones, and so on. What the model reads for a round is read before,
 * by language_readers.h. The order of coding does not depend on threads.
 */
#ifndef TACIT_METHODS_LANGUAGE_LANGUAGE_ROUNDS_H
#define TACIT_METHODS_LANGUAGE_LANGUAGE_ROUNDS_H

#include "methods/context/context_sample.h"
#include "methods/language/language_coder.h"

struct language_outcome {
    bool given_up;     /* the output or input is too short, or the rival is far ahead */
    bool rival_beaten; /* by so much that the context models need not code the whole */
};

/* rival: what an encoder is compared with, NULL: nothing. */
enum tacit_status language_rounds_run(struct language_coder *coder,
                                      const struct context_sample *rival,
                                      struct language_outcome *outcome);

#endif
