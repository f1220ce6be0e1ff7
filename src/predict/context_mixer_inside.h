/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of struct cm: context_mixer_layout.c makes it, context_mixer.c runs it.
 */
#ifndef TACIT_PREDICT_CONTEXT_MIXER_INSIDE_H
#define TACIT_PREDICT_CONTEXT_MIXER_INSIDE_H

#include "predict/end_model.h"
#include "predict/lean/lean.h"
#include "predict/mixer.h"
#include "predict/refiner.h"

/* The components for one group of content types and the mixer of their inputs. */
struct cm_group {
    struct mixer mixer;
    struct mixer_stream mixer_stream;
    struct refiner refiner;
    struct refiner_stream refiner_stream;
    struct component components[COMPONENTS_MAX];
    unsigned n_components;
    struct lean *lean; /* used instead of all fields above; or NULL */
};

/* One place at which content is predicted. Each component has a stream part for it. */
struct cm_stream {
    struct cm_history history;
    struct cm_group *group; /* of the present content */
    bool begun;             /* its start is known */
    bool at_byte;           /* the components do not know yet that a byte begins */
};

/* What was noted by cm_mark: all of the memory, or of lean models, which note the rest themselves, the stream. */
struct cm_mark {
    uint8_t *all; /* or NULL */
    struct cm_stream stream;
};

struct cm {
    struct cm_tables tables;
    struct slot_table slots;
    struct cm_config config;
    struct cm_group *groups[CONTENT_N_GROUPS]; /* NULL: no type of the set is of this group */
    struct cm_stream *streams;                 /* one or config.n_streams */
    struct cm_stream *stream;                  /* the selected stream ... */
    unsigned selected;                         /* ... and its number */
    size_t n_ahead;                            /* bytes that certainly follow the present one */
    struct cm_hint hint;                       /* for the next bit */
    struct end_model end;                      /* if config.hinted */
    struct cm_mark *mark;                      /* what cm_rewind comes back to, or NULL */
    void *memory;                              /* the allocation that all of this lies in ... */
    size_t n_memory;                           /* ... and its size */
};

static inline void cm_begin_content(struct cm *cm, struct cm_stream *stream,
                                    const struct content *content)
{
    stream->history.content = *content;
    stream->history.content_start = stream->history.n;
    stream->group = cm->groups[content_group_of(content->type)];
}

#endif
