/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command's exit code says; documented in tacit(1). A run over several files ends with the
 * largest code that any of them gave. A signal ends the process by that signal, which shells show
 * as 128 + its number.
 */
#ifndef TACIT_CLI_BASE_EXIT_CODES_H
#define TACIT_CLI_BASE_EXIT_CODES_H

#include <stdbool.h>

#include "tacit/status.h"

struct console;
struct tacit_archive_model;
struct tacit_reference_identity;

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILED = 1,      /* a file could not be read, written or replaced */
    EXIT_CODE_USAGE = 2,       /* the command line makes no sense */
    EXIT_CODE_ARCHIVE = 3,     /* no archive, or a damaged one */
    EXIT_CODE_UNSUPPORTED = 4, /* a good archive that this build or machine cannot decode */
    EXIT_CODE_RESOURCES = 5,   /* memory or threads */
};

enum exit_code exit_code_of_status(enum tacit_status status);

/* Whether it says that the archive's model is not there. */
bool status_is_of_model(enum tacit_status status);

/* The worse of two outcomes. */
enum exit_code exit_code_worse(enum exit_code a, enum exit_code b);

/* Says on the console that the library failed on the file name, with a hint what to do, and returns
 * the exit code that goes with it. */
enum exit_code fail_with_status(struct console *console, const char *name,
                                enum tacit_status status);

/* The same for such a status, where the library has told what the
 * archive needs. */
enum exit_code fail_for_model(struct console *console, const char *name, enum tacit_status status,
                              const struct tacit_archive_model *needed);

/* Likewise for a reference. */
bool status_is_of_reference(enum tacit_status status);
enum exit_code fail_for_reference(struct console *console, const char *name,
                                  enum tacit_status status,
                                  const struct tacit_reference_identity *needed);

/* The same for TACIT_ERR_MEMORY_LIMIT, where the bytes that would do are known; 0: they are not. less: what makes it
 * take less, "" or a phrase behind a comma. */
enum exit_code fail_for_memory(struct console *console, const char *name,
                               unsigned long long n_bytes, const char *less);

/* The same, where the archive offset in bytes of the wrong part is known. */
enum exit_code fail_at_offset(struct console *console, const char *name, enum tacit_status status,
                              unsigned long long offset);

#endif
