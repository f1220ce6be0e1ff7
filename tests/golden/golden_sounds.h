/* SPDX-License-Identifier: Apache-2.0
 *
 * Sound files: a head and samples. Integers and a seed only, so that every machine makes the same bytes; what is made
 * never changes once an archive of it is released.
 */
#ifndef TACIT_TESTS_GOLDEN_SOUNDS_H
#define TACIT_TESTS_GOLDEN_SOUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "content/content_type.h"

enum golden_sound_file {
    SOUND_WAV,
    SOUND_EXTENSIBLE,
    SOUND_RF64,
    SOUND_W64,
    SOUND_AIFF,
    SOUND_AIFC
};

struct golden_sound {
    enum golden_sound_file file;
    uint8_t n_bits, n_channels;
    const char *form; /* of AIFF-C */
    enum content_type type;
};

/* The first nine have nine different types; the others are further ways to write them. */
enum { GOLDEN_N_SOUNDS = 15, GOLDEN_N_SOUND_TYPES = 9, GOLDEN_SOUND_HEAD_MAX = 128 };
extern const struct golden_sound golden_sounds[GOLDEN_N_SOUNDS];

/* Returns the length, a number of bytes up to GOLDEN_SOUND_HEAD_MAX. */
size_t golden_sound_head(uint8_t *to, const struct golden_sound *sound, uint32_t n_data);

/* Waves with a little noise; n is cut to whole samples, the rest is left alone. */
void golden_sound_samples(uint8_t *to, size_t n, const struct golden_sound *sound, uint64_t *state);

#endif
