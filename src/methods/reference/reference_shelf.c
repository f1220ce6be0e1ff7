/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/reference/reference_shelf.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct reference_shelf {
    pthread_mutex_t mutex;
    struct reference_kept *first; /* the thing put last */
};

enum tacit_status reference_shelf_create(struct reference_shelf **shelf_out)
{
    struct reference_shelf *shelf = calloc(1, sizeof *shelf);
    *shelf_out = shelf;
    if (!shelf)
        return TACIT_ERR_MEMORY;
    pthread_mutex_init(&shelf->mutex, NULL);
    return TACIT_OK;
}

static void destroy_all(struct reference_kept *kept)
{
    while (kept) {
        struct reference_kept *next = kept->next;
        kept->destroy(kept);
        kept = next;
    }
}

void reference_shelf_destroy(struct reference_shelf *shelf)
{
    if (!shelf)
        return;
    destroy_all(shelf->first);
    pthread_mutex_destroy(&shelf->mutex);
    free(shelf);
}

static bool has_key(const struct reference_kept *kept, const uint64_t *key)
{
    return memcmp(kept->key, key, sizeof kept->key) == 0;
}

/* Takes from the list the things that give way to the key: beyond the shelf's bytes, those put
 * first. Call with the lock held. */
static struct reference_kept *give_way(struct reference_shelf *shelf, const uint64_t *key)
{
    struct reference_kept **at = &shelf->first, *going = NULL;
    size_t n_bytes = 0;
    while (*at) {
        struct reference_kept *kept = *at;
        n_bytes += has_key(kept, key) ? 0 : kept->n_bytes;
        if (has_key(kept, key) || n_bytes <= REFERENCE_SHELF_BYTES) {
            at = &kept->next;
            continue;
        }
        *at = kept->next;
        kept->next = going;
        going = kept;
    }
    return going;
}

struct reference_kept *reference_shelf_take(struct reference_shelf *shelf,
                                            const uint64_t key[REFERENCE_KEY_WORDS])
{
    struct reference_kept *going = NULL;
    pthread_mutex_lock(&shelf->mutex);
    struct reference_kept **at = &shelf->first;
    while (*at && !has_key(*at, key))
        at = &(*at)->next;
    struct reference_kept *found = *at;
    if (found)
        *at = found->next;
    else
        going = give_way(shelf, key);
    pthread_mutex_unlock(&shelf->mutex);
    destroy_all(going);
    return found;
}

void reference_shelf_put(struct reference_shelf *shelf, struct reference_kept *kept)
{
    pthread_mutex_lock(&shelf->mutex);
    kept->next = shelf->first;
    shelf->first = kept;
    struct reference_kept *going = give_way(shelf, kept->key);
    pthread_mutex_unlock(&shelf->mutex);
    destroy_all(going);
}
