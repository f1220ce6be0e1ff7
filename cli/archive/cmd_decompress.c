/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit decompress`: FILE.tct to FILE.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/archive/job.h"
#include "cli/archive/transfer.h"
#include "cli/base/commands.h"

static enum exit_code cut_suffix(struct arguments *arguments, const char *path, char **name)
{
    if (!job_has_archive_suffix(path)) {
        console_error(&arguments->console, path,
                      "does not end in " ARCHIVE_SUFFIX "; name the output with -o, or use -c");
        return EXIT_CODE_FAILED;
    }
    *name = strndup(path, strlen(path) - strlen(ARCHIVE_SUFFIX));
    if (*name == NULL)
        return fail_with_status(&arguments->console, path, TACIT_ERR_MEMORY);
    return EXIT_CODE_OK;
}

/* Shows what guesses saved: without guesses, each pass reads one token of each stream. */
static void show_report(struct console *console, const char *name,
                        const struct tacit_model_report *report)
{
    console_note(console, name,
                 "model: %llu tokens in %llu passes over its weights, %.2f a pass; %llu were read",
                 (unsigned long long)report->n_decoded, (unsigned long long)report->n_passes,
                 (double)report->n_decoded / (double)report->n_passes,
                 (unsigned long long)report->n_read);
}

static enum exit_code transfer(struct arguments *arguments, struct input *input,
                               struct output *output, const struct tacit_options *options)
{
    struct tacit_model_report report = {.struct_size = sizeof report};
    struct tacit_options reporting = *options;
    if (arguments->console.verbosity > 0)
        reporting.report = &report;
    enum exit_code code = transfer_decode(input, output, &reporting);
    if (code == EXIT_CODE_OK && report.n_passes > 0)
        show_report(&arguments->console, input->name, &report);
    return code;
}

static enum exit_code decompress_one(struct arguments *arguments, const char *path)
{
    static const struct job_kind kind = {
        .is_decoding = true, .name_output = cut_suffix, .transfer = transfer};
    return job_run(arguments, path, &kind);
}

enum exit_code command_decompress(struct arguments *arguments)
{
    return command_each_file(arguments, decompress_one);
}
