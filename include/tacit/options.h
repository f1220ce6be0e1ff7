/* SPDX-License-Identifier: Apache-2.0
 *
 * Options shared by every way to compress and decompress.
 */
#ifndef TACIT_OPTIONS_H
#define TACIT_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/export.h"
#include "tacit/model.h"
#include "tacit/reference.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACIT_LEVEL_MIN     1
#define TACIT_LEVEL_MAX     9
#define TACIT_LEVEL_DEFAULT 6
#define TACIT_LEVEL_CONTEXT                                                                        \
    2                       /* from here on, context models; below, zstd alone, without any model */
#define TACIT_LEVEL_MODEL 5 /* from here on, the linked-in model is used */

#define TACIT_BLOCK_SIZE_MIN ((uint64_t)1 << 10)
#define TACIT_BLOCK_SIZE_MAX ((uint64_t)1 << 30)

#define TACIT_THREADS_MAX 1024 /* that a caller may ask for at most */

/* With a language model: */
#define TACIT_STREAMS_MAX 128         /* token sequences of a block that advance in lock-step */
#define TACIT_CONTEXT_MAX (1UL << 20) /* tokens that the model looks back on */

/* How a language model's keys and values are kept, for the positions that a token looks back on: 8 bits a number, or 4
 * or 3 (K4V2: 4 of keys and 2 of values, and so on) for all but the first four positions and the latest 230, which stay
 * at 8. K4V3S: as K4V3, but of the latest 38 only stay at 8, and with kv_keep heads that drop positions have these few
 * bits too. Fewer bits take less memory and more bytes. */
enum tacit_kv {
    TACIT_KV_8,
    TACIT_KV_4,
    TACIT_KV_K4V2,
    TACIT_KV_K4V3,
    TACIT_KV_3,
    TACIT_KV_K3V2,
    TACIT_KV_K4V3S
};

/* Called from time to time by the thread that called the library: n_in bytes of input are done
 * (read, coded and queued for output), n_out bytes of output are made. Return non-zero to stop the
 * work with TACIT_ERR_CANCELLED. */
typedef int (*tacit_progress_fn)(void *context, uint64_t n_in, uint64_t n_out);

/* Figures for people about the blocks that a language model coded: sums over these blocks. Set the
 * struct to zero first; read it when the archive is done. One encoder or decoder at a time adds to
 * it. */
struct tacit_model_report {
    size_t struct_size;       /* set by the caller; lets the struct grow */
    uint64_t n_blocks;        /* that the model coded */
    uint64_t n_content;       /* bytes of content in them */
    uint64_t n_tokens;        /* that these bytes took; a bare byte counts as one */
    uint64_t n_bare;          /* bare bytes: bytes that the vocabulary cannot spell */
    uint64_t model_bytes;     /* what the model's predictions alone would have taken (unmixed) */
    uint64_t context_bytes;   /* what the context models alone took; 0: not tried */
    uint64_t context_content; /* bytes of content that context_bytes is about: all, or samples */
    uint64_t payload_bytes;   /* what both together took */
    /* Of decoding: */
    uint64_t n_decoded; /* tokens decoded; a bare byte counts as one */
    uint64_t n_passes;  /* passes over the model's weights */
    uint64_t n_read;    /* tokens that these passes read: known tokens and guesses */
};

/* Fill with tacit_options_init, then change what you need. */
struct tacit_options {
    size_t struct_size;         /* set by tacit_options_init; lets the struct grow */
    int level;                  /* 1 fastest ... 9 smallest; see tacit(1) for what each does */
    unsigned n_threads;         /* 0: one for each processor. Never changes the archive. */
    uint64_t block_size;        /* bytes of content a block, 0: by level; blocks are independent */
    uint64_t memory_limit;      /* bytes that the library may allocate, 0: no limit. Under a limit,
                                   fewer threads run; if one thread would need more, its tables
                                   become smaller, which changes the archive (the number of threads
                                   does not); if that is not enough, TACIT_ERR_MEMORY_LIMIT.
                                   Decoding needs what the archive states, or fails with the same
                                   status */
    uint64_t content_size;      /* bytes that will be compressed, at most; 0: not known. Only
                                   memory_limit uses it, since short content needs less. Under a
                                   limit, content longer than stated here may be
                                   TACIT_ERR_MEMORY_LIMIT; what one short block needs is known, and
                                   may exceed the limit, only when all of it has come */
    tacit_progress_fn progress; /* may be NULL */
    void *progress_context;
    const char *cpu; /* NULL: every processor feature that helps; otherwise those named, separated
                        by commas, "scalar" for none. Never changes the archive. */
    const struct tacit_model *model; /* language model to compress with, or that archives may need;
                                        NULL: the linked-in one from TACIT_LEVEL_MODEL on, if there
                                        is one. Compressing with one below TACIT_LEVEL_CONTEXT is
                                        TACIT_ERR_ARGUMENT. Must outlive what was made with the
                                        options */
    /* with a model: streams a block, 1 (smallest) .. TACIT_STREAMS_MAX (fastest), 0: by size */
    unsigned n_streams;
    unsigned n_context; /* with a model: tokens that each stream looks back on, 0: 2,048 */
    unsigned no_model;  /* 1: compress without a language model. Decoding still uses the model that
                           an archive needs */
    /* 1: with a model, it codes whole tokens, without context models: faster, larger */
    unsigned unmixed;
    struct tacit_model_report *report; /* NULL, or the report that compressing and decompressing add
                                          to; compressing takes some more time then. Never changes
                                          the archive
                                          */
    uint64_t content_limit; /* decoding: bytes of content that a stream or file may hold, 0: no
                               limit. With more, TACIT_ERR_CONTENT_LIMIT, before the block that
                               exceeds the limit is decoded */
    const struct tacit_reference *reference; /* what both sides have already (tacit/reference.h): to
                                                compress with, or that archives may need; NULL:
                                                none. Must outlive what was made with the options */
    enum tacit_kv kv; /* with a model: its keys and values; the archive records it */
    /* with a model: of the positions that it looks back on, the hundredths, 1 .. 99, that it keeps by the attention that
     * they received; 0: all. Heads that need more of them keep more, which is measured on the beginning of each block; heads that keep all do
     * so with the bits of kv, the others with 8. With TACIT_KV_K4V3S, whose few bits all of these heads have, the share is of the bytes that 8
     * bits would take, so that more positions are kept. Where that cannot be measured (a context below 512, a block too short, a block behind a reference that is not long), all
     * heads keep the same share at 8 bits. The archive records it */
    unsigned kv_keep;
};

/* Sets every field of a struct of struct_size bytes to its default. TACIT_ERR_ARGUMENT: struct_size is too
 * small to hold itself. Call tacit_options_init, which passes the size that the caller was compiled with. */
TACIT_API enum tacit_status tacit_options_init_sized(struct tacit_options *options,
                                                     size_t struct_size);

/* Sets every field to its default. options: not NULL. */
static inline void tacit_options_init(struct tacit_options *options)
{
    (void)tacit_options_init_sized(options, sizeof *options);
}

/* The smallest memory_limit with which compressing with the other options works for any content.
 * TACIT_ERR_ARGUMENT if an option is out of range. */
TACIT_API enum tacit_status tacit_options_least_memory(const struct tacit_options *options,
                                                       uint64_t *n_bytes);

/* Bytes that compressing with these options takes at most, working buffers included. Writes to
 * *n_bytes; TACIT_ERR_ARGUMENT if an option is out of range. */
TACIT_API enum tacit_status tacit_options_memory(const struct tacit_options *options,
                                                 uint64_t *n_bytes);

/* How compressing options->content_size bytes (0: any number) uses its threads: *n_blocks blocks
 * are coded at the same time, and up to *n_a_block threads work on each while threads are free. The
 * archive never depends on this. TACIT_ERR_ARGUMENT if an option is out of range. */
TACIT_API enum tacit_status tacit_options_threads(const struct tacit_options *options,
                                                  unsigned *n_blocks, unsigned *n_a_block);

#ifdef __cplusplus
}
#endif

#endif
