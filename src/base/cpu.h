/* SPDX-License-Identifier: Apache-2.0
 *
 * What the processor can do, as a set of flags (not a ladder: a processor may have any subset). A
 * flag is set only if the operating system also keeps the registers that it needs. Nothing that
 * affects output may depend on these flags; they only choose between kernels that give the same
 * bits.
 */
#ifndef TACIT_BASE_CPU_H
#define TACIT_BASE_CPU_H

#include <stdint.h>

#include "tacit/status.h"

/* X(flag, bit, name): the one place where a feature is defined. */
#define CPU_FEATURE_TABLE(X)                                                                       \
    X(CPU_AVX2, 0, "avx2")        /* with FMA3 and BMI2, as every such processor has */            \
    X(CPU_AVX512, 1, "avx512")    /* F, BW, DQ and VL */                                           \
    X(CPU_AVX512_VNNI, 2, "vnni") /* 512-bit VPDPBUSD */                                           \
    X(CPU_AMX_INT8, 3, "amx")     /* tiles, granted to this process */                             \
    X(CPU_NEON, 4, "neon")                                                                         \
    X(CPU_NEON_DOTPROD, 5, "dotprod")                                                              \
    X(CPU_AVX_VNNI, 6, "avxvnni") /* 256-bit VPDPBUSD without AVX-512 */

#define CPU_FEATURE_ENUM(flag, bit, name) flag = 1u << (bit),
enum cpu_feature { CPU_FEATURE_TABLE(CPU_FEATURE_ENUM) CPU_SCALAR = 0 };
#undef CPU_FEATURE_ENUM

/* The flags of this machine. Takes some microseconds, so ask once and pass the flags on. */
uint32_t cpu_features(void);

/* Those of this machine's flags that are named, separated by commas; "scalar" stands for none; names NULL: all
 * that the machine has. TACIT_ERR_ARGUMENT: a name that is not in the table. */
enum tacit_status cpu_features_named(const char *names, uint32_t *features);

#endif
