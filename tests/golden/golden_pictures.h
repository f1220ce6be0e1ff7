/* SPDX-License-Identifier: Apache-2.0
 *
 * Image files of many forms: a head and pixels. Integers and a seed only, so that every machine makes the same bytes;
 * what is made never changes once an archive of it is released.
 */
#ifndef TACIT_TESTS_GOLDEN_PICTURES_H
#define TACIT_TESTS_GOLDEN_PICTURES_H

#include <stddef.h>
#include <stdint.h>

#include "content/content_type.h"

enum golden_picture_file {
    PICTURE_PNM,
    PICTURE_TIFF_II,
    PICTURE_TIFF_MM,
    PICTURE_DICOM,
    PICTURE_DICOM_IMPLICIT,
    PICTURE_FITS,
    PICTURE_PAM,
    PICTURE_TIFF_TILED, /* little-endian, the tiles half as wide as the image */
    PICTURE_BIG_TIFF_II,
    PICTURE_BIG_TIFF_MM,
    PICTURE_PFM,
};

struct golden_picture {
    enum golden_picture_file file;
    uint8_t n_bits, n_planes; /* of 32 bits with a type of sound: floats */
    bool is_signed, apart;    /* apart: one plane behind the other */
    enum content_type type;
};

/* The first six have six different types of 16-bit samples. */
enum {
    GOLDEN_N_PICTURES = 33,
    GOLDEN_FIRST_ALPHA = 19, /* one of two pictures with alpha, */
    GOLDEN_SECOND_ALPHA = 25,
    GOLDEN_GRAY = 10, /* of 8 bits, */
    GOLDEN_FOUR = 12, /* and four samples of these */
    GOLDEN_N_PICTURE_TYPES = 6,
    GOLDEN_PICTURE_HEAD_MAX = 2880,
    GOLDEN_PICTURE_MARK = 128, /* bytes before the mark of DICOM */
};
extern const struct golden_picture golden_pictures[GOLDEN_N_PICTURES];

/* Bytes of a row; of the floats of a pixel, which are sound to the models. */
uint32_t golden_picture_stride(const struct golden_picture *picture);

/* For n_data bytes of pixels, in which at least two rows fit. Returns the length, up to GOLDEN_PICTURE_HEAD_MAX. */
size_t golden_picture_head(uint8_t *to, const struct golden_picture *picture, uint32_t n_data);

/* Slopes with a little noise; n is cut to whole samples, the rest is left alone. */
void golden_picture_pixels(uint8_t *to, size_t n, const struct golden_picture *picture,
                           uint64_t *state);

#endif
