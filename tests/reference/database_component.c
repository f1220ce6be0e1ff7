/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/components.md, section 15.
 */
#include "contexts.h"

#include <string.h>

enum { OTHER, HEADER, POINTER, CHILD, SIZE, ROW, LEAD, TYPE, VALUE, OVERFLOW_PAGE };

struct field {
    uint32_t at, bytes;
    uint64_t type, number, step, sum;
};

struct database {
    struct context_set *contexts;
    uint32_t size, at, start; /* size 0: nothing yet */
    uint32_t head, kind, part, place, left;
    uint64_t number, sum;
    uint8_t expected[9];
    uint32_t n_expected, fits, equal, pointers;
    uint64_t record, rest, here, lead, beside;
    uint32_t spills, columns, column, table, tables[16];
    uint64_t types[32];
    struct field plain[10], of[32][32];
    uint8_t begins[65536];
    uint32_t above, guess; /* the byte of the field before, the byte that is expected */
};

static uint64_t J(uint64_t x, uint64_t y)
{
    uint64_t a = (x + y + 1) * K0;
    return a ^ a >> 31;
}

static uint64_t length(uint64_t type)
{
    static const unsigned lengths[8] = {0, 1, 2, 3, 4, 6, 8, 8};
    return type >= 12 ? (type - 12) / 2 : type < 8 ? lengths[type] : 0;
}

static struct field *b(struct database *d)
{
    return d->part == TYPE || d->part == VALUE ? &d->of[d->table][d->column] : &d->plain[d->part];
}

static void expect_bytes(struct database *d, uint64_t v, uint64_t n)
{
    d->n_expected = n > 8 ? 0 : (uint32_t)n;
    for (uint32_t j = 0; j < d->n_expected; j++)
        d->expected[j] = (uint8_t)(v >> 8 * (n - 1 - j));
}

static uint32_t varint_bytes(uint64_t v)
{
    for (uint32_t n = 1; n < 8; n++)
        if (v < UINT64_C(1) << 7 * n)
            return n;
    return 8;
}

static void expect_varint(struct database *d, uint64_t v)
{
    uint32_t n = d->n_expected = varint_bytes(v);
    for (uint32_t j = 0; j < n; j++)
        d->expected[j] = (uint8_t)((v >> 7 * (n - 1 - j) & 0x7f) + (j + 1 < n ? 0x80 : 0));
}

static void expect(struct database *d, uint64_t n)
{
    uint64_t next = b(d)->number + b(d)->step, e = d->at + 1, behind = 0;
    switch (d->part) {
    case SIZE:
        while (e < d->size && !d->begins[e])
            e++;
        e -= d->at;
        behind = (e > 130 ? 2 : 1) +
                 (d->kind == 13 ? varint_bytes(d->plain[ROW].number + d->plain[ROW].step) : 0);
        expect_varint(d, e > behind ? e - behind : 0);
        break;
    case ROW:
    case LEAD:
        expect_varint(d, next);
        break;
    case TYPE:
        for (uint32_t k = d->column + 1; k < 32; k++)
            behind += length(d->of[d->table][k].type);
        behind = d->rest > behind ? d->rest - behind : 0;
        next = b(d)->type;
        expect_varint(d, next < 12 ? next : 12 + next % 2 + 2 * behind);
        break;
    case POINTER:
    case CHILD:
        expect_bytes(d, next, n);
        break;
    case VALUE:
        if (b(d)->bytes == n)
            expect_bytes(d, next, n);
        break;
    default:
        break;
    }
}

static void begin(struct database *d, uint32_t part, uint64_t n)
{
    d->part = part;
    d->left = (uint32_t)n;
    d->place = d->n_expected = 0;
    d->number = d->sum = 0;
    d->fits = d->equal = 1;
    expect(d, n);
}

static void end_cell(struct database *d)
{
    begin(d, d->spills ? OVERFLOW_PAGE : OTHER, 4);
    d->spills = 0;
}

static void begin_value(struct database *d)
{
    while (d->column < d->columns && length(d->types[d->column]) == 0)
        d->beside = d->types[d->column++];
    if (d->column == d->columns)
        end_cell(d);
    else
        begin(d, VALUE, length(d->types[d->column]));
}

static void begin_record(struct database *d)
{
    uint64_t u = d->size, low = (u - 12) * 32 / 255 - 23;
    uint64_t high = d->kind == 13 ? u - 35 : (u - 12) * 64 / 255 - 23;
    d->spills = d->record > high;
    d->here = d->record;
    if (d->spills) {
        d->here = low + (d->record - low) % (u - 4);
        if (d->here > high)
            d->here = low;
    }
    d->columns = d->column = 0;
    d->beside = 0;
    begin(d, LEAD, 0);
}

static void end_lead(struct database *d)
{
    if (d->number > d->record || d->number > d->here || d->number <= d->place) {
        end_cell(d);
        return;
    }
    d->lead = d->number - d->place;
    d->rest = d->record - d->number;
    begin(d, TYPE, 0);
}

static void end_type(struct database *d)
{
    d->lead = d->lead > d->place ? d->lead - d->place : 0;
    d->rest = d->rest > length(d->number) ? d->rest - length(d->number) : 0;
    d->types[d->column] = d->beside = d->number;
    d->columns = d->column + 1;
    if (d->column < 31)
        d->column++;
    if (d->lead > 0) {
        begin(d, TYPE, 0);
        return;
    }
    d->table = d->tables[d->kind] = (2 * d->columns + d->kind % 2) % 32;
    for (uint32_t k = 0; k < 32; k++)
        d->of[d->table][k].type = k < d->columns ? d->types[k] : 0;
    d->column = 0;
    d->beside = 0;
    begin_value(d);
}

static void end(struct database *d, uint32_t position)
{
    if (d->part != TYPE) {
        struct field *f = b(d);
        f->step = d->number - f->number;
        f->number = d->number;
        f->bytes = d->place;
        f->at = position + 1 - d->place;
        f->sum = d->sum;
    }
    switch (d->part) {
    case POINTER:
        if (d->number >= d->at && d->number < d->size)
            d->begins[d->number] = 1;
        begin(d, --d->pointers > 0 ? POINTER : OTHER, 2);
        break;
    case CHILD:
        begin(d, d->kind == 2 ? SIZE : ROW, 0);
        break;
    case SIZE:
        d->record = d->number;
        if (d->kind == 13)
            begin(d, ROW, 0);
        else
            begin_record(d);
        break;
    case ROW:
        if (d->kind == 13)
            begin_record(d);
        else
            end_cell(d);
        break;
    case LEAD:
        end_lead(d);
        break;
    case TYPE:
        end_type(d);
        break;
    case VALUE:
        d->beside = d->sum;
        d->column++;
        begin_value(d);
        break;
    default:
        begin(d, OTHER, 0);
    }
}

static void take_field(struct database *d, unsigned c, uint32_t position)
{
    bool varint = d->part >= SIZE && d->part <= TYPE;
    d->fits = d->fits && d->place < d->n_expected && d->expected[d->place] == c;
    d->place++;
    d->sum = J(d->sum, c);
    d->number = varint ? d->number << 7 | (c & 0x7f) : d->number << 8 | c;
    if (d->part >= LEAD && d->part <= VALUE)
        d->here--;
    if (varint ? c < 0x80 || d->place == 9 : --d->left == 0)
        end(d, position);
    if (d->part >= LEAD && d->part <= VALUE && d->here == 0)
        end_cell(d);
}

static void take_header(struct database *d, uint32_t q, unsigned c)
{
    static const char name[16] = "SQLite format 3";
    if (q < 16 && d->head == 0) {
        d->fits = d->fits && c == (unsigned char)name[q];
        if (d->fits && q == 15)
            d->head = 100;
    }
    if (q < d->head)
        return;
    uint32_t j = q - d->head;
    if (j == 0)
        d->kind = c == 2 || c == 5 || c == 10 || c == 13 ? c : 0;
    if (j == 3 || j == 4)
        d->pointers = (d->pointers << 8 | c) & 0x3fff;
    if (d->kind != 0 && j == (d->kind < 10 ? 11 : 7))
        begin(d, d->pointers > 0 ? POINTER : OTHER, 2);
    else if (d->kind == 0 && q >= 16)
        begin(d, OTHER, 0);
}

static void take(struct database *d, const struct seen *seen, uint32_t position)
{
    unsigned c = ring_at(seen, position);
    uint32_t q = d->at++;
    if (d->equal != 0) {
        bool same = d->place < b(d)->bytes && ring_at(seen, b(d)->at + d->place) == c;
        d->equal = same ? d->equal + 1 : 0;
    }
    if (d->part == HEADER)
        take_header(d, q, c);
    else if (d->part != OTHER)
        take_field(d, c, position);
}

static void arrive(struct database *d)
{
    if (d->at == 0) {
        memset(d->begins, 0, sizeof d->begins);
        d->kind = d->head = d->pointers = d->spills = 0;
        begin(d, HEADER, 0);
    } else if (d->at < d->size && d->begins[d->at]) {
        d->spills = 0;
        d->column = 0;
        d->table = d->tables[d->kind];
        begin(d, d->kind < 10 ? CHILD : SIZE, 4);
    }
}

static void follow(struct database *d, const struct seen *seen)
{
    uint32_t size = seen->stride, n = seen->n;
    uint32_t at = (n - seen->start + size - seen->offset) % size;
    if (d->size != size || d->start != n - at || d->at > at || at == 0) {
        d->size = size;
        d->start = n - at;
        d->at = 0;
        arrive(d);
        if (n < at)
            d->at = at;
    }
    while (d->at < at) {
        take(d, seen, d->start + d->at);
        arrive(d);
    }
}

static void byte(void *state, const struct seen *seen)
{
    struct database *d = state;
    follow(d, seen);
    const struct field *f = b(d);
    d->above = d->place < f->bytes ? ring_at(seen, f->at + d->place) : 0;
    d->guess = d->place < d->n_expected ? 256u + d->expected[d->place] : 0;
    uint64_t t = d->part == VALUE ? d->types[d->column] : 0, v = d->kind << 4 | d->part;
    if (d->part == TYPE || d->part == VALUE)
        v = ((v << 8 | d->table) << 8 | d->column) << 4 | (t < 12 ? t : 12 + t % 2);
    uint64_t g = J(v, d->part == HEADER ? d->at : least(d->place, 255));
    uint64_t h = d->part < POINTER ? g : J(v, d->sum), l = d->part == TYPE ? d->rest : d->left;
    struct context_set *s = d->contexts;
    context(s, h);
    context(s, J(g, d->guess << 1 | d->fits));
    context(s, J(J(g, l), f->type));
    context(s, J(g, d->above << 3 | least(d->equal, 7)));
    context(s, J(h, l));
    context(s, J(h, d->beside));
    context(s, J(h, f->sum));
    context(s, J(J(g, f->number), d->guess));
}

static void predict(void *state, const struct seen *seen, struct given *given)
{
    struct database *d = state;
    contexts_predict(d->contexts, seen, given);
    uint32_t column = least(d->part == TYPE || d->part == VALUE ? d->column : d->place, 15);
    uint32_t fits = 0;
    if (d->guess >> (8 - seen->i) == seen->partial)
        fits = 2 + (d->guess >> (7 - seen->i) & 1);
    give_selector(given, (d->part * 16 + column) * 8 + seen->i);
    give_selector(given, (fits * 8 + least(d->equal, 3) * 2 + d->fits) * 8 + seen->i);
    give_selector(given, d->above);
}

static void learn(void *state, const struct seen *seen, int bit)
{
    contexts_learn(((struct database *)state)->contexts, seen, bit);
}

struct component make_database(struct setup *setup)
{
    struct database *d = zeros(sizeof *d);
    struct component c = {d, byte, predict, learn, 0, 3, {1280, 256, 256}, 0, NULL};
    d->contexts = make_contexts(setup, &c, setup->strong ? 8 : 4);
    own(setup, &d->size, sizeof *d - offsetof(struct database, size));
    return c;
}
