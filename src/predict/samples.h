/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of sound as numbers. The transform (content/transform.h) makes each sample a *code*, an unsigned number that
 * rises with the sample. The model computes with the *value*: what the sample would be with 16 bits, and fractions, so
 * that sound of any width meets the same constants. Errors are measured in *steps*: of the narrower widths one
 * step of the code or a part of it, of the wider ones a step of 24 bits.
 */
#ifndef TACIT_PREDICT_SAMPLES_H
#define TACIT_PREDICT_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "content/content_type.h"
#include "predict/history.h"

struct sample_scale {
    unsigned n_bytes; /* 1 .. 4; 0: not sound */
    bool is_float;
    int64_t zero;   /* the code of silence; a float's code says its value otherwise */
    float value;    /* of one step of the code */
    float steps;    /* per unit of value */
    float min, max; /* values of guesses */
};

struct sample_scale sample_scale_of(enum content_type type);

uint32_t sample_code(const struct history *history, uint32_t back, unsigned n_bytes);

/* Floats that are no number or beyond 65536.0 count as that. */
float sample_value(const struct sample_scale *scale, uint32_t code);

/* The code of a guess of 24-bit precision or less: of 16 bits for samples of 16, else of 24. */
uint32_t sample_guessed(const struct sample_scale *scale, float value);

#endif
