/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts bytes into the pieces within which byte-pair merges happen: words with the space before
 * them, runs of digits, of punctuation, of white space. The models' rules are published as regular
 * expressions. Here they are written as code for a few families, with character classes of a fixed
 * Unicode version (char_class.h), because an archive's bytes depend on the pieces.
 *
 * A byte that is no part of a valid UTF-8 character is a piece of its own, and the text before it
 * is cut as if the text ended there. The next piece depends on nothing before it.
 */
#ifndef TACIT_TOKEN_PRETOKENIZER_H
#define TACIT_TOKEN_PRETOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

enum pretokenizer_family { PRE_GPT2, PRE_GPT4, PRE_TACIT };

struct pretokenizer {
    const char *name; /* tokenizer.ggml.pre */
    enum pretokenizer_family family;
    unsigned n_digits; /* digits in one piece at most; 0: a run, with a space before it */
    bool whole_words;  /* a piece that is itself a token becomes that token without merges */
};

/* NULL for a name that is not known. A static object. */
const struct pretokenizer *pretokenizer_find(struct byte_view name);

/* The first name of those that mean the same. */
const char *pretokenizer_first_name(const struct pretokenizer *pre);

/* Length of the piece that p[0 .. n) begins with: 1 .. n, for n at least 1. Time is linear in the
 * result; after white space, one more character is read. */
size_t pretokenizer_next(const struct pretokenizer *pre, const uint8_t *p, size_t n);

#endif
