/* SPDX-License-Identifier: Apache-2.0
 *
 * A predictor lies in one piece of memory, so a copy is one memcpy, after which the pointers within the piece
 * have to point into the copy. Which words are pointers is not written down anywhere. But two new
 * predictors of one configuration hold the same values, so that they differ in these words alone.
 * Pointers that a component keeps from one bit to the next are set anew at the next bit, and at a byte
 * boundary none of them is in use.
 */
#include "predict/context_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "predict/memory_piece.h"

/* The piece from the predictor on, in words; all parts of it are aligned more strictly. */
static uintptr_t *words_of(struct cm *cm)
{
    return (uintptr_t *)(void *)cm;
}

static size_t n_words_of(struct cm *cm)
{
    return cm_state_size(cm) / sizeof(uintptr_t);
}

/* Counts the words in which two new predictors differ, and notes them unless pointers is NULL. */
static size_t find_pointers(struct cm *cm, struct cm *other, uint32_t *pointers)
{
    const uintptr_t *a = words_of(cm), *b = words_of(other);
    size_t n_words = n_words_of(cm), n = 0;
    for (size_t i = 0; i < n_words; i++) {
        if (a[i] == b[i])
            continue;
        if (pointers)
            pointers[n] = (uint32_t)i;
        n++;
    }
    return n;
}

enum tacit_status context_image_create(struct context_image *image, const struct cm_config *config,
                                       const struct kernels *kernels)
{
    struct cm *other;
    *image = (struct context_image){0};
    TRY(cm_create(&image->cm, config, kernels));
    enum tacit_status status = cm_create(&other, config, kernels);
    if (status == TACIT_OK) {
        image->n_pointers = find_pointers(image->cm, other, NULL);
        image->pointers = malloc(image->n_pointers * sizeof *image->pointers);
        status = image->pointers ? TACIT_OK : TACIT_ERR_MEMORY;
    }
    if (status == TACIT_OK)
        find_pointers(image->cm, other, image->pointers);
    cm_destroy(other);
    if (status != TACIT_OK)
        context_image_free(image);
    return status;
}

enum tacit_status context_image_copy(const struct context_image *image, struct cm **copy)
{
    struct memory_piece *piece = (struct memory_piece *)(void *)*copy;
    if (!piece)
        TRY(memory_piece_take(&piece, cm_state_size(image->cm)));
    struct memory_piece kept = *piece;
    memcpy(piece, image->cm, kept.n_bytes);
    uintptr_t *words = (uintptr_t *)(void *)piece, moved = (uintptr_t)piece - (uintptr_t)image->cm;
    for (size_t i = 0; i < image->n_pointers; i++)
        words[image->pointers[i]] += moved;
    *piece = kept;
    *copy = (struct cm *)(void *)piece;
    return TACIT_OK;
}

void context_image_free(struct context_image *image)
{
    cm_destroy(image->cm);
    free(image->pointers);
    *image = (struct context_image){0};
}
