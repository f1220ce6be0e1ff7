/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/language-model.md, section 3: where text is cut before tokens merge.
 */
#ifndef TACIT_REFERENCE_TEXT_PIECES_H
#define TACIT_REFERENCE_TEXT_PIECES_H

#include "model_file.h"

enum family { PIECES_TACIT, PIECES_GPT2, PIECES_GPT4, PIECES_SENTENCEPIECE };

struct cutter {
    enum family family;
    uint32_t n_digits;
    bool whole; /* a piece that is a token becomes it without merges */
    /* of SentencePiece: */
    const struct vocabulary_bytes **cut_out; /* [n_cut_out] */
    uint32_t n_cut_out;
    bool before_space[256];
};

/* Refuses a name that the page does not list. */
void make_cutter(struct cutter *cutter, const struct model *model);
/* Notes which way of cutting it is (archive_input.h). */
void note_cutting(const struct model *model);
void free_cutter(struct cutter *cutter);

/* Length of the piece that p[0 .. n) begins with; n is at least 1. */
uint32_t text_piece(const struct cutter *cutter, const uint8_t *p, uint32_t n);
/* Of the token to be cut out that p begins with, 0 if there is none. */
uint32_t cut_out_length(const struct cutter *cutter, const uint8_t *p, uint32_t n);

/* docs/format.md, section 2: the hash by which archives name the rules of a tokenizer. */
uint32_t hash_of_rules(const struct model *model);

/* Bytes of the character that p begins with, its number to *code; 0: none that is valid and whole. */
uint32_t character(const uint8_t *p, uint32_t n, uint32_t *code);

#endif
