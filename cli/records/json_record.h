/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the text in one field of a line of JSON. Needs libjansson; in a build without libjansson
 * every call fails and says so.
 */
#ifndef TACIT_CLI_RECORDS_JSON_RECORD_H
#define TACIT_CLI_RECORDS_JSON_RECORD_H

#include <stdbool.h>
#include <stddef.h>

enum { JSON_PROBLEM_CAP = 192 };

struct json_record {
    void *root;       /* the library's, NULL if nothing is held */
    const char *text; /* of the field asked for */
    size_t n_text;
};

/* line must be an object with a string in `field`. On failure problem[JSON_PROBLEM_CAP] says why, and
 * nothing is held. */
bool json_record_parse(struct json_record *record, const char *line, size_t n, const char *field,
                       char *problem);

/* Reads a number, or a truth value as 0 or 1, by its name; false if there is none. */
bool json_record_number(const struct json_record *record, const char *field, double *number);

void json_record_release(struct json_record *record);

#endif
