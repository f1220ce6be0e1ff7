/* SPDX-License-Identifier: Apache-2.0
 *
 * Why something was refused, as one phrase for people, beside the status that says so to programs.
 * A function that can explain takes a struct reason, or NULL if the caller needs no reason.
 */
#ifndef TACIT_BASE_REASON_H
#define TACIT_BASE_REASON_H

#include "tacit/status.h"

enum { REASON_MAX = 256 };

struct reason {
    char text[REASON_MAX]; /* empty until a reason is given; cut to fit */
};

/* Writes the text unless reason is NULL or has a text already: the user has to know what failed
 * first. No full stop at the end. */
__attribute__((format(printf, 2, 3))) void reason_write(struct reason *reason, const char *format,
                                                        ...);

/* The same, as an expression whose value is status: return reason_give(reason, status, "no %s", x). */
#define reason_give(reason, status, ...) (reason_write((reason), __VA_ARGS__), (status))

#endif
