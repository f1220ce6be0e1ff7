/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a command on one file: opens the input, finds the output, shows progress, does the work,
 * puts the output in its place, reports the result, and removes the input if asked to.
 */
#ifndef TACIT_CLI_ARCHIVE_JOB_H
#define TACIT_CLI_ARCHIVE_JOB_H

#include "cli/base/arguments.h"
#include "cli/files/file_input.h"
#include "cli/files/file_output.h"

#define ARCHIVE_SUFFIX ".tct"

struct job_kind {
    bool is_decoding;
    /* Sets *name, which the caller frees, to the output for this input; reports why there is none.
     */
    enum exit_code (*name_output)(struct arguments *arguments, const char *path, char **name);
    enum exit_code (*transfer)(struct arguments *arguments, struct input *input,
                               struct output *output, const struct tacit_options *options);
};

bool job_has_archive_suffix(const char *path);

/* The index in path at which the file's own name begins. */
size_t job_base_name(const char *path);

/* path: "-" is standard input. */
enum exit_code job_run(struct arguments *arguments, const char *path, const struct job_kind *kind);

/* Refuses an output that would destroy the input. */
enum exit_code job_check_distinct(const struct input *input, const struct output *output);

/* Call before decoding: finds the model that the archive needs (model_search.h). The input is at
 * its beginning and stays there. */
enum exit_code job_find_model(struct arguments *arguments, struct input *input);

/* Decodes the whole file into an output that is open and stays open. */
enum exit_code job_decode_into(struct arguments *arguments, const char *path,
                               struct output *output);

/* "alice29.txt: 152089 -> 37600 bytes, ratio 4.045, 1.978 bits/byte, 0.36 s, 412 KiB/s". */
void job_report(struct console *console, const char *name, uint64_t n_in, uint64_t n_out,
                bool is_decoding, double seconds);

#endif
