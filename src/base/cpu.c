/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* syscall */
#include "base/cpu.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdbool.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* CPUID leaf 7, EDX; clang 14's cpuid.h lacks them. */
enum { BIT_AMX_TILE = 1 << 24, BIT_AMX_INT8 = 1 << 25 };

static bool has_bits(uint64_t set, uint64_t bits)
{
    return (set & bits) == bits;
}

/* XCR0: which register files the operating system saves. */
static uint64_t saved_registers(void)
{
    uint32_t lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return (uint64_t)hi << 32 | lo;
}

/* Linux gives a process the tile registers when it asks. */
static bool request_tiles(void)
{
#if defined(__linux__) && defined(SYS_arch_prctl)
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
    return false;
#endif
}

uint32_t cpu_features(void)
{
    enum { XCR0_AVX = 0x6, XCR0_AVX512 = 0xe6, XCR0_TILES = 0x60000, AVX_VNNI_BIT = 1 << 4 };
    uint32_t a, b, c, d, flags = CPU_SCALAR;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has_bits(c, bit_OSXSAVE | bit_AVX | bit_FMA))
        return flags;
    uint64_t saved = saved_registers();
    if (!has_bits(saved, XCR0_AVX) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return flags;
    if (has_bits(b, bit_AVX2 | bit_BMI2))
        flags |= CPU_AVX2;
    if (has_bits(saved, XCR0_AVX512) &&
        has_bits(b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL)) {
        flags |= CPU_AVX512;
        if (c & bit_AVX512VNNI)
            flags |= CPU_AVX512_VNNI;
    }
    uint32_t unused;
    if (__get_cpuid_count(7, 1, &a, &unused, &unused, &unused) && (a & AVX_VNNI_BIT))
        flags |= CPU_AVX_VNNI;
    if (has_bits(d, BIT_AMX_TILE | BIT_AMX_INT8) && has_bits(saved, XCR0_TILES) && request_tiles())
        flags |= CPU_AMX_INT8;
    return flags;
}

#elif defined(__aarch64__)

#if defined(__linux__)
#include <sys/auxv.h>
#endif

uint32_t cpu_features(void)
{
    uint32_t flags = CPU_NEON; /* part of the base architecture */
#if defined(__linux__)
    enum { HWCAP_DOTPROD_BIT = 1 << 20 };
    if (getauxval(AT_HWCAP) & HWCAP_DOTPROD_BIT)
        flags |= CPU_NEON_DOTPROD;
#endif
    return flags;
}

#else

uint32_t cpu_features(void)
{
    return CPU_SCALAR;
}

#endif

static const struct {
    const char *name;
    uint32_t flag;
} feature_names[] = {
#define FEATURE_NAME(flag, bit, name) {name, flag},
    CPU_FEATURE_TABLE(FEATURE_NAME)
#undef FEATURE_NAME
        {"scalar", CPU_SCALAR},
};

enum tacit_status cpu_features_named(const char *names, uint32_t *features)
{
    uint32_t mask = 0;
    *features = cpu_features();
    if (!names)
        return TACIT_OK;
    while (*names) {
        size_t n = strcspn(names, ",");
        size_t i = 0, n_names = sizeof feature_names / sizeof feature_names[0];
        while (i < n_names && (strlen(feature_names[i].name) != n ||
                               strncmp(feature_names[i].name, names, n) != 0))
            i++;
        if (i == n_names)
            return TACIT_ERR_ARGUMENT;
        mask |= feature_names[i].flag;
        names += n + (names[n] == ',');
    }
    *features &= mask;
    return TACIT_OK;
}
