/* SPDX-License-Identifier: Apache-2.0
 *
 * --verify: decodes an archive while it is made and compares the result with the content. Holds the
 * content that the encoder has taken and not yet given out as archive bytes.
 */
#ifndef TACIT_CLI_ARCHIVE_VERIFIER_H
#define TACIT_CLI_ARCHIVE_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tacit/options.h"
#include "tacit/status.h"
#include "tacit/stream.h"

struct verifier {
    struct tacit_decoder *decoder;
    unsigned char *content; /* [capacity]; content[start .. end) is still to be compared */
    size_t start, end, capacity;
    uint64_t n_equal; /* bytes compared so far */
    bool is_done;     /* the decoder has seen the archive's end */
};

enum tacit_status verifier_create(struct verifier *verifier, const struct tacit_options *options);

/* These n bytes went into the encoder. */
enum tacit_status verifier_add_content(struct verifier *verifier, const void *data, size_t n);

/* These n bytes came out of the encoder; finish: they are the last. TACIT_ERR_CORRUPT: they do not
 * decode to the content, of which n_equal bytes were right. */
enum tacit_status verifier_add_archive(struct verifier *verifier, const void *data, size_t n,
                                       bool finish);

void verifier_destroy(struct verifier *verifier);

#endif
