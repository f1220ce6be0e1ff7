/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends the caller's sink, if there is one, a line of progress.
 */
#ifndef TACIT_WORKSHOP_TRAIN_SAY_H
#define TACIT_WORKSHOP_TRAIN_SAY_H

#include "tacit/train.h"
#include "workshop/train/config.h"

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void say(const struct tacit_train_sink *sink, const char *format, ...);

/* Returns status, of reading or writing path, and reports a failure. */
enum tacit_status file_said(enum tacit_status status, const char *path,
                            const struct tacit_train_sink *sink);

/* config_read, but reports what is wrong with the file. */
enum tacit_status config_read_said(struct config *config, const char *path,
                                   const struct tacit_train_sink *sink);

#endif
