/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite databases: contexts of the part of a cell that comes next, of its column, of what is expected there, and of the same field in the
 * cell before.
 */
#include "predict/components.h"
#include "predict/components/binary/database_page.h"
#include "predict/context_set.h"

enum { N_QUICK = 4, N_STRONG = 8, COLUMNS_SELECTED = 16 };

struct database_stream {
    struct context_set_stream set;
    struct database_page page;
    unsigned above;    /* the byte at this place of the field before, or 0 */
    unsigned expected; /* 256 + the byte that is expected; 0: none is */
};

static void lay_out(struct input_setup *setup, struct component *self)
{
    struct context_set *set = self->shared = arena_take(setup->arena, sizeof *set);
    component_take_streams(setup, self, sizeof(struct database_stream));
    context_set_lay_out(set, setup, setup->config->strength == CONTEXT_STRONG ? N_STRONG : N_QUICK);
    shape_add_selector(&setup->shape, DATABASE_N_PARTS * COLUMNS_SELECTED * 8);
    shape_add_selector(&setup->shape, 4 * 4 * 2 * 8);
    shape_add_selector(&setup->shape, 256);
}

/* A number for the kind of field: the part of the cell, and the column and its type. */
static uint64_t field_kind(const struct database_page *p)
{
    uint64_t kind = p->kind << 4 | p->part;
    if (p->part != DATABASE_TYPE && p->part != DATABASE_VALUE)
        return kind;
    uint64_t type = p->part == DATABASE_TYPE ? 0 : p->types[p->column];
    if (type > 11)
        type = 12 + (type & 1);
    return ((kind << 8 | p->table) << 8 | p->column) << 4 | type;
}

static void hash_contexts(const struct context_set *set, struct database_stream *s, uint64_t kind,
                          const struct database_field *b)
{
    const struct database_page *p = &s->page;
    struct context_set_stream *c = &s->set;
    bool headed = p->part == DATABASE_HEADER;
    uint64_t place = database_join(kind, headed ? p->at : p->place < 255 ? p->place : 255);
    uint64_t so_far = p->part < DATABASE_POINTER ? place : database_join(kind, p->hash);
    uint64_t left = p->part == DATABASE_TYPE ? p->rest : p->left;
    uint64_t equal = p->n_equal < 7 ? p->n_equal : 7;
    unsigned i = 0;
    context_set_hash(c, i++, so_far);
    context_set_hash(c, i++, database_join(place, s->expected << 1 | p->fits));
    context_set_hash(c, i++, database_join(database_join(place, left), b->type));
    context_set_hash(c, i++, database_join(place, s->above << 3 | equal));
    if (set->n == N_QUICK)
        return;
    context_set_hash(c, i++, database_join(so_far, left));
    context_set_hash(c, i++, database_join(so_far, p->beside));
    context_set_hash(c, i++, database_join(so_far, b->hash));
    context_set_hash(c, i++, database_join(database_join(place, b->number), s->expected));
}

static void next_byte(void *shared, void *stream, const struct history *h)
{
    struct database_stream *s = stream;
    struct database_page *p = &s->page;
    database_page_follow(p, h);
    const struct database_field *b = database_page_before(p);
    s->above = p->place < b->n_bytes ? h->ring[(b->at + p->place) & h->mask] : 0;
    s->expected = p->place < p->n_expected ? 256u + p->expected[p->place] : 0;
    hash_contexts(shared, s, field_kind(p), b);
}

static void predict(void *shared, void *stream, const struct history *h,
                    struct mixer_inputs *inputs)
{
    struct database_stream *s = stream;
    const struct database_page *p = &s->page;
    context_set_predict(shared, &s->set, h, inputs);
    uint32_t column = p->part == DATABASE_TYPE || p->part == DATABASE_VALUE ? p->column : p->place;
    if (column >= COLUMNS_SELECTED)
        column = COLUMNS_SELECTED - 1;
    inputs_select(inputs, (p->part * COLUMNS_SELECTED + column) * 8 + h->bit);
    unsigned fits =
        s->expected >> (8 - h->bit) != h->partial ? 0u : 2u + (s->expected >> (7 - h->bit) & 1);
    unsigned equal = p->n_equal < 3 ? p->n_equal : 3;
    inputs_select(inputs, ((fits << 2 | equal) << 1 | p->fits) * 8 + h->bit);
    inputs_select(inputs, s->above);
}

static void update(void *shared, void *stream, const struct history *h, int bit)
{
    struct database_stream *s = stream;
    context_set_update(shared, &s->set, h, bit);
}

static void prefetch(void *shared, void *stream, const struct history *history)
{
    struct database_stream *s = stream;
    context_set_prefetch(shared, &s->set, history);
}

const struct component_ops database_model_ops = {
    "database", lay_out, next_byte, predict, update, prefetch, CONTENT_BIT(CONTENT_DATABASE)};
