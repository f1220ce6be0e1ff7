/* SPDX-License-Identifier: Apache-2.0
 *
 * JOIN(lm_product_, ISA): a function's name for the instruction set that ISA names.
 */
#ifndef TACIT_KERNELS_JOIN_H
#define TACIT_KERNELS_JOIN_H

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

#endif
