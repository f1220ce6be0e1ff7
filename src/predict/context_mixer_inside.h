/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of struct context_mixer: context_mixer_layout.c makes it, context_mixer.c runs it.
 */
#ifndef TACIT_PREDICT_CONTEXT_MIXER_INSIDE_H
#define TACIT_PREDICT_CONTEXT_MIXER_INSIDE_H

#include "predict/end_model.h"
#include "predict/lean/lean.h"
#include "predict/mixer.h"
#include "predict/refiner.h"

enum { CONTEXT_VERSED_INPUTS = 2 };

/* The components for one group of content types and the mixer of their inputs. */
struct context_mixer_group {
    struct mixer mixer;
    struct mixer_stream mixer_stream;
    /* If versed: mixes all but the hint. Its prediction is two more inputs of the mixer. */
    struct mixer versed;
    struct mixer_stream versed_stream;
    unsigned n_versed; /* its inputs; 0: there is none */
    struct refiner refiner;
    struct refiner_stream refiner_stream;
    struct component components[COMPONENTS_MAX];
    unsigned n_components;
    struct lean *lean; /* used instead of all fields above; or NULL */
};

/* One place at which content is predicted. Each component has a stream part for it. */
struct context_mixer_stream {
    struct history history;
    struct context_mixer_group *group; /* of the present content */
    bool begun;                        /* its start is known */
    bool at_byte;                      /* the components do not know yet that a byte begins */
};

/* What context_mixer_mark noted: all of the memory; for lean models, which note the rest themselves,
 * the stream. */
struct context_mixer_mark {
    uint8_t *all; /* or NULL */
    struct context_mixer_stream stream;
};

struct context_mixer {
    struct input_tables tables;
    struct slot_table slots;
    struct context_config config;
    /* NULL: no type of the set is of this group */
    struct context_mixer_group *groups[CONTENT_N_GROUPS];
    struct context_mixer_stream *streams; /* one or config.n_streams */
    struct context_mixer_stream *stream;  /* the selected stream ... */
    unsigned selected;                    /* ... and its number */
    size_t n_ahead;                       /* bytes that certainly follow the present one */
    struct context_hint hint;             /* for the next bit */
    struct end_model end;                 /* if config.hinted */
    struct context_mixer_mark *mark;      /* what context_mixer_rewind comes back to, or NULL */
    void *memory;                         /* the allocation that all of this lies in ... */
    size_t n_memory;                      /* ... and its size */
};

static inline void context_mixer_begin_content(struct context_mixer *cm,
                                               struct context_mixer_stream *stream,
                                               const struct content *content)
{
    stream->history.content = *content;
    stream->history.content_start = stream->history.n;
    stream->group = cm->groups[content_group_of(content->type)];
}

#endif
