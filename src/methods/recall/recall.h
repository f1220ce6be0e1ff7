/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies that a block's coded bits hold: as soon as the last bytes repeat earlier bytes, of the reference or of the
 * content, encoder and decoder both know it, and the bits say whether what follows there is copied, and how much
 * (docs/format.md, section 5.8). No distance is written, and no place.
 *
 *     recall_create -> { bytes of content are known -> recall_finds -> [recall_code -> recall_copy] }* -> recall_destroy
 *
 * Linear time: some ns for each byte of reference and content, some 20 ns for each byte that is not copied.
 */
#ifndef TACIT_METHODS_RECALL_RECALL_H
#define TACIT_METHODS_RECALL_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"
#include "coder/binary_coder.h"
#include "tacit/status.h"

enum {
    RECALL_WINDOW = 24,           /* bytes that repeat, at least */
    RECALL_SHOWN = 32,            /* bytes at a copy's end that the models learn */
    RECALL_LENGTH_MIN = 2048,     /* bytes that the context models' encoder copies at least */
    RECALL_CONTENT_MIN = 1 << 14, /* an encoder's blocks below that recall nothing */
};

/* The probability of a 1 that has come often or seldom so far. */
struct recall_odds {
    uint16_t p; /* of 2^16 */
    uint8_t n;
};

/* How a distance was found: flags of each kind have odds of their own. */
enum recall_kind { RECALL_BY_WINDOW, RECALL_BY_BLOCK, RECALL_BY_CHANGE, RECALL_N_KINDS };

struct recall {
    struct byte_view reference;
    bool resumes;     /* distances are found by the last copy, too, and windows end at any byte */
    uint32_t *places; /* [1 << log2] a window's end; 0: none (recall.c) */
    unsigned log2, stride_log2;
    uint32_t content_base;     /* of places in the content */
    uint32_t next;             /* the end of the content's next window that goes into the table */
    uint32_t distance;         /* to what the last bytes repeat, since then; 0: nothing is known */
    enum recall_kind kind;     /* of that distance */
    uint32_t copied, copy_end; /* the last copy's distance, 0: none, and end */
    struct recall_odds flag[RECALL_N_KINDS][2], size[32];
    unsigned last[RECALL_N_KINDS]; /* the last flag */
};

/* n_content below 2^31, as the reference; some ms for 10 MB of reference. TACIT_ERR_MEMORY. */
enum tacit_status recall_create(struct recall *recall, struct byte_view reference,
                                uint32_t n_content, bool resumes);
void recall_destroy(struct recall *recall);
uint64_t recall_memory(uint64_t n_reference, uint64_t n_content, bool resumes);

/* content[0 .. at) is known, the last n_new bytes since the last call or copy, at least one. Whether a place is found,
 * at recall->distance. */
bool recall_finds(struct recall *recall, const uint8_t *content, uint32_t at, uint32_t n_new);

/* Encoder: how many bytes from at on, up to end, repeat what was found; 0 if fewer than n_min. */
uint32_t recall_length(const struct recall *recall, const uint8_t *content, uint32_t at,
                       uint32_t end, uint32_t n_min);

/* Codes how many bytes are copied, 0: none. One of the two coders is NULL; a decoder may pass any n, and gets any number
 * below 2^32. */
uint32_t recall_code(struct recall *recall, enum recall_kind kind, uint32_t n,
                     struct binary_encoder *enc, struct binary_decoder *dec);

/* Notes that a copy of the present distance ended. */
void recall_note(struct recall *recall, uint32_t end);

/* Decoder: writes content[at .. at + n). */
void recall_copy(const struct recall *recall, uint8_t *content, uint32_t at, uint32_t n);

#endif
