/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells the processor that a thread waits in a loop.
 */
#ifndef TACIT_BASE_THREADS_SPIN_H
#define TACIT_BASE_THREADS_SPIN_H

static inline void spin_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
