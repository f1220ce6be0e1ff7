/* SPDX-License-Identifier: Apache-2.0
 *
 * How messages and listings name a reference: "112640 bytes, XXH3 90b5c1f3".
 */
#ifndef TACIT_CLI_BASE_REFERENCE_TEXT_H
#define TACIT_CLI_BASE_REFERENCE_TEXT_H

#include "tacit/reference.h"

enum { REFERENCE_TEXT_CAP = 64 + 2 * TACIT_REFERENCE_HASH };

/* text: REFERENCE_TEXT_CAP bytes. Returns text. */
const char *reference_text(char *text, const struct tacit_reference_identity *identity);

/* The hash alone; hex: 2 * TACIT_REFERENCE_HASH + 1 bytes. */
void reference_hash_text(char *hex, const uint8_t *hash, uint32_t n_hash);

/* Reads which reference the archive at path needs; identity->n_hash is 0 if it needs none, or path
 * is no regular file or no archive. */
void reference_needed_read(const char *path, struct tacit_reference_identity *identity);

#endif
