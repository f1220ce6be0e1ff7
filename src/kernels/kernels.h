/* SPDX-License-Identifier: Apache-2.0
 *
 * The primitives that take most of the time, each in plain C and, where that is faster, once for
 * each instruction set. All variants of a row give the same bits (docs/numerics.md); tests/kernels
 * compares them.
 *
 * To add a kernel: a row in MIX_KERNEL_TABLE (here) or LM_KERNEL_TABLE (lm_kernels.h) with its
 * contract; its plain-C definition in kernels_scalar.c or lm_generic.h; its check in
 * tests/kernels/test_kernels.c or test_lm_kernels.c, without which the test does not compile; then
 * variants in the files of instruction sets, kernels_ISA.c and lm_ISA.c. To add an instruction set:
 * a file with kernels_init_ISA or lm_kernels_init_ISA, which overwrites the rows it has; a call in
 * kernels_select; the compiler flags in CMakeLists.txt.
 *
 * kernels_select fills a table once. Callers pass the table down; any thread may read it.
 */
#ifndef TACIT_KERNELS_KERNELS_H
#define TACIT_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/adaptive_word.h"
#include "kernels/lm_kernels.h"

/* Floats are summed in this many strided lanes, and the lanes by one fixed tree. */
enum { KERNEL_LANES = 16 };

/* X(name, result, parameters). Arrays are aligned to 64 bytes unless said otherwise, may not
 * overlap, and n is a multiple of KERNEL_LANES where arrays of float are n long.
 *
 * mix_dots: out[k] = sum over i of x[i] * sets[k][i], for k < n_sets; out needs no alignment.
 * mix_layer: those sums, kept within -bound .. bound, in dots, and their squash in p; these arrays and
 * final are n_sets rounded up to KERNEL_LANES long, and hold sums of 0 beyond n_sets. Returns the sum
 * over k of dots[k] * final[k], kept within the same bound.
 * mix_sum: the sum over i of x[i] * (0 + sets[0][i] + sets[1][i] + ...), the sets added in this order.
 * mix_train: sets[k][i] += x[i] * step[k]. The sets are distinct.
 * squash: p[i] = 1 / (1 + e^-x[i]), as strict_squash.
 * adaptive_learn: each of words[0 .. n) becomes its adaptive_learnt. limit: 0 .. ADAPTIVE_LIMIT_MAX.
 */
#define MIX_KERNEL_TABLE(X)                                                                        \
    X(mix_dots, void, (float *out, const float *x, size_t n, float *const *sets, size_t n_sets))   \
    X(mix_layer, float,                                                                            \
      (float *dots, float *p, const float *x, size_t n, float *const *sets, size_t n_sets,         \
       float bound, const float *final))                                                           \
    X(mix_sum, float, (const float *x, size_t n, float *const *sets, size_t n_sets))               \
    X(mix_train, void,                                                                             \
      (float *const *sets, size_t n_sets, const float *step, const float *x, size_t n))            \
    X(squash, void, (float *p, const float *x, size_t n))                                          \
    X(adaptive_learn, void,                                                                        \
      (uint32_t * words, size_t n, int bit, uint32_t limit, const uint16_t *reciprocal))

/* The language model's rows are in lm_kernels.h. */
#define KERNEL_TABLE(X) MIX_KERNEL_TABLE(X) LM_KERNEL_TABLE(X)

struct kernels {
#define KERNEL_FIELD(name, result, parameters) result(*name) parameters;
    KERNEL_TABLE(KERNEL_FIELD)
#undef KERNEL_FIELD
};

/* Fills the table with the best variants for the given CPU_... flags (base/cpu.h): cpu_features(),
 * or a subset of it to compare. CPU_SCALAR: the plain-C definitions. */
void kernels_select(struct kernels *kernels, uint32_t features);

void kernels_init_scalar(struct kernels *kernels);
void kernels_init_avx2(struct kernels *kernels);
void kernels_init_avx512(struct kernels *kernels);
void kernels_init_neon(struct kernels *kernels);

void lm_kernels_init_scalar(struct kernels *kernels);
void lm_kernels_init_avx2(struct kernels *kernels);
void lm_kernels_init_avx_vnni(struct kernels *kernels);
void lm_kernels_init_avx512(struct kernels *kernels);
void lm_kernels_init_avx512_vnni(struct kernels *kernels);
void lm_kernels_init_amx(struct kernels *kernels); /* needs AVX-512 VNNI too */
void lm_kernels_init_neon(struct kernels *kernels);
void lm_kernels_init_dotprod(struct kernels *kernels);

#endif
