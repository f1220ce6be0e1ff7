/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as programs write it that are not strict, above all Python: numbers of any size, NaN and
 * Infinity, and escaped halves of surrogate pairs. Before a strict library reads such text, it is
 * changed to strict JSON of the same length, so that offsets in messages are right.
 */
#ifndef TACIT_CLI_RECORDS_JSON_LENIENT_H
#define TACIT_CLI_RECORDS_JSON_LENIENT_H

#include <stdbool.h>
#include <stddef.h>

/* Changes text[0 .. n) in place: a number beyond binary64 becomes the largest of few digits, of its sign; NaN and
 * Infinity become empty arrays, which are no numbers; a lone surrogate becomes U+FFFD. Text that is
 * not JSON may change too, but does not become JSON. */
void json_make_strict(char *text, size_t n);

/* Whether a line has only white space. */
bool json_is_blank(const char *line, size_t n);

#ifdef TACIT_HAVE_JANSSON

#include <jansson.h>

/* json_loadb for such text. */
json_t *json_load_lenient(const char *text, size_t n, size_t flags, json_error_t *error);

#endif

#endif
