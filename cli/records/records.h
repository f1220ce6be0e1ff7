/* SPDX-License-Identifier: Apache-2.0
 *
 * A data set: the lines of a file, each JSON or plain text, or the files of a folder and its folders. Only the places
 * of the records are in memory, 16 bytes each; a record's text is read when it is needed.
 */
#ifndef TACIT_CLI_RECORDS_RECORDS_H
#define TACIT_CLI_RECORDS_RECORDS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "cli/base/exit_codes.h"
#include "cli/files/file_input.h"
#include "cli/records/json_record.h"
#include "tacit/select.h"

struct records_options {
    const char *field; /* of the JSON object that holds the text; NULL: lines are plain text */
    bool skip_broken;  /* go on behind a record that is broken, with a warning */
};

struct record_place {
    uint64_t offset;
    uint32_t n_bytes;
    uint32_t line; /* from 1; of a folder, the index of its name */
};

/* The text that a reader holds. */
struct record_buffer {
    char *data;
    size_t capacity;
    struct json_record json;
};

struct records {
    struct console *console;
    struct records_options options;
    struct input input; /* fd -1: a folder */
    const char *path;
    char **names; /* [n_records] of a folder's files, in the order of the walk */
    struct record_place *places;
    size_t n_records, capacity, n_broken, n_empty;
    atomic_bool is_unreadable; /* a record could not be read, which was reported */
    struct record_buffer buffers[TACIT_SELECT_THREADS_MAX];
};

/* Finds all records and checks each; empty lines are no records. A broken record is reported with
 * its line. */
enum exit_code records_open(struct records *records, struct console *console, const char *path,
                            const struct records_options *options);
void records_close(struct records *records);

/* For tacit_select_source: the text of a record. NULL after a failure, which was reported. */
const void *records_read(void *records, unsigned reader, size_t record, size_t *n);

/* The record as it stands in the file, without the line's end; of a folder, the file's name. */
const char *records_raw(struct records *records, size_t record, size_t *n);

#endif
