/* SPDX-License-Identifier: Apache-2.0
 *
 * Recognises formats by their first bytes. Numbers in a header are accepted within bounds only. The
 * caller measures whether the content looks as the header says.
 */
#ifndef TACIT_CONTENT_HEADER_CONTENT_HEADER_H
#define TACIT_CONTENT_HEADER_CONTENT_HEADER_H

#include <stddef.h>

#include "content/content_type.h"

struct content_header {
    struct content content; /* of the bytes behind the header; offset is 0 */
    size_t header_size;
    uint64_t n_bytes; /* that follow by the header; may be more than there are */
};

enum { CONTENT_ROWS_MAX = 1 << 16 }; /* of an image */

/* data[0 .. n): true if a known format begins here. */
bool content_header_find(const uint8_t *data, size_t n, struct content_header *header);

/* The same for the formats of sound alone: WAV, RF64, W64, AIFF and AIFF-C. */
bool sound_header_find(const uint8_t *data, size_t n, struct content_header *header);

/* The same for one format of images: TIFF without compression, in strips or tiles one behind the other; DICOM from its mark on, little-endian
 * and without compression; an image of FITS, the first one or an extension. */
bool tiff_header_find(const uint8_t *data, size_t n, struct content_header *header);
bool dicom_header_find(const uint8_t *data, size_t n, struct content_header *header);
bool fits_header_find(const uint8_t *data, size_t n, struct content_header *header);

/* For these: an image of n_rows rows of stride bytes; rows of floats get a type of sound, of one channel. False if the type
 * allows no such stride, or a number is out of bounds. */
bool content_header_set_image(struct content_header *header, enum content_type type,
                              uint64_t stride, uint64_t n_rows, size_t header_size);

#endif
