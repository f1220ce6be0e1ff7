/* SPDX-License-Identifier: Apache-2.0
 *
 * The learner (tacit/eval.h): context models that learn while they read, and the cost of each byte.
 */
#include <stdlib.h>

#include "base/cpu.h"
#include "base/strict_math.h"
#include "base/try.h"
#include "content/content.h"
#include "measure/eval_cost.h"
#include "measure/learner_state.h"
#include "tacit/eval.h"

enum { UNKNOWN_LOG2 = 26 };

struct tacit_learner {
    struct kernels kernels;
    struct context_mixer *cm;
    bool has_content;
};

static enum tacit_status start(struct tacit_learner *learner, int level, uint64_t n_bytes)
{
    enum context_strength strength = context_level_strength(level);
    struct context_config config = {.strength = strength, .content_set = CONTENT_WORDS};
    uint64_t expected = n_bytes ? n_bytes : UINT64_C(1) << UNKNOWN_LOG2;
    config.memory_log2 = context_memory_log2_for(strength, expected);
    TRY(strict_float_check());
    kernels_select(&learner->kernels, cpu_features());
    return context_mixer_create(&learner->cm, &config, &learner->kernels);
}

enum tacit_status tacit_learner_create(struct tacit_learner **out, int level, uint64_t n_bytes)
{
    *out = NULL;
    if (level < TACIT_LEVEL_MIN || level > TACIT_LEVEL_MAX)
        return TACIT_ERR_ARGUMENT;
    struct tacit_learner *learner = calloc(1, sizeof *learner);
    if (!learner)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = start(learner, level, n_bytes);
    if (status != TACIT_OK) {
        tacit_learner_destroy(learner);
        return status;
    }
    *out = learner;
    return TACIT_OK;
}

void tacit_learner_destroy(struct tacit_learner *learner)
{
    if (!learner)
        return;
    context_mixer_destroy(learner->cm);
    free(learner);
}

struct content content_of_words(const uint8_t *data, size_t n)
{
    enum { PROBE = 1 << 16, SEGMENTS_MAX = 64 };
    struct content_segment split[SEGMENTS_MAX];
    size_t n_of[CONTENT_N_TYPES] = {0};
    size_t n_segments = content_split(data, n < PROBE ? n : PROBE, split, SEGMENTS_MAX);
    struct content content = {.type = CONTENT_TEXT};
    for (size_t i = 0; i < n_segments; i++)
        n_of[split[i].content.type] += split[i].n_bytes;
    if (n_of[CONTENT_MARKUP] > n_of[content.type])
        content.type = CONTENT_MARKUP;
    if (n_of[CONTENT_TABLE] > n_of[content.type])
        content.type = CONTENT_TABLE;
    return content;
}

static enum tacit_status choose_content(struct tacit_learner *learner, const uint8_t *data,
                                        size_t n)
{
    struct content content = content_of_words(data, n);
    learner->has_content = true;
    return context_mixer_set_content(learner->cm, &content);
}

static float read_byte(struct context_mixer *cm, uint8_t byte)
{
    float nats = 0;
    for (int i = 7; i >= 0; i--) {
        int bit = byte >> i & 1;
        nats += eval_bit_nats(context_mixer_predict(cm), bit);
        context_mixer_update(cm, bit);
    }
    return nats * STRICT_LOG2_E;
}

enum tacit_status tacit_learner_read(struct tacit_learner *learner, const void *data,
                                     size_t n_bytes, float *bits, double *sum)
{
    const uint8_t *bytes = data;
    *sum = 0;
    if (n_bytes > 0 && !learner->has_content)
        TRY(choose_content(learner, bytes, n_bytes));
    for (size_t i = 0; i < n_bytes; i++) {
        float cost = read_byte(learner->cm, bytes[i]);
        *sum += (double)cost;
        if (bits)
            bits[i] = cost;
    }
    return TACIT_OK;
}

/* cm's memory, then whether the content is known. */
size_t learner_state_size(const struct tacit_learner *learner)
{
    return context_mixer_state_size(learner->cm) + 1;
}

void learner_save(const struct tacit_learner *learner, uint8_t *state)
{
    context_mixer_save(learner->cm, state);
    state[context_mixer_state_size(learner->cm)] = learner->has_content;
}

void learner_restore(struct tacit_learner *learner, const uint8_t *state)
{
    context_mixer_restore(learner->cm, state);
    learner->has_content = state[context_mixer_state_size(learner->cm)];
}
