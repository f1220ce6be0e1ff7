/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as the command writes it.
 */
#ifndef TACIT_CLI_BASE_JSON_TEXT_H
#define TACIT_CLI_BASE_JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Quoted. JSON is Unicode, but texts and names of files are bytes: each byte that is no part of a
 * valid UTF-8 character becomes U+FFFD. */
void json_print_string(FILE *out, const char *text, size_t n);

/* The same for JSON inside a page's <script>: no '<' in it. */
void json_print_html_string(FILE *out, const char *text, size_t n);

/* A number, or null if JSON cannot express it. */
void json_print_number(FILE *out, double value);

#endif
