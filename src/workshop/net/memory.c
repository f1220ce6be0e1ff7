/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop/net/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/huge_pages.h"

void *memory_zeroed(size_t n_bytes)
{
    const size_t huge = (size_t)2 << 20, unit = n_bytes >= huge ? huge : 64;
    const size_t n = (n_bytes + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, n ? n : unit);
    if (!memory)
        return NULL;
    if (unit == huge)
        huge_pages_prefer(memory, n);
    return memset(memory, 0, n ? n : unit);
}
