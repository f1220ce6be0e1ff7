/* SPDX-License-Identifier: Apache-2.0 */
#if defined(__linux__)
#define _DEFAULT_SOURCE 1 /* madvise */
#endif

#include "workshop/net/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *memory_zeroed(size_t n_bytes)
{
    const size_t huge = (size_t)2 << 20, unit = n_bytes >= huge ? huge : 64;
    const size_t n = (n_bytes + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, n ? n : unit);
    if (!memory)
        return NULL;
#if defined(MADV_HUGEPAGE)
    if (unit == huge)
        (void)madvise(memory, n, MADV_HUGEPAGE); /* only a hint */
#endif
    return memset(memory, 0, n ? n : unit);
}
