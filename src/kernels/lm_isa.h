/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that the files of one instruction set share with those of another, for these files
 * alone.
 */
#ifndef TACIT_KERNELS_LM_ISA_H
#define TACIT_KERNELS_LM_ISA_H

#include "kernels/kernels.h"

#if defined(__x86_64__)
void lm_product_avx2(float *y, size_t y_stride, const struct lm_matrix *w, const struct lm_rows *x,
                     size_t n_rows, bool add);
void lm_product_int4_avx2(float *y, size_t y_stride, const struct lm_matrix_int4 *w,
                          const struct lm_rows *x, size_t n_rows, bool add);
void lm_product_narrow_avx2(float *y, size_t y_stride, const struct lm_matrix_narrow *w,
                            const struct lm_rows *x, size_t n_rows, bool add);
void lm_product_narrow_avx512_vnni(float *y, size_t y_stride, const struct lm_matrix_narrow *w,
                                   const struct lm_rows *x, size_t n_rows, bool add);
void lm_product_avx512_vnni(float *y, size_t y_stride, const struct lm_matrix *w,
                            const struct lm_rows *x, size_t n_rows, bool add);
#elif defined(__aarch64__)
void lm_kernels_init_neon_products(struct kernels *kernels);
#define LM_NEON_PRODUCTS(isa)                                                                      \
    void lm_product_int4_##isa(float *y, size_t y_stride, const struct lm_matrix_int4 *w,          \
                               const struct lm_rows *x, size_t n_rows, bool add);                  \
    void lm_product_narrow_##isa(float *y, size_t y_stride, const struct lm_matrix_narrow *w,      \
                                 const struct lm_rows *x, size_t n_rows, bool add);
LM_NEON_PRODUCTS(neon)
LM_NEON_PRODUCTS(dotprod)
#endif

#endif
