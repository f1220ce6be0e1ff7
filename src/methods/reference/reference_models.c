/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of images (predict/context_image.h), each with the copies that nobody uses. One lock guards all: it
 * is held while a reference is read, for whoever waits then wants the result, and is not held while a copy
 * is made. An image stays as long as copies of it are out; of the others, the longest unused goes when
 * there are too many.
 */
#include "methods/reference/reference_models.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/strict_math.h"
#include "base/try.h"
#include "predict/context_image.h"

enum {
    IMAGES_MAX = 8,
    PART_SHIFT = 15,
    READ_BYTES = 4096, /* between two looks at the watch */
};

struct copy {
    struct cm *cm;
    struct copy *next;
};

struct primed {
    struct cm_config config;
    struct reference_reading reading;
    struct kernels kernels; /* of image and copies; they differ in speed alone */
    struct context_image image;
    struct copy *spare, *out;
    struct primed *next;
};

struct reference_models {
    pthread_mutex_t mutex;
    struct primed *first; /* the one used last */
};

uint32_t reference_n_learnt(const struct tacit_reference *reference, unsigned part)
{
    uint64_t n = part == 0 ? TACIT_REFERENCE_MAX : (uint64_t)1 << (PART_SHIFT + part);
    return n < reference->n_bytes ? (uint32_t)n : reference->n_bytes;
}

unsigned reference_part_for(const struct tacit_reference *reference, uint64_t n_bytes)
{
    unsigned part = 1;
    if (n_bytes >= reference->n_bytes)
        return 0;
    while (part < REFERENCE_PARTS - 1 && reference_n_learnt(reference, part) < n_bytes)
        part++;
    return part;
}

void reference_models_configure(const struct tacit_reference *reference, uint32_t content_size,
                                const struct reference_reading *reading, struct cm_config *config)
{
    uint64_t n_all = (uint64_t)reference->n_bytes + content_size;
    uint32_t span = 1;
    while (span < n_all)
        span <<= 1; /* at most 2^31; the same for most blocks, which then share an image */
    config->content_set |= CONTENT_BIT(reading->type);
    config->reference = reference->n_bytes;
    config->span = span;
}

enum tacit_status reference_models_create(struct reference_models **models_out)
{
    struct reference_models *models = calloc(1, sizeof *models);
    *models_out = models;
    if (!models)
        return TACIT_ERR_MEMORY;
    pthread_mutex_init(&models->mutex, NULL);
    return TACIT_OK;
}

static void free_copies(struct copy *copy)
{
    while (copy) {
        struct copy *next = copy->next;
        cm_destroy(copy->cm);
        free(copy);
        copy = next;
    }
}

static void free_primed(struct primed *primed)
{
    free_copies(primed->spare);
    free_copies(primed->out);
    context_image_free(&primed->image);
    free(primed);
}

void reference_models_destroy(struct reference_models *models)
{
    if (!models)
        return;
    while (models->first) {
        struct primed *next = models->first->next;
        free_primed(models->first);
        models->first = next;
    }
    pthread_mutex_destroy(&models->mutex);
    free(models);
}

static bool same_config(const struct cm_config *a, const struct cm_config *b)
{
    return a->strength == b->strength && a->content_set == b->content_set &&
           a->memory_log2 == b->memory_log2 && a->n_streams == b->n_streams && a->span == b->span &&
           a->hinted == b->hinted;
}

/* Learns bytes that both sides know as if they were coded. */
enum tacit_status reference_models_learn(struct cm *cm, const uint8_t *data, size_t n,
                                         struct block_watch *watch)
{
    cm_expect(cm, n);
    for (size_t i = 0; i < n; i++) {
        if (i % READ_BYTES == 0 && block_watch_stop(watch, 0))
            return TACIT_ERR_CANCELLED;
        for (int bit = 7; bit >= 0; bit--) {
            cm_predict(cm);
            cm_update(cm, data[i] >> bit & 1);
        }
    }
    return TACIT_OK;
}

static enum tacit_status read_reference(const struct tacit_reference *reference,
                                        struct primed *primed, struct block_watch *watch)
{
    struct content content = {primed->reading.type, 0, 0};
    uint32_t n_learnt = reference_n_learnt(reference, primed->reading.part);
    uint32_t n_skimmed = reference->n_bytes - n_learnt;
    struct cm *cm = primed->image.cm;
    cm_skim(cm, reference->data, n_skimmed);
    TRY(cm_set_content(cm, &content));
    return reference_models_learn(cm, reference->data + n_skimmed, n_learnt, watch);
}

static enum tacit_status make_primed(const struct tacit_reference *reference,
                                     const struct primed *wanted, struct block_watch *watch,
                                     struct primed **made)
{
    struct primed *primed = malloc(sizeof *primed);
    *made = NULL;
    if (!primed)
        return TACIT_ERR_MEMORY;
    *primed = *wanted;
    enum tacit_status status =
        context_image_create(&primed->image, &primed->config, &primed->kernels);
    if (status == TACIT_OK)
        status = read_reference(reference, primed, watch);
    if (status != TACIT_OK) {
        free_primed(primed);
        return status;
    }
    *made = primed;
    return TACIT_OK;
}

/* Makes room by the unused ones that were used least recently. */
static void drop_unused(struct reference_models *models)
{
    struct primed **at = &models->first;
    for (unsigned n = 1; *at; n++) {
        struct primed *primed = *at;
        if (n < IMAGES_MAX || primed->out) {
            at = &primed->next;
            continue;
        }
        *at = primed->next;
        free_primed(primed);
    }
}

/* To the front of the list, made if it is not there. The lock is held. */
static enum tacit_status find_primed(const struct tacit_reference *reference,
                                     const struct primed *wanted, struct block_watch *watch)
{
    struct reference_models *models = reference->models;
    struct primed **at = &models->first, *found;
    while (*at && !(same_config(&(*at)->config, &wanted->config) &&
                    (*at)->reading.type == wanted->reading.type &&
                    (*at)->reading.part == wanted->reading.part))
        at = &(*at)->next;
    found = *at;
    if (found) {
        *at = found->next;
    } else {
        drop_unused(models);
        TRY(make_primed(reference, wanted, watch, &found));
    }
    found->next = models->first;
    models->first = found;
    return TACIT_OK;
}

/* A place for a copy, with the memory of an earlier one if there is one. The lock is held. */
static enum tacit_status take_place(struct primed *primed, struct copy **place)
{
    struct copy *copy = primed->spare;
    if (copy)
        primed->spare = copy->next;
    else
        copy = calloc(1, sizeof *copy);
    *place = copy;
    if (!copy)
        return TACIT_ERR_MEMORY;
    copy->next = primed->out;
    primed->out = copy;
    return TACIT_OK;
}

enum tacit_status reference_models_take(const struct tacit_reference *reference,
                                        const struct cm_config *config,
                                        const struct reference_reading *reading,
                                        const struct kernels *kernels, struct block_watch *watch,
                                        struct cm **cm)
{
    struct reference_models *models = reference->models;
    struct primed wanted = {.config = *config, .reading = *reading, .kernels = *kernels};
    struct copy *copy = NULL;
    *cm = NULL;
    pthread_mutex_lock(&models->mutex);
    enum tacit_status status = find_primed(reference, &wanted, watch);
    struct primed *primed = models->first;
    if (status == TACIT_OK)
        status = take_place(primed, &copy);
    pthread_mutex_unlock(&models->mutex);
    TRY(status);
    status = context_image_copy(&primed->image, &copy->cm);
    *cm = copy->cm;
    return status;
}

void reference_models_give_back(const struct tacit_reference *reference, struct cm *cm)
{
    struct reference_models *models = reference->models;
    bool is_found = cm == NULL;
    pthread_mutex_lock(&models->mutex);
    for (struct primed *primed = models->first; primed && !is_found; primed = primed->next) {
        for (struct copy **at = &primed->out; *at && !is_found; at = &(*at)->next) {
            struct copy *copy = *at;
            if (copy->cm != cm)
                continue;
            *at = copy->next;
            copy->next = primed->spare;
            primed->spare = copy;
            is_found = true;
            break;
        }
    }
    pthread_mutex_unlock(&models->mutex);
}

uint64_t reference_models_memory(const struct cm_config *config)
{
    return 2 * (uint64_t)cm_memory_needed(config);
}
