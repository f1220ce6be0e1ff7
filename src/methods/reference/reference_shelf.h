/* SPDX-License-Identifier: Apache-2.0
 *
 * Where what has read a reference lies between two blocks, so that the next block of its kind need not have it
 * read again. A thing belongs to whoever took it, or to the shelf: never to two at a time, and what it holds is
 * looked at by its owner alone.
 *
 *     { reference_shelf_take, or make it if that gives NULL -> ... -> reference_shelf_put }*   from any thread
 */
#ifndef TACIT_METHODS_REFERENCE_REFERENCE_SHELF_H
#define TACIT_METHODS_REFERENCE_REFERENCE_SHELF_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

enum {
    REFERENCE_KEY_WORDS = 20,
    REFERENCE_SHELF_BYTES = 128 << 20, /* of things with other keys that stay */
};

/* The first member of what lies there. */
struct reference_kept {
    uint64_t key[REFERENCE_KEY_WORDS]; /* all that tells what was read, and how */
    size_t n_bytes;                    /* that it takes */
    void (*destroy)(struct reference_kept *kept);
    struct reference_kept *next; /* the shelf's */
};

struct reference_shelf;

/* TACIT_ERR_MEMORY. */
enum tacit_status reference_shelf_create(struct reference_shelf **shelf);

/* And what lies there; nobody has anything of it. NULL is allowed. */
void reference_shelf_destroy(struct reference_shelf *shelf);

/* NULL: none is there. Then things of other keys give way to the one that will be made. */
struct reference_kept *reference_shelf_take(struct reference_shelf *shelf,
                                            const uint64_t key[REFERENCE_KEY_WORDS]);

/* The shelf's from now on. Things of other keys give way. */
void reference_shelf_put(struct reference_shelf *shelf, struct reference_kept *kept);

#endif
