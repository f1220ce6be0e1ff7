/* SPDX-License-Identifier: Apache-2.0
 *
 * say(sink, format, ...): one line of progress to the caller's sink, if there is one.
 */
#ifndef TACIT_TRAIN_SAY_H
#define TACIT_TRAIN_SAY_H

#include "tacit/train.h"

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void say(const struct tacit_train_sink *sink, const char *format, ...);

#endif
