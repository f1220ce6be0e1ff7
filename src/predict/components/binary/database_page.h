/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows the bytes of a SQLite database (https://www.sqlite.org/fileformat2.html) page by page: which part of which cell comes next, and
 * what its bytes are if it goes on as it did in the cells before. Pages that are of no known kind, free space and what
 * is damaged are one part, without an expectation. docs/components.md specifies it.
 */
#ifndef TACIT_PREDICT_COMPONENTS_BINARY_DATABASE_PAGE_H
#define TACIT_PREDICT_COMPONENTS_BINARY_DATABASE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "predict/history.h"

enum {
    DATABASE_COLUMNS = 32, /* of a record that are told apart: the last stands for all behind it */
    DATABASE_TABLES = 32,
    DATABASE_VARINT_MAX = 9,
};

enum database_part {
    DATABASE_OTHER,   /* between cells, and pages of no known kind */
    DATABASE_HEADER,  /* a page's */
    DATABASE_POINTER, /* to a cell */
    DATABASE_CHILD,   /* a page below */
    DATABASE_SIZE,    /* of a record: a varint, as the next three */
    DATABASE_ROW,     /* a row's number */
    DATABASE_LEAD,    /* size of a record's header */
    DATABASE_TYPE,    /* of a column */
    DATABASE_VALUE,
    DATABASE_OVERFLOW, /* the page where the record goes on */
    DATABASE_N_PARTS,
};

/* A field of the cell before. */
struct database_field {
    uint32_t at, n_bytes; /* where it lies in the ring */
    uint64_t type;        /* columns only: of the record before */
    uint64_t number;      /* a varint's value; else its last eight bytes */
    uint64_t step;        /* number less the one before it */
    uint64_t hash;        /* of its bytes */
};

struct database_page {
    uint32_t size;      /* 0: nothing was followed yet */
    uint32_t at;        /* of the coming byte in the page */
    uint32_t start;     /* n at the page's first byte */
    uint32_t header_at; /* where the page's header lies */
    unsigned kind;      /* its first byte; 0: none that is known */
    enum database_part part;
    uint32_t place;        /* bytes of the present field so far */
    uint32_t left;         /* bytes to come of a field that is no varint */
    uint64_t number, hash; /* of the present field's bytes */
    uint8_t expected[DATABASE_VARINT_MAX];
    uint32_t n_expected;
    bool fits;           /* the field's bytes so far are as expected */
    uint32_t n_equal;    /* 1 more than these bytes if all are those of the field before, else 0 */
    uint32_t n_pointers; /* to come */
    uint64_t record;     /* its size */
    uint64_t rest;       /* of it, without the header and the columns whose types are known */
    uint32_t n_local;    /* bytes of the record to come on this page */
    bool spills;         /* the others lie elsewhere */
    uint32_t n_lead;     /* bytes of the record's header to come */
    uint32_t n_columns, column;
    uint64_t types[DATABASE_COLUMNS];
    uint64_t beside;     /* the type or the hash of the column to the left */
    uint32_t table;      /* whose columns are the present record's */
    uint32_t tables[16]; /* of the last record of a kind of page */
    struct database_field fields[DATABASE_N_PARTS]; /* by part; columns have their own */
    struct database_field columns[DATABASE_TABLES][DATABASE_COLUMNS];
    uint8_t
        is_start[CONTENT_PAGE_MAX / 8]; /* a bit for each byte of the page: does a cell begin? */
};

/* Before each byte of content of the type: takes in what came since the last call. */
void database_page_follow(struct database_page *page, const struct history *h);

/* The field of the cell before that corresponds to the present one. */
struct database_field *database_page_before(struct database_page *page);

static inline uint64_t database_join(uint64_t a, uint64_t b)
{
    a = (a + b + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return a ^ a >> 31;
}

#endif
