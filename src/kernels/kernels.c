/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/kernels.h"

#include "base/cpu.h"

void kernels_select(struct kernels *kernels, uint32_t features)
{
    kernels_init_scalar(kernels);
#if defined(__x86_64__)
    if (features & CPU_AVX2)
        kernels_init_avx2(kernels);
    if (features & CPU_AVX512)
        kernels_init_avx512(kernels);
#else
    (void)features;
#endif
}
