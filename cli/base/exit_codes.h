/* SPDX-License-Identifier: Apache-2.0
 *
 * The command's exit codes, which tacit(1) documents. A run over several files ends with the
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

/* Whether the status means that the archive's model is missing or another one was given. */
bool status_is_of_model(enum tacit_status status);

/* The worse of two outcomes. */
enum exit_code exit_code_worse(enum exit_code a, enum exit_code b);

/* Reports on the console that the library failed on the file `name`, with a hint what to do, and
 * returns the exit code for the status. */
enum exit_code fail_with_status(struct console *console, const char *name,
                                enum tacit_status status);

/* The same for a missing or wrong model; needed: the model that the archive needs. */
enum exit_code fail_for_model(struct console *console, const char *name, enum tacit_status status,
                              const struct tacit_archive_model *needed);

/* The same two functions for a missing or wrong reference. */
bool status_is_of_reference(enum tacit_status status);
enum exit_code fail_for_reference(struct console *console, const char *name,
                                  enum tacit_status status,
                                  const struct tacit_reference_identity *needed);

/* The same for TACIT_ERR_MEMORY_LIMIT; n_bytes: the bytes that would suffice, 0: not known. less:
 * how to use less, "" or a phrase behind a comma. */
enum exit_code fail_for_memory(struct console *console, const char *name,
                               unsigned long long n_bytes, const char *less);

/* The same with the offset in bytes in the archive of the part that is wrong. */
enum exit_code fail_at_offset(struct console *console, const char *name, enum tacit_status status,
                              unsigned long long offset);

#endif
