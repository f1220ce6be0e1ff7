/* SPDX-License-Identifier: Apache-2.0
 *
 * Models for golden archives, one for each shape, kind of weights and way of cutting text into tokens that the format
 * has. They are made of integers alone, without any rounding of the library's, so that they are the same models with
 * every release: archives name them by their identity.
 */
#ifndef TACIT_TESTS_GOLDEN_MODELS_H
#define TACIT_TESTS_GOLDEN_MODELS_H

#include "engine/lm_model.h"
#include "token/tokenizer.h"

enum { GOLDEN_MODELS = 10 };

const char *golden_model_name(size_t model);

/* The caller's to destroy; NULL: out of memory. */
struct tokenizer *golden_model_tokenizer(size_t model);

/* Weights of noise that know which token follows which in text[0 .. n). The caller's to destroy; NULL: out of
 * memory. */
struct lm_model *golden_model_weights(size_t model, const struct tokenizer *tokenizer,
                                      const uint8_t *text, size_t n);

#endif
