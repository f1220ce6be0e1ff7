/* SPDX-License-Identifier: Apache-2.0
 *
 * Chooses the variants for a machine: later calls overwrite rows that earlier calls have set.
 */
#include "kernels/kernels.h"

#include "base/cpu.h"

#if defined(__x86_64__)
static bool has_all(uint32_t features, uint32_t wanted)
{
    return (features & wanted) == wanted;
}

static void lm_select_x86(struct kernels *kernels, uint32_t features)
{
    if (features & CPU_AVX2)
        lm_kernels_init_avx2(kernels);
    if (features & CPU_AVX_VNNI)
        lm_kernels_init_avx_vnni(kernels);
    if (features & CPU_AVX512)
        lm_kernels_init_avx512(kernels);
    if (has_all(features, CPU_AVX512 | CPU_AVX512_VNNI))
        lm_kernels_init_avx512_vnni(kernels);
    if (has_all(features, CPU_AVX512 | CPU_AVX512_VNNI | CPU_AMX_INT8))
        lm_kernels_init_amx(kernels);
}
#endif

void kernels_select(struct kernels *kernels, uint32_t features)
{
    kernels_init_scalar(kernels);
    lm_kernels_init_scalar(kernels);
#if defined(__x86_64__)
    if (features & CPU_AVX2)
        kernels_init_avx2(kernels);
    if (features & CPU_AVX512)
        kernels_init_avx512(kernels);
    lm_select_x86(kernels, features);
#elif defined(__aarch64__)
    if (features & CPU_NEON) {
        kernels_init_neon(kernels);
        lm_kernels_init_neon(kernels);
    }
    if (features & CPU_NEON_DOTPROD)
        lm_kernels_init_dotprod(kernels);
#else
    (void)features;
#endif
}
