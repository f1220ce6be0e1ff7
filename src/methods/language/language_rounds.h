/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes a block's items in rounds: the model reads what comes before some items of some streams, then
 * these items are coded, stream after stream. The order of coding does not depend on threads.
 *
 * Where a processor is idle, a second thread reads for one round while the first codes the round
 * before it. An encoder knows all items, so its next round can always be read. A decoder knows an item
 * only when it is decoded: it parts the streams in two halves that take turns.
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
