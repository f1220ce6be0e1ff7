/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/records/json_record.h"

#include <stdio.h>
#include <string.h>

#ifdef TACIT_HAVE_JANSSON

#include "cli/records/json_lenient.h"

bool json_record_parse(struct json_record *record, const char *line, size_t n, const char *field,
                       char *problem)
{
    json_error_t error;
    *record = (struct json_record){NULL, NULL, 0};
    /* Numbers are not used, so integers of any size become reals. */
    json_t *root = json_load_lenient(line, n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    json_t *value = json_object_get(root, field);
    if (!root) {
        snprintf(problem, JSON_PROBLEM_CAP, "is not JSON: %s, at byte %d", error.text,
                 error.position);
    } else if (!json_is_object(root)) {
        snprintf(problem, JSON_PROBLEM_CAP, "is not a JSON object");
    } else if (!json_is_string(value)) {
        snprintf(problem, JSON_PROBLEM_CAP, "has no string named '%s'", field);
    } else {
        *record = (struct json_record){root, json_string_value(value), json_string_length(value)};
        return true;
    }
    json_decref(root);
    return false;
}

bool json_record_number(const struct json_record *record, const char *field, double *number)
{
    const json_t *value = json_object_get((const json_t *)record->root, field);
    if (json_is_boolean(value))
        *number = json_is_true(value);
    else if (json_is_number(value))
        *number = json_number_value(value);
    else
        return false;
    return true;
}

void json_record_release(struct json_record *record)
{
    json_decref((json_t *)record->root);
    record->root = NULL;
}

#else

bool json_record_parse(struct json_record *record, const char *line, size_t n, const char *field,
                       char *problem)
{
    (void)line, (void)n, (void)field;
    *record = (struct json_record){NULL, NULL, 0};
    snprintf(problem, JSON_PROBLEM_CAP,
             "cannot be read: this build has no libjansson; plain lines (--lines) can");
    return false;
}

bool json_record_number(const struct json_record *record, const char *field, double *number)
{
    (void)record, (void)field, (void)number;
    return false;
}

void json_record_release(struct json_record *record)
{
    (void)record;
}

#endif
