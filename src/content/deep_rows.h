/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds rows of 16-bit samples without a head: volumes and frames in formats that are not known, raw dumps.
 */
#ifndef TACIT_CONTENT_DEEP_ROWS_H
#define TACIT_CONTENT_DEEP_ROWS_H

#include <stddef.h>

#include "content/content_type.h"

/* Whether binary data seems to be pixels of 16-bit samples: close to the sample before, almost as close to the sample
 * one row above, and far from others. Some 0.5 ms, and 10 ms
 * where samples are close to the one before. *content changes only if so. */
bool deep_rows_find(const uint8_t *data, size_t n, struct content *content);

#endif
