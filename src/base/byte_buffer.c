/* SPDX-License-Identifier: Apache-2.0 */
#include "base/byte_buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum { CAP_MIN = 256 };

enum tacit_status byte_buffer_reserve(struct byte_buffer *buffer, size_t n_bytes, size_t cap_max)
{
    if (n_bytes <= buffer->cap)
        return TACIT_OK;
    size_t cap = buffer->cap < CAP_MIN ? CAP_MIN : buffer->cap;
    while (cap < n_bytes && cap <= cap_max / 2)
        cap *= 2;
    if (cap < n_bytes || cap > cap_max)
        cap = cap_max;
    uint8_t *data = realloc(buffer->data, cap);
    if (!data)
        return TACIT_ERR_MEMORY;
    buffer->data = data;
    buffer->cap = cap;
    return TACIT_OK;
}

enum tacit_status byte_buffer_append(struct byte_buffer *buffer, const void *data, size_t n_bytes)
{
    if (n_bytes > SIZE_MAX - buffer->size)
        return TACIT_ERR_MEMORY;
    TRY(byte_buffer_reserve(buffer, buffer->size + n_bytes, SIZE_MAX));
    if (n_bytes > 0)
        memcpy(buffer->data + buffer->size, data, n_bytes);
    buffer->size += n_bytes;
    return TACIT_OK;
}

void byte_buffer_free(struct byte_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct byte_buffer){0};
}
