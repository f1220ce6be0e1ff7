/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout of a .tmodel file (tmodel.h), for its writer and its readers alone.
 */
#ifndef TACIT_MODEL_TMODEL_LAYOUT_H
#define TACIT_MODEL_TMODEL_LAYOUT_H

#include <stdint.h>

#include "tacit/status.h"

#define TMODEL_MAGIC "\x9etmodel\n"

enum {
    TMODEL_VERSION = 1,
    TMODEL_VERSION_KINDS = 2, /* the weights begin with their kinds */
    TMODEL_KINDS_ALIGN = 64,
    TMODEL_HEADER_BYTES = 256,
    TMODEL_WEIGHTS_ALIGN = 4096,
    TMODEL_AT_SECTIONS = 24,
    TMODEL_AT_CONTENT_HASH = 88,
    TMODEL_AT_SHAPE = 104,
    TMODEL_AT_IDENTITY = 184,
    TMODEL_AT_SHAPE_MORE = 216,
    TMODEL_AT_HEADER_HASH = 248,
};

enum tmodel_section_id {
    TMODEL_NAME,
    TMODEL_LICENCE,
    TMODEL_TOKENIZER,
    TMODEL_WEIGHTS,
    TMODEL_N_SECTIONS
};

struct tmodel_section {
    uint64_t offset, size;
};

struct tmodel_layout {
    struct tmodel_section sections[TMODEL_N_SECTIONS];
    uint64_t file_size;
};

/* Bytes of n kinds with their padding. */
static inline uint64_t tmodel_kinds_size(uint64_t n)
{
    return (n + TMODEL_KINDS_ALIGN - 1) / TMODEL_KINDS_ALIGN * TMODEL_KINDS_ALIGN;
}

/* header: n_bytes of the file, or the first TMODEL_HEADER_BYTES of them. TACIT_ERR_MODEL_DAMAGED, TACIT_ERR_UNSUPPORTED. */
enum tacit_status tmodel_check_header(const uint8_t *header, uint64_t n_bytes);

#endif
