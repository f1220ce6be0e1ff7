/* SPDX-License-Identifier: Apache-2.0
 *
 * Each scorer has its own learner, as learning and scoring write to the same tables. They learn the
 * same records in the same order. Records wait until a learner is next asked for a score; then it
 * learns them first.
 */
#include <stdlib.h>

#include "base/byte_buffer.h"
#include "base/try.h"
#include "measure/learner_state.h"
#include "measure/novelty.h"

enum {
    LEVEL = 4,
    N_EXPECTED_MAX = (1 << 17) - 1, /* of the learner's tables: a small state to save and restore */
    WAIT_MAX = 1 << 20,             /* bytes */
};

struct scorer {
    struct tacit_learner *learner;
    uint8_t *state; /* the learner's state after n_learnt of the waiting records */
    size_t n_learnt;
};

struct context {
    struct byte_buffer waiting; /* records that some scorers have still to learn */
    unsigned n_scorers;
    struct scorer scorers[];
};

static void context_destroy(void *measure)
{
    struct context *c = measure;
    for (unsigned i = 0; c && i < c->n_scorers; i++) {
        tacit_learner_destroy(c->scorers[i].learner);
        free(c->scorers[i].state);
    }
    if (c)
        byte_buffer_free(&c->waiting);
    free(c);
}

static enum tacit_status open_scorer(struct scorer *s, uint64_t n_expected)
{
    TRY(tacit_learner_create(&s->learner, LEVEL, n_expected));
    s->state = malloc(learner_state_size(s->learner));
    if (!s->state)
        return TACIT_ERR_MEMORY;
    learner_save(s->learner, s->state);
    return TACIT_OK;
}

static enum tacit_status context_create(void **measure, uint64_t n_bytes, unsigned n_scorers)
{
    struct context *c = calloc(1, sizeof *c + n_scorers * sizeof *c->scorers);
    enum tacit_status status = c ? TACIT_OK : TACIT_ERR_MEMORY;
    *measure = NULL;
    for (unsigned i = 0; i < n_scorers && status == TACIT_OK; i++) {
        c->n_scorers++;
        status =
            open_scorer(&c->scorers[i], n_bytes < N_EXPECTED_MAX ? n_bytes + 1 : N_EXPECTED_MAX);
    }
    if (status != TACIT_OK) {
        context_destroy(c);
        return status;
    }
    *measure = c;
    return TACIT_OK;
}

static enum tacit_status catch_up(const struct context *c, struct scorer *s)
{
    double bits;
    if (s->n_learnt == c->waiting.size)
        return TACIT_OK;
    TRY(tacit_learner_read(s->learner, c->waiting.data + s->n_learnt, c->waiting.size - s->n_learnt,
                           NULL, &bits));
    s->n_learnt = c->waiting.size;
    learner_save(s->learner, s->state);
    return TACIT_OK;
}

static enum tacit_status context_bits(void *measure, unsigned scorer, const uint8_t *data, size_t n,
                                      double *bits)
{
    struct context *c = measure;
    struct scorer *s = &c->scorers[scorer];
    TRY(catch_up(c, s));
    TRY(tacit_learner_read(s->learner, data, n, NULL, bits));
    learner_restore(s->learner, s->state);
    return TACIT_OK;
}

static enum tacit_status context_learn(void *measure, const uint8_t *data, size_t n)
{
    struct context *c = measure;
    TRY(byte_buffer_append(&c->waiting, data, n));
    TRY(byte_buffer_append(&c->waiting, "\n", 1));
    if (c->waiting.size < WAIT_MAX)
        return TACIT_OK;
    for (unsigned i = 0; i < c->n_scorers; i++) {
        TRY(catch_up(c, &c->scorers[i]));
        c->scorers[i].n_learnt = 0;
    }
    c->waiting.size = 0;
    return TACIT_OK;
}

const struct novelty_ops novelty_context = {context_create, context_destroy, context_bits,
                                            context_learn, 30};
