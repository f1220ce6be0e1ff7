/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds things (models that have read a reference) between two blocks, so that the next block of
 * their kind need not read the reference again. A thing belongs to the thread that took it, or to
 * the shelf, never to both; only its owner reads or writes it.
 *
 *     { reference_shelf_take, or make it if that gives NULL -> ... -> reference_shelf_put }*   from any thread
 */
#ifndef TACIT_METHODS_REFERENCE_REFERENCE_SHELF_H
#define TACIT_METHODS_REFERENCE_REFERENCE_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

enum {
    REFERENCE_KEY_WORDS = 22,
    REFERENCE_SHELF_BYTES = 256 << 20, /* of things with other keys that are kept */
};

/* The first member of every thing. */
struct reference_kept {
    uint64_t key[REFERENCE_KEY_WORDS]; /* all that determines what was read, and how */
    size_t n_bytes;                    /* that it takes */
    void (*destroy)(struct reference_kept *kept);
    struct reference_kept *next; /* the shelf's */
};

struct reference_shelf;

/* TACIT_ERR_MEMORY. */
enum tacit_status reference_shelf_create(struct reference_shelf **shelf);

/* Frees the shelf and all things on it; no thing may be taken. NULL is allowed. */
void reference_shelf_destroy(struct reference_shelf *shelf);

/* NULL: there is no such thing. Then things of other keys give way to the one that will be made. */
struct reference_kept *reference_shelf_take(struct reference_shelf *shelf,
                                            const uint64_t key[REFERENCE_KEY_WORDS]);

/* The shelf owns the thing from now on. Things of other keys give way. */
void reference_shelf_put(struct reference_shelf *shelf, struct reference_kept *kept);

#endif
