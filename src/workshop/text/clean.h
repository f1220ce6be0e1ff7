/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps evaluation text out of the training text. Hashes every 50-byte shingle of the texts that
 * must not be learned and keeps one in four, chosen by its hash, so that both sides keep the same
 * shingles. Where a training document holds a kept shingle, the whole lines around it are cut out.
 */
#ifndef TACIT_WORKSHOP_TEXT_CLEAN_H
#define TACIT_WORKSHOP_TEXT_CLEAN_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct shingles {
    uint64_t *slots; /* open addressing, 0 is free */
    size_t mask, n;
};

enum tacit_status shingles_open(struct shingles *set);
void shingles_close(struct shingles *set);
/* Shingles of fewer than 12 different bytes (rules, padding, blank pixels) are not taken. */
enum tacit_status shingles_add(struct shingles *set, const uint8_t *text, size_t n);

/* Cuts matched lines out of text[0..n) in place; a NUL, which ends a document, stands for each cut.
 * Returns the new size. */
size_t shingles_cut(const struct shingles *set, uint8_t *text, size_t n);

#endif
