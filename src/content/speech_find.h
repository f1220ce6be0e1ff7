/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds silent segments within content byte by byte, where content_split works by windows: binary
 * data and runs of control bytes; base64 and hexadecimal digits, which take many tokens and which a
 * language model cannot predict.
 */
#ifndef TACIT_CONTENT_SPEECH_FIND_H
#define TACIT_CONTENT_SPEECH_FIND_H

#include "content/speech.h"

enum { SPEECH_FOUND_MAX = SPEECH_SEGMENTS_MAX - 1 }; /* segments: one more may follow */

/* split: content_split of data[0 .. n). A few control bytes among text count as text, and so do
 * stretches too short for a segment. Some 4 ns a byte. */
void speech_find(struct speech *speech, const uint8_t *data, size_t n,
                 const struct content_segment *split, size_t n_split);

#endif
