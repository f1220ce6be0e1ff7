/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/format.md, section 5.7: stretches of content that are stored in another form.
 */
#ifndef TACIT_REFERENCE_RECODING_H
#define TACIT_REFERENCE_RECODING_H

#include <stdint.h>

struct stretch {
    uint32_t before, length;
    unsigned code;
    uint32_t line, n_separator;
    uint8_t separator[16]; /* of a dump, what stands before each line */
    unsigned layout[4];    /* a dump's bytes */
    uint64_t start;
};

struct stretches {
    uint32_t n, behind;
    struct stretch list[1024];
};

/* size: of the content. Returns how long it is recoded. */
uint32_t take_stretches(struct stretches *stretches, uint32_t size);

/* Whether one of them has words as codes. */
int has_codes(const struct stretches *stretches);

/* from: recoded content; to: size bytes of content. */
void write_stretches(const struct stretches *stretches, const uint8_t *from, uint8_t *to,
                     uint32_t size);

#endif
