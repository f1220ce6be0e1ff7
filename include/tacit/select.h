/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing training data by what it still teaches.
 *
 * The measure is the number of bits that a record costs a compressor that has read the records
 * chosen so far: new text costs many bits, repeated text few. The choice is greedy: the record with
 * the most bits a byte comes first, after the entropy law (arXiv 2407.06645), which prefers the
 * subset that compresses least. Chosen records are never compressed again, and a record is scored
 * again only when it comes near the top.
 *
 * Results never depend on the number of threads. Memory: 16 bytes a record (200 for near
 * duplicates) and the measure's: _FAST 4 MiB to 512 MiB by the budget, _ZSTD some 4 MiB, _CONTEXT
 * 16 MiB a thread.
 */
#ifndef TACIT_SELECT_H
#define TACIT_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_SELECT_THREADS_MAX 64

enum tacit_select_method {
    TACIT_SELECT_ZIP,    /* the most information, given what was chosen */
    TACIT_SELECT_DEDUP,  /* in order, without near duplicates (MinHash) */
    TACIT_SELECT_RANDOM, /* uniformly */
    TACIT_SELECT_SCORES, /* the highest of the caller's scores */
};

/* Which compressor says, for TACIT_SELECT_ZIP, what a record costs. */
enum tacit_select_measure {
    TACIT_MEASURE_FAST, /* a small context model that remembers all that was chosen */
    TACIT_MEASURE_ZSTD, /* zstd, whose dictionary is the latest 512 KiB chosen; the choice may change
                              with libzstd's version */
    TACIT_MEASURE_CONTEXT, /* the quick context models, those of level 3: the most exact, and the
                              slowest */
};

/* Where records come from. They are read several times and must not change. */
struct tacit_select_source {
    size_t n_records;
    /* Returns a record's text, valid until the same reader (0 .. n_threads - 1) reads the next
     * record. Several threads call it at a time. NULL: the record cannot be read; the call ends
     * with TACIT_ERR_IO. */
    const void *(*read)(void *context, unsigned reader, size_t record, size_t *n_bytes);
    void *context;
};

/* Fill with tacit_select_options_init, then change what you need. */
struct tacit_select_options {
    size_t struct_size;
    enum tacit_select_method method;
    enum tacit_select_measure measure;
    uint64_t n_bytes;    /* budget: bytes of text */
    uint64_t n_records;  /* and records; UINT64_MAX: no limit */
    double similarity;   /* of near duplicates: 0 .. 1, the share of common 12-byte strings */
    uint64_t seed;       /* of TACIT_SELECT_RANDOM */
    const float *scores; /* of TACIT_SELECT_SCORES: [source's n_records] */
    unsigned n_threads;  /* 0: one for each processor */
    tacit_progress_fn progress; /* n_in: records or bytes done, n_out: in all; twice for _ZIP: first
                                   every record by itself, then the choice. May be NULL */
    void *progress_context;
};

/* Sets every field of a struct of struct_size bytes to its default. TACIT_ERR_ARGUMENT: struct_size is too
 * small to hold itself. Call tacit_select_options_init, which passes the size that the caller was compiled with. */
TACIT_API enum tacit_status tacit_select_options_init_sized(struct tacit_select_options *options,
                                                            size_t struct_size);

/* Sets every field to its default. options: not NULL. */
static inline void tacit_select_options_init(struct tacit_select_options *options)
{
    (void)tacit_select_options_init_sized(options, sizeof *options);
}

/* A record that was chosen. */
struct tacit_choice {
    size_t record;
    size_t n_bytes;
    double score;      /* _ZIP: bits a byte given what was chosen before; _SCORES: its score */
    double alone;      /* _ZIP: bits a byte by itself */
    double similarity; /* _DEDUP: with the most similar record chosen before */
    size_t nearest;    /* that record; SIZE_MAX: none found */
};

/* In the order of choice. Non-zero stops with TACIT_ERR_CANCELLED. */
typedef int (*tacit_choice_fn)(void *context, const struct tacit_choice *choice);

/* Empty records, and records larger than the rest of the budget, are skipped. dropped: called for
 * each near duplicate that is left out, with the record that it repeats; may be NULL.
 * TACIT_ERR_ARGUMENT, TACIT_ERR_MEMORY, TACIT_ERR_THREAD, TACIT_ERR_IO, TACIT_ERR_CANCELLED. */
TACIT_API enum tacit_status tacit_select(const struct tacit_select_source *source,
                                         const struct tacit_select_options *options,
                                         tacit_choice_fn chosen, tacit_choice_fn dropped,
                                         void *context);

#ifdef __cplusplus
}
#endif

#endif
