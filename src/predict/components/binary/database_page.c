/* SPDX-License-Identifier: Apache-2.0 */
#include "predict/components/binary/database_page.h"

#include <string.h>

enum { INDEX_INSIDE = 2, TABLE_INSIDE = 5, INDEX_LEAF = 10, TABLE_LEAF = 13 };

enum { FILE_HEADER = 100, N_POINTERS_MAX = 0x3fff, TYPE_BLOB = 12 };

static bool is_inside(const struct database_page *p)
{
    return p->kind == INDEX_INSIDE || p->kind == TABLE_INSIDE;
}

static bool in_record(const struct database_page *p)
{
    return p->part == DATABASE_LEAD || p->part == DATABASE_TYPE || p->part == DATABASE_VALUE;
}

struct database_field *database_page_before(struct database_page *page)
{
    bool in_column = page->part == DATABASE_TYPE || page->part == DATABASE_VALUE;
    return in_column ? &page->columns[page->table][page->column] : &page->fields[page->part];
}

static uint64_t length_of(uint64_t type)
{
    static const uint8_t lengths[TYPE_BLOB] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    return type < TYPE_BLOB ? lengths[type] : (type - TYPE_BLOB) / 2;
}

static void expect_bytes(struct database_page *p, uint64_t number, uint32_t n)
{
    p->n_expected = n <= 8 ? n : 0;
    for (uint32_t i = 0; i < p->n_expected; i++)
        p->expected[i] = (uint8_t)(number >> 8 * (n - 1 - i));
}

static uint32_t varint_size(uint64_t number)
{
    uint32_t n = 1;
    while (n < 8 && number >> 7 * n != 0)
        n++;
    return n;
}

static void expect_varint(struct database_page *p, uint64_t number)
{
    uint32_t n = p->n_expected = varint_size(number);
    for (uint32_t i = 0; i < n; i++)
        p->expected[i] = (uint8_t)((number >> 7 * (n - 1 - i) & 0x7f) | (i + 1 < n ? 0x80 : 0));
}

static bool is_start(const struct database_page *p, uint32_t at)
{
    return p->is_start[at >> 3] >> (at & 7) & 1;
}

/* A record fills its cell, which ends where the next one begins or the page ends. */
static void expect_size(struct database_page *p)
{
    uint32_t end = p->at + 1;
    while (end < p->size && !is_start(p, end))
        end++;
    uint32_t n = end - p->at, row = 0;
    if (p->kind == TABLE_LEAF)
        row = varint_size(p->fields[DATABASE_ROW].number + p->fields[DATABASE_ROW].step);
    row += n > 130 ? 2 : 1;
    expect_varint(p, n > row ? n - row : 0);
}

/* A text or blob takes what the columns behind it leave, if these are as long as before. */
static void expect_type(struct database_page *p, uint64_t type)
{
    uint64_t behind = 0;
    for (uint32_t i = p->column + 1; i < DATABASE_COLUMNS; i++)
        behind += length_of(p->columns[p->table][i].type);
    uint64_t room = p->rest > behind ? p->rest - behind : 0;
    expect_varint(p, type < TYPE_BLOB ? type : TYPE_BLOB + (type & 1) + 2 * room);
}

static void begin_field(struct database_page *p, enum database_part part, uint64_t n)
{
    p->part = part;
    p->left = (uint32_t)n;
    p->place = p->n_expected = 0;
    p->number = p->hash = 0;
    p->fits = true;
    p->n_equal = 1;
    const struct database_field *b = database_page_before(p);
    if (part == DATABASE_SIZE)
        expect_size(p);
    else if (part == DATABASE_ROW || part == DATABASE_LEAD)
        expect_varint(p, b->number + b->step);
    else if (part == DATABASE_TYPE)
        expect_type(p, b->type);
    else if (part == DATABASE_POINTER || part == DATABASE_CHILD ||
             (part == DATABASE_VALUE && b->n_bytes == n))
        expect_bytes(p, b->number + b->step, p->left);
}

static void end_cell(struct database_page *p)
{
    begin_field(p, p->spills ? DATABASE_OVERFLOW : DATABASE_OTHER, 4);
    p->spills = false;
}

/* Columns whose type says all have no bytes. */
static void begin_value(struct database_page *p)
{
    for (; p->column < p->n_columns && length_of(p->types[p->column]) == 0; p->column++)
        p->beside = p->types[p->column];
    if (p->column < p->n_columns)
        begin_field(p, DATABASE_VALUE, length_of(p->types[p->column]));
    else
        end_cell(p);
}

static void begin_values(struct database_page *p)
{
    p->table = p->tables[p->kind] = (p->n_columns << 1 | (p->kind & 1)) % DATABASE_TABLES;
    for (uint32_t i = 0; i < DATABASE_COLUMNS; i++)
        p->columns[p->table][i].type = i < p->n_columns ? p->types[i] : 0;
    p->column = 0;
    p->beside = 0;
    begin_value(p);
}

/* How much of a record lies on its page: SQLite's rule. */
static void begin_record(struct database_page *p)
{
    uint64_t least = ((uint64_t)p->size - 12) * 32 / 255 - 23;
    uint64_t most =
        p->kind == TABLE_LEAF ? p->size - 35u : ((uint64_t)p->size - 12) * 64 / 255 - 23;
    uint64_t n = p->record;
    p->spills = n > most;
    if (p->spills)
        n = least + (n - least) % (p->size - 4u);
    p->n_local = (uint32_t)(n <= most ? n : least);
    p->n_columns = p->column = 0;
    p->beside = 0;
    begin_field(p, DATABASE_LEAD, 0);
}

static void begin_types(struct database_page *p)
{
    if (p->number > p->record || p->number > p->n_local || p->number <= p->place) {
        end_cell(p);
        return;
    }
    p->n_lead = (uint32_t)p->number - p->place;
    p->rest = p->record - p->number;
    begin_field(p, DATABASE_TYPE, 0);
}

static void end_type(struct database_page *p)
{
    uint64_t length = length_of(p->number);
    p->n_lead -= p->place < p->n_lead ? p->place : p->n_lead;
    p->rest -= length < p->rest ? length : p->rest;
    p->types[p->column] = p->beside = p->number;
    p->n_columns = p->column + 1;
    p->column += p->n_columns < DATABASE_COLUMNS;
    if (p->n_lead > 0)
        begin_field(p, DATABASE_TYPE, 0);
    else
        begin_values(p);
}

static void end_pointer(struct database_page *p)
{
    if (p->number >= p->at && p->number < p->size)
        p->is_start[p->number >> 3] |= (uint8_t)(1u << (p->number & 7));
    p->n_pointers--;
    begin_field(p, p->n_pointers > 0 ? DATABASE_POINTER : DATABASE_OTHER, 2);
}

static void end_value(struct database_page *p)
{
    p->beside = p->hash;
    p->column++;
    begin_value(p);
}

static void remember(struct database_page *p, uint32_t end)
{
    struct database_field *b = database_page_before(p);
    b->step = p->number - b->number;
    b->number = p->number;
    b->n_bytes = p->place;
    b->at = end - p->place;
    b->hash = p->hash;
}

/* end: the position behind the field. */
static void end_field(struct database_page *p, uint32_t end)
{
    if (p->part != DATABASE_TYPE)
        remember(p, end);
    switch (p->part) {
    case DATABASE_POINTER:
        end_pointer(p);
        break;
    case DATABASE_CHILD:
        begin_field(p, p->kind == INDEX_INSIDE ? DATABASE_SIZE : DATABASE_ROW, 0);
        break;
    case DATABASE_SIZE:
        p->record = p->number;
        if (p->kind == TABLE_LEAF)
            begin_field(p, DATABASE_ROW, 0);
        else
            begin_record(p);
        break;
    case DATABASE_ROW:
        if (p->kind == TABLE_LEAF)
            begin_record(p);
        else
            end_cell(p);
        break;
    case DATABASE_LEAD:
        begin_types(p);
        break;
    case DATABASE_TYPE:
        end_type(p);
        break;
    case DATABASE_VALUE:
        end_value(p);
        break;
    default:
        begin_field(p, DATABASE_OTHER, 0);
    }
}

static void begin_page(struct database_page *p)
{
    memset(p->is_start, 0, p->size / 8);
    p->kind = 0;
    p->header_at = 0;
    p->n_pointers = 0;
    p->spills = false;
    begin_field(p, DATABASE_HEADER, 0);
}

static void begin_cell(struct database_page *p)
{
    p->spills = false;
    p->column = 0;
    p->table = p->tables[p->kind];
    begin_field(p, is_inside(p) ? DATABASE_CHILD : DATABASE_SIZE, 4);
}

/* The file's first page has its header behind the file's. */
static void take_header(struct database_page *p, uint32_t at, unsigned byte)
{
    static const uint8_t name[16] = "SQLite format 3";
    uint32_t i = at - p->header_at;
    if (at < sizeof name && p->header_at == 0) {
        p->fits = p->fits && byte == name[at];
        if (p->fits && at + 1 == sizeof name)
            p->header_at = FILE_HEADER;
    }
    if (at < p->header_at)
        return;
    if (i == 0)
        p->kind =
            byte == INDEX_INSIDE || byte == TABLE_INSIDE || byte == INDEX_LEAF || byte == TABLE_LEAF
                ? byte
                : 0;
    else if (i == 3 || i == 4)
        p->n_pointers = (p->n_pointers << 8 | byte) & N_POINTERS_MAX;
    if (p->kind != 0 && i + 1 == (is_inside(p) ? 12u : 8u))
        begin_field(p, p->n_pointers > 0 ? DATABASE_POINTER : DATABASE_OTHER, 2);
    else if (p->kind == 0 && at >= sizeof name)
        begin_field(p, DATABASE_OTHER, 0);
}

static void take_field(struct database_page *p, unsigned byte, uint32_t end)
{
    bool varint = p->part >= DATABASE_SIZE && p->part <= DATABASE_TYPE, local = in_record(p);
    p->number = varint ? p->number << 7 | (byte & 0x7f) : p->number << 8 | byte;
    p->n_local -= local;
    if (varint ? byte < 0x80 || p->place == DATABASE_VARINT_MAX : --p->left == 0)
        end_field(p, end);
    if (in_record(p) && p->n_local == 0)
        end_cell(p);
}

static void take(struct database_page *p, const struct history *h, uint32_t position)
{
    unsigned byte = h->ring[position & h->mask];
    const struct database_field *b = database_page_before(p);
    uint32_t at = p->at++;
    p->n_equal =
        p->n_equal != 0 && p->place < b->n_bytes && h->ring[(b->at + p->place) & h->mask] == byte
            ? p->n_equal + 1
            : 0;
    if (p->part == DATABASE_HEADER) {
        take_header(p, at, byte);
        return;
    }
    if (p->part == DATABASE_OTHER)
        return;
    p->fits = p->fits && p->place < p->n_expected && p->expected[p->place] == byte;
    p->place++;
    p->hash = database_join(p->hash, byte);
    take_field(p, byte, position + 1);
}

/* The coming byte may begin a page or a cell, whatever the bytes before it said. */
static void arrive(struct database_page *p)
{
    if (p->at == 0)
        begin_page(p);
    else if (p->at < p->size && is_start(p, p->at))
        begin_cell(p);
}

void database_page_follow(struct database_page *page, const struct history *h)
{
    uint32_t size = h->content.stride;
    uint32_t at = (h->n - h->content_start + size - h->content.offset) % size;
    uint32_t start = h->n - at;
    if (page->size != size || page->start != start || page->at > at || at == 0) {
        page->size = size;
        page->start = start;
        page->at = h->n < at ? at : 0; /* what came before this page's bytes is not there */
        begin_page(page);
    }
    while (page->at < at) {
        take(page, h, start + page->at);
        arrive(page);
    }
}
