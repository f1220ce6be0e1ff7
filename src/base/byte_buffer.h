/* SPDX-License-Identifier: Apache-2.0
 *
 * A growable array of bytes. Zero-initialise it; it owns its memory until byte_buffer_free. Growth doubles the room,
 * so that memory grows with the bytes that arrived, not with what a header announced.
 */
#ifndef TACIT_BASE_BYTE_BUFFER_H
#define TACIT_BASE_BYTE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "tacit/status.h"

struct byte_buffer {
    uint8_t *data;
    size_t size;
    size_t cap;
};

/* Makes room for at least n_bytes in all, and for twice the present room if that is no more than
 * cap_max. n_bytes <= cap_max. On failure the buffer is unchanged. */
enum tacit_status byte_buffer_reserve(struct byte_buffer *buffer, size_t n_bytes, size_t cap_max);

/* Copies n_bytes to the end, growing as needed. */
enum tacit_status byte_buffer_append(struct byte_buffer *buffer, const void *data, size_t n_bytes);

/* Gives the memory back; the buffer is empty and usable. */
void byte_buffer_free(struct byte_buffer *buffer);

#endif
