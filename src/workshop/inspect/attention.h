/* SPDX-License-Identifier: Apache-2.0
 *
 * Where each head's attention goes, and what keys and values are like, while a model reads a text.
 */
#ifndef TACIT_WORKSHOP_INSPECT_ATTENTION_H
#define TACIT_WORKSHOP_INSPECT_ATTENTION_H

#include "tacit/inspect.h"
#include "workshop/inspect/text_cost.h"

/* Reads the text as text_cost does (*bits), and calls the inspection's `head` and `cache`. observe: sees the products
 * (lm_state_observe), NULL: nobody does. TACIT_ERR_MEMORY and errors of text_cost. */
enum tacit_status attention_inspect(double *bits, const struct tacit_inspection *job,
                                    const struct lm_model *model, const struct text_tokens *text,
                                    lm_observe_fn *observe, void *observer);

#endif
