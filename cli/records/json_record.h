/* SPDX-License-Identifier: Apache-2.0
 *
 * One line of JSON: the text in one of its fields. Needs libjansson; in a build without it every call
 * fails and says so.
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

/* A number, or a truth value as 0 or 1; false if there is none by that name. */
bool json_record_number(const struct json_record *record, const char *field, double *number);

void json_record_release(struct json_record *record);

#endif
