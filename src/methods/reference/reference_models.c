/* SPDX-License-Identifier: Apache-2.0
 *
 * A predictor is one piece of memory with pointers into itself, so it is never moved or copied: its
 * state after the reference is marked, and the next block rewinds it to there (context_mixer_mark,
 * context_mixer_rewind).
 * Each thread that works at the same time has a predictor of its own that has read the reference.
 */
#include "methods/reference/reference_models.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum {
    PART_SHIFT = 15,
    READ_BYTES = 4096, /* bytes between two checks of the watch */
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
                                const struct reference_reading *reading,
                                struct context_config *config)
{
    uint64_t n_all = (uint64_t)reference->n_bytes + content_size;
    uint32_t span = 1;
    while (span < n_all)
        span <<= 1; /* at most 2^31; the same for most blocks, which can then use the same models */
    config->content_set |= CONTENT_BIT(reading->type);
    config->reference = reference->n_bytes;
    config->span = span;
}

static void make_key(const struct context_config *config, const struct reference_reading *reading,
                     uint64_t key[REFERENCE_KEY_WORDS])
{
    const uint64_t words[REFERENCE_KEY_WORDS] = {
        REFERENCE_OF_CONTEXT, (uint64_t)config->strength,
        config->content_set,  config->memory_log2,
        config->n_streams,    config->span,
        config->hinted,       (uint64_t)reading->type,
        reading->part,        (uint64_t)config->trained,
    };
    memcpy(key, words, sizeof words);
}

enum tacit_status reference_models_learn(struct context_mixer *cm, const uint8_t *data, size_t n,
                                         struct block_watch *watch)
{
    context_mixer_expect(cm, n);
    for (size_t i = 0; i < n; i++) {
        if (i % READ_BYTES == 0 && block_watch_stop(watch, 0))
            return TACIT_ERR_CANCELLED;
        for (int bit = 7; bit >= 0; bit--) {
            context_mixer_predict(cm);
            context_mixer_update(cm, data[i] >> bit & 1);
        }
    }
    return TACIT_OK;
}

static enum tacit_status read_reference(const struct tacit_reference *reference,
                                        const struct reference_reading *reading,
                                        struct context_mixer *cm, struct block_watch *watch)
{
    struct content content = {reading->type, 0, 0};
    uint32_t n_learnt = reference_n_learnt(reference, reading->part);
    uint32_t n_skimmed = reference->n_bytes - n_learnt;
    context_mixer_skim(cm, reference->data, n_skimmed);
    TRY(context_mixer_set_content(cm, &content));
    return reference_models_learn(cm, reference->data + n_skimmed, n_learnt, watch);
}

static void destroy(struct reference_kept *kept)
{
    struct reference_models *models = (struct reference_models *)kept;
    context_mixer_destroy(models->cm);
    free(models);
}

static enum tacit_status make(struct reference_models *models,
                              const struct tacit_reference *reference,
                              const struct context_config *config,
                              const struct reference_reading *reading, struct block_watch *watch)
{
    TRY(context_mixer_create(&models->cm, config, &models->kernels));
    TRY(read_reference(reference, reading, models->cm, watch));
    models->kept.n_bytes = 2 * context_mixer_state_size(models->cm);
    return context_mixer_mark(models->cm);
}

enum tacit_status reference_models_take(const struct tacit_reference *reference,
                                        const struct context_config *config,
                                        const struct reference_reading *reading,
                                        const struct kernels *kernels, struct block_watch *watch,
                                        struct reference_models **models_out)
{
    uint64_t key[REFERENCE_KEY_WORDS];
    make_key(config, reading, key);
    struct reference_models *models =
        (struct reference_models *)reference_shelf_take(reference->shelf, key);
    *models_out = models;
    if (models) {
        context_mixer_rewind(models->cm);
        return TACIT_OK;
    }
    models = calloc(1, sizeof *models);
    if (!models)
        return TACIT_ERR_MEMORY;
    models->kernels = *kernels;
    models->kept.destroy = destroy;
    memcpy(models->kept.key, key, sizeof key);
    enum tacit_status status = make(models, reference, config, reading, watch);
    if (status != TACIT_OK) {
        destroy(&models->kept);
        return status;
    }
    *models_out = models;
    return TACIT_OK;
}

void reference_models_give_back(const struct tacit_reference *reference,
                                struct reference_models *models)
{
    if (models)
        reference_shelf_put(reference->shelf, &models->kept);
}

uint64_t reference_models_memory(const struct context_config *config)
{
    uint64_t n = context_mixer_memory_needed(config);
    return n == 0 ? 0 : 2 * n + sizeof(struct reference_models) + REFERENCE_SHELF_BYTES;
}
