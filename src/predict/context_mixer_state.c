/* SPDX-License-Identifier: Apache-2.0
 *
 * Coming back to what the context models were before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "predict/context_mixer.h"
#include "predict/context_mixer_inside.h"

size_t context_mixer_state_size(const struct context_mixer *cm)
{
    return cm->n_memory;
}

/* Everything lies in one piece that does not move, so that pointers in it stay valid. */
void context_mixer_save(const struct context_mixer *cm, uint8_t *state)
{
    memcpy(state, cm->memory, cm->n_memory);
}

void context_mixer_restore(struct context_mixer *cm, const uint8_t *state)
{
    memcpy(cm->memory, state, cm->n_memory);
}

/* The lean models that are all there is, or NULL. With a reference the ring holds everything. */
static struct lean *only_lean(const struct context_mixer *cm)
{
    struct context_mixer_group *general = cm->groups[CONTENT_GROUP_GENERAL];
    for (unsigned i = 0; i < CONTENT_N_GROUPS; i++)
        if (cm->groups[i] && cm->groups[i] != general)
            return NULL;
    return general && cm->config.reference > 0 ? general->lean : NULL;
}

enum tacit_status context_mixer_mark(struct context_mixer *cm)
{
    struct lean *lean = only_lean(cm);
    struct context_mixer_mark *mark = calloc(1, sizeof *mark);
    if (!mark)
        return TACIT_ERR_MEMORY;
    cm->mark = mark;
    if (lean) {
        mark->stream = *cm->streams;
        return lean_mark(lean);
    }
    mark->all = malloc(context_mixer_state_size(cm));
    if (!mark->all)
        return TACIT_ERR_MEMORY;
    context_mixer_save(cm, mark->all);
    return TACIT_OK;
}

void context_mixer_rewind(struct context_mixer *cm)
{
    struct lean *lean = only_lean(cm);
    if (!lean) {
        context_mixer_restore(cm, cm->mark->all);
        return;
    }
    struct history *history = &cm->streams->history;
    uint32_t begin = cm->mark->stream.history.n;
    memset(history->ring + begin, 0, history->n - begin);
    *cm->streams = cm->mark->stream;
    cm->n_ahead = 0;
    lean_rewind(lean);
}

void context_mixer_destroy(struct context_mixer *cm)
{
    if (cm == NULL)
        return;
    if (cm->mark) {
        if (only_lean(cm))
            lean_forget_mark(only_lean(cm));
        free(cm->mark->all);
        free(cm->mark);
    }
    free(cm->memory);
}
