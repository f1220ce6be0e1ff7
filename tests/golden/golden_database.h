/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of a SQLite database: tables and indexes, their leaves and what is above these, and records that go on in pages of their own. Integers
 * and a seed only, so that every machine makes the same bytes; what is made never changes once an archive of it is released.
 */
#ifndef TACIT_TESTS_GOLDEN_DATABASE_H
#define TACIT_TESTS_GOLDEN_DATABASE_H

#include <stdint.h>

enum { GOLDEN_DATABASE_PAGE = 512 };

/* number: from 1 on; the first page has the file's header. */
void golden_database_page(uint8_t page[GOLDEN_DATABASE_PAGE], uint32_t number, uint64_t *state);

#endif
