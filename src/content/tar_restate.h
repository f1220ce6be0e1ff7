/* SPDX-License-Identifier: Apache-2.0
 *
 * Restates the headers of a tar archive as an older version of the archive, the reference, has them: the folder at the
 * root, named after the version, and the time that all files have get the older one's value, and a checksum, which
 * follows from the rest, becomes that of the older header of the same name. The header of a file that has not changed
 * is then the older one. Headers stand at multiples of 512 bytes. Linear time, in place, reversible for any bytes.
 */
#ifndef TACIT_CONTENT_TAR_RESTATE_H
#define TACIT_CONTENT_TAR_RESTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/varint.h"
#include "base/view.h"
#include "tacit/status.h"

enum {
    TAR_ROOT_MAX = 100, /* bytes of a name */
    TAR_TIME_DIGITS = 11,
    TAR_RESTATE_BYTES_MAX = 3 * VARINT_MAX + TAR_ROOT_MAX + TAR_TIME_DIGITS,
};

struct tar_restate {
    bool used; /* false: the content is unchanged, and the other fields have no meaning */
    uint32_t
        pattern; /* which 512 bytes of the reference are the header that has the older root and time */
    uint32_t n_root; /* of the content's root, without the slash ... */
    uint32_t n_same; /* ... of which so many bytes, at the front, are the older root's */
    bool timed;      /* whether the time differs from the older one */
    uint8_t root[TAR_ROOT_MAX], time[TAR_TIME_DIGITS];
};

/* Restates data[0 .. n) if most of its headers have older ones. */
void tar_restate_apply(struct tar_restate *restate, struct byte_view reference, uint8_t *data,
                       size_t n);

/* Restores it. */
void tar_restate_restore(const struct tar_restate *restate, struct byte_view reference,
                         uint8_t *data, size_t n);

/* used; out: TAR_RESTATE_BYTES_MAX bytes. Returns the length. */
size_t tar_restate_pack(uint8_t *out, const struct tar_restate *restate);

/* TACIT_ERR_CORRUPT. */
enum tacit_status tar_restate_parse(struct varint_reader *r, struct byte_view reference,
                                    struct tar_restate *restate);

#endif
