/* SPDX-License-Identifier: Apache-2.0
 *
 * The sets of kernels that a processor can run, each with one feature more than the set before:
 *
 *     for (uint32_t set = CPU_SCALAR; set != features; set = kernel_set_after(set, features))
 *
 * goes through all but the last; with the step at the head of its body, through all but plain C.
 */
#ifndef TACIT_TESTS_KERNEL_SETS_H
#define TACIT_TESTS_KERNEL_SETS_H

#include <stdint.h>

#include "base/cpu.h"

static inline uint32_t kernel_set_after(uint32_t set, uint32_t features)
{
    uint32_t left = features & ~set;
    return set | (left & (~left + 1));
}

#endif
