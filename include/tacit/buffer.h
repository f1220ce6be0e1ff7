/* SPDX-License-Identifier: Apache-2.0
 *
 * One-shot compression of a buffer in memory. Thread-safe: no state is kept between calls.
 */
#ifndef TACIT_BUFFER_H
#define TACIT_BUFFER_H

#include <stddef.h>

#include "tacit/export.h"
#include "tacit/options.h"
#include "tacit/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest archive that n_in bytes of content can become, for any options. */
TACIT_API size_t tacit_buffer_bound(size_t n_in);

/* Compresses in[0 .. n_in) to one archive. out: out_cap bytes, not overlapping in;
 * tacit_buffer_bound(n_in) bytes always suffice. TACIT_ERR_ARGUMENT if the archive does not fit.
 * options: NULL for the defaults. *n_out: the archive's length; 0 after a failure. */
TACIT_API enum tacit_status tacit_buffer_compress(const void *in, size_t n_in, void *out,
                                                  size_t out_cap, size_t *n_out,
                                                  const struct tacit_options *options);

/* The content's length. in[0 .. n_in): one archive or several concatenated. Decodes nothing. */
TACIT_API enum tacit_status tacit_buffer_content_size(const void *in, size_t n_in,
                                                      uint64_t *content_size);

/* Decompresses an archive, or several concatenated, as a whole. Every checksum is verified; after a
 * failure *n_out is 0 and the contents of out are unspecified. */
TACIT_API enum tacit_status tacit_buffer_decompress(const void *in, size_t n_in, void *out,
                                                    size_t out_cap, size_t *n_out,
                                                    const struct tacit_options *options);

#ifdef __cplusplus
}
#endif

#endif
