/* SPDX-License-Identifier: Apache-2.0
 *
 * The cost of each record of a stream, by context models that learn from one record to the next, or
 * by a language model, each record by itself. Streams may have any length.
 */
#ifndef TACIT_CLI_RECORDS_SCORED_RECORDS_H
#define TACIT_CLI_RECORDS_SCORED_RECORDS_H

#include "cli/files/line_reader.h"
#include "cli/records/json_record.h"
#include "tacit/eval.h"

struct scored_options {
    const char *field;      /* of JSON lines that holds the text; NULL: plain lines */
    const char *model_name; /* NULL: context models */
    const char *label;      /* field of the JSON lines; NULL: none */
    bool skip_broken;
    bool details; /* tokens' costs and entropy are wanted; needs a model */
    unsigned n_threads;
};

struct scored_record {
    uint64_t line;
    char *text; /* [n], and a byte 0 */
    size_t n;
    double bits;
    bool has_label;
    double label;
    /* With details. */
    size_t n_tokens;
    double entropy; /* bits, the sum over tokens */
    float *costs;   /* [n_tokens] */
};

/* Calls `use` for each record, in order; text and costs are valid during the call. A broken record
 * is reported with its line. Returns the first exit code that is not OK, from here or from
 * `use`. */
enum exit_code
scored_records_run(struct console *console, const char *path, const struct scored_options *options,
                   enum exit_code (*use)(void *context, const struct scored_record *record),
                   void *context);

#endif
