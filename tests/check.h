/* SPDX-License-Identifier: Apache-2.0
 *
 * CHECK(condition) for test programs: says what failed and where, and goes on; a test's main ends
 * with `return check_result();`, which is non-zero if anything failed.
 */
#ifndef TACIT_TESTS_CHECK_H
#define TACIT_TESTS_CHECK_H

#include <stdio.h>

static unsigned long check_n_done, check_n_failed;

#define CHECK(condition) CHECK_MSG(condition, "%s", "")

/* The message, a printf format with arguments, says with which input. */
#define CHECK_MSG(condition, ...)                                                                  \
    do {                                                                                           \
        check_n_done++;                                                                            \
        if (!(condition) && check_n_failed++ < 20) {                                               \
            fprintf(stderr, "%s:%d: failed: %s ", __FILE__, __LINE__, #condition);                 \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
        }                                                                                          \
    } while (0)

static inline int check_result(void)
{
    printf("%lu checks, %lu failed\n", check_n_done, check_n_failed);
    return check_n_failed != 0;
}

#endif
