/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit compress`: FILE to FILE.tct.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/archive/job.h"
#include "cli/archive/transfer.h"
#include "cli/base/commands.h"

static enum exit_code add_suffix(struct arguments *arguments, const char *path, char **name)
{
    if (job_has_archive_suffix(path) && !arguments->force) {
        console_error(&arguments->console, path,
                      "already ends in " ARCHIVE_SUFFIX "; skipped (-d decompresses it, -f "
                      "compresses it once more)");
        return EXIT_CODE_FAILED;
    }
    size_t n = strlen(path);
    *name = malloc(n + sizeof ARCHIVE_SUFFIX);
    if (*name == NULL)
        return fail_with_status(&arguments->console, path, TACIT_ERR_MEMORY);
    memcpy(*name, path, n);
    memcpy(*name + n, ARCHIVE_SUFFIX, sizeof ARCHIVE_SUFFIX);
    return EXIT_CODE_OK;
}

static double bits_a_byte(uint64_t n_bytes, uint64_t n_content)
{
    return 8.0 * (double)n_bytes / (double)n_content;
}

/* Shows the sizes by the model alone, by the context models alone, and by both together. */
static void show_report(struct console *console, const char *name,
                        const struct tacit_model_report *report)
{
    char context[40] = "not tried";
    if (report->context_bytes > 0)
        snprintf(context, sizeof context, "%.3f%s",
                 bits_a_byte(report->context_bytes, report->context_content),
                 report->context_content < report->n_content ? " (of a sample)" : "");
    console_note(console, name,
                 "model: %llu of the content in %llu tokens, %llu bytes that it cannot spell; "
                 "bits/byte: model alone %.3f, context models alone %s, coded %.3f",
                 (unsigned long long)report->n_content, (unsigned long long)report->n_tokens,
                 (unsigned long long)report->n_bare,
                 bits_a_byte(report->model_bytes, report->n_content), context,
                 bits_a_byte(report->payload_bytes, report->n_content));
}

/* Shows how the threads are used on this input. */
static void show_threads(struct console *console, const char *name,
                         const struct tacit_options *options)
{
    unsigned n_blocks, n_a_block;
    if (tacit_options_threads(options, &n_blocks, &n_a_block) == TACIT_OK)
        console_note(console, name, "%u %s at a time, up to %u %s on each", n_blocks,
                     n_blocks == 1 ? "block" : "blocks", n_a_block,
                     n_a_block == 1 ? "thread" : "threads");
}

static enum exit_code transfer(struct arguments *arguments, struct input *input,
                               struct output *output, const struct tacit_options *options)
{
    struct tacit_model_report report = {.struct_size = sizeof report};
    struct tacit_options reporting = *options;
    if (arguments->console.verbosity > 0) {
        reporting.report = &report;
        show_threads(&arguments->console, input->name, options);
    }
    enum exit_code code = transfer_encode(input, output, &reporting, arguments->verify);
    if (code == EXIT_CODE_OK && report.n_blocks > 0)
        show_report(&arguments->console, input->name, &report);
    return code;
}

static enum exit_code compress_one(struct arguments *arguments, const char *path)
{
    static const struct job_kind kind = {.name_output = add_suffix, .transfer = transfer};
    return job_run(arguments, path, &kind);
}

enum exit_code command_compress(struct arguments *arguments)
{
    uint64_t n_bytes;
    enum tacit_status status = tacit_options_memory(&arguments->codec, &n_bytes);
    if (status != TACIT_OK)
        return fail_with_status(&arguments->console, NULL, status);
    if (arguments->console.verbosity > 0) {
        char text[SIZE_TEXT_CAP];
        console_note(&arguments->console, NULL, "level %d, at most %s of memory",
                     arguments->codec.level, size_format(text, (double)n_bytes));
    }
    return command_each_file(arguments, compress_one);
}
