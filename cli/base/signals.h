/* SPDX-License-Identifier: Apache-2.0
 *
 * Every signal that ends a process, but SIGKILL, first removes the temporary files of the present
 * outputs, then ends the process by the same signal; that includes crashes and real-time signals. A
 * signal that was ignored when the command started stays ignored (nohup). SIGXFSZ is ignored, so
 * that a file size limit shows up as a write error with a message.
 */
#ifndef TACIT_CLI_BASE_SIGNALS_H
#define TACIT_CLI_BASE_SIGNALS_H

#include <signal.h>

void signals_install(void);

/* Blocks these signals in this thread between the two calls, to create and register a file as one
 * step. *saved belongs to the caller. */
void signals_block(sigset_t *saved);
void signals_restore(const sigset_t *saved);

enum { SIGNALS_TEMP_PATHS_MAX = 2 }; /* outputs of one command at a time */

/* path: a file to remove. The string must stay valid until the path is taken from the list
 * again. */
void signals_add_temp_path(const char *path);
void signals_remove_temp_path(const char *path);

#endif
