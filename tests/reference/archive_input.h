/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 1: the archive as a whole and how numbers stand in it. A rule that is broken
 * ends the program with a line that names it.
 */
#ifndef TACIT_REFERENCE_ARCHIVE_INPUT_H
#define TACIT_REFERENCE_ARCHIVE_INPUT_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t *archive;     /* the whole file */
extern size_t n_archive, position; /* how much of it is read */

/* Section 2: what both sides have; NULL and 0 if the archive names none. */
extern const uint8_t *reference;
extern size_t n_reference;

void refuse(const char *rule);
void require(int holds, const char *rule);

/* The next n bytes, which are then read. */
const uint8_t *take(size_t n);
uint64_t take_number(int n_bytes);
uint32_t take_varint(void);

/* Without reading. */
uint64_t number(const uint8_t *p, int n_bytes);

uint64_t h64(const uint8_t *data, size_t n, uint64_t seed);
uint32_t h32(const uint8_t *data, size_t n);

uint8_t *allocate(size_t n);

/* What the archive has, for golden_kinds.py: a line "what value" at the end of the file of that name. Without one nothing is
 * noted. */
void note_to(const char *file_name);
void note(const char *what, unsigned value);

#endif
