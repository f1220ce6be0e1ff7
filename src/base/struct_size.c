/* SPDX-License-Identifier: Apache-2.0 */
#include "base/struct_size.h"

#include <stdint.h>
#include <string.h>

static size_t size_of(const void *caller)
{
    size_t size;
    memcpy(&size, caller, sizeof size);
    return size;
}

static void copy_fields(void *to, const void *from, size_t n)
{
    memcpy((uint8_t *)to + sizeof n, (const uint8_t *)from + sizeof n, n - sizeof n);
}

enum tacit_status struct_take(void *to, size_t to_size, const void *from)
{
    size_t n = size_of(from);
    if (n < sizeof n)
        return TACIT_ERR_ARGUMENT;
    for (size_t i = to_size; i < n; i++)
        if (((const uint8_t *)from)[i] != 0)
            return TACIT_ERR_ARGUMENT;
    copy_fields(to, from, n < to_size ? n : to_size);
    memcpy(to, &to_size, sizeof to_size);
    return TACIT_OK;
}

enum tacit_status struct_give(void *to, const void *from, size_t from_size)
{
    size_t n = size_of(to);
    if (n < sizeof n)
        return TACIT_ERR_ARGUMENT;
    copy_fields(to, from, n < from_size ? n : from_size);
    if (n > from_size)
        memset((uint8_t *)to + from_size, 0, n - from_size);
    return TACIT_OK;
}
