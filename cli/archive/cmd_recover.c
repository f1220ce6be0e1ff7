/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit recover`: what is left of a damaged archive.
 */
#include <unistd.h>

#include "cli/archive/job.h"
#include "cli/base/commands.h"

/* What the library's calls have reported so far. */
struct recovery {
    struct output *output;
    const char *name;
    uint64_t n_restored, n_lost, n_doubtful;
    enum exit_code code; /* of writing */
};

static void say_lost(const struct recovery *recovery, uint64_t offset, uint64_t n_bytes)
{
    if (n_bytes == 0)
        console_error(recovery->output->console, recovery->name,
                      "lost: an unknown number of bytes after byte %llu",
                      (unsigned long long)recovery->output->n_bytes);
    else
        console_error(recovery->output->console, recovery->name, "lost: bytes %llu-%llu (%llu)",
                      (unsigned long long)offset, (unsigned long long)(offset + n_bytes - 1),
                      (unsigned long long)n_bytes);
}

static void say_doubtful(struct recovery *recovery, uint64_t offset, uint64_t n_bytes)
{
    static const char why[] =
        "each block is right by itself, but together they are not the content "
        "that the index is of: they may be of several versions";
    struct console *console = recovery->output->console;
    recovery->n_doubtful += n_bytes;
    if (offset == UINT64_MAX)
        console_error(console, recovery->name,
                      "doubtful: %llu bytes of those behind the last loss; %s",
                      (unsigned long long)n_bytes, why);
    else
        console_error(console, recovery->name, "doubtful: bytes %llu-%llu (%llu); %s",
                      (unsigned long long)offset, (unsigned long long)(offset + n_bytes - 1),
                      (unsigned long long)n_bytes, why);
}

static enum exit_code write_content(struct recovery *recovery, uint64_t offset, const void *data,
                                    uint64_t n_bytes)
{
    struct output *output = recovery->output;
    enum exit_code code = EXIT_CODE_OK;
    if (offset > output->n_bytes)
        code = output_skip(output, offset - output->n_bytes);
    if (code == EXIT_CODE_OK)
        code = data ? output_write(output, data, (size_t)n_bytes) : output_skip(output, n_bytes);
    return code;
}

/* A tacit_recover_fn. */
static int take_content(void *context, enum tacit_recovered what, uint64_t content_offset,
                        const void *data, uint64_t n_bytes)
{
    struct recovery *recovery = context;
    if (what == TACIT_RECOVERED_DOUBTFUL) {
        say_doubtful(recovery, content_offset, n_bytes);
        return 0;
    }
    if (content_offset == UINT64_MAX)
        content_offset = recovery->output->n_bytes; /* unknown: put it behind what was recovered */
    if (what == TACIT_RECOVERED_LOST) {
        say_lost(recovery, content_offset, n_bytes);
        recovery->n_lost += n_bytes;
    } else {
        recovery->n_restored += n_bytes;
    }
    recovery->code = write_content(recovery, content_offset, data, n_bytes);
    return recovery->code != EXIT_CODE_OK;
}

static enum exit_code recover_into(struct arguments *arguments, struct input *input,
                                   struct output *output)
{
    struct tacit_source source;
    enum exit_code code = job_find_model(arguments, input);
    if (code == EXIT_CODE_OK)
        code = input_source(input, &source);
    if (code != EXIT_CODE_OK)
        return code;
    struct recovery recovery = {.output = output, .name = input->name};
    enum tacit_status status =
        tacit_archive_recover(&source, &arguments->codec, take_content, &recovery);
    if (recovery.code != EXIT_CODE_OK)
        return recovery.code;
    bool is_damaged = status == TACIT_ERR_CORRUPT || status == TACIT_ERR_CHECKSUM;
    if (status == TACIT_ERR_NOT_ARCHIVE || (is_damaged && recovery.n_restored == 0)) {
        console_error(&arguments->console, input->name, "holds no block that is whole");
        return EXIT_CODE_ARCHIVE;
    }
    bool is_missing_part =
        status_is_of_model(status) || status_is_of_reference(status) || status == TACIT_ERR_VERSION;
    bool is_partial = is_damaged || (is_missing_part && recovery.n_restored > 0);
    if (status != TACIT_OK && !is_partial)
        return input_source_failed(input, status);
    code = output_commit(output, S_ISREG(input->stat.st_mode) ? &input->stat : NULL);
    if (code != EXIT_CODE_OK || status == TACIT_OK)
        return code;
    console_error(&arguments->console, input->name,
                  "damaged: %llu bytes restored, %llu known to be lost (zeros), %llu doubtful",
                  (unsigned long long)recovery.n_restored, (unsigned long long)recovery.n_lost,
                  (unsigned long long)recovery.n_doubtful);
    return is_missing_part ? input_source_failed(input, status) : EXIT_CODE_ARCHIVE;
}

enum exit_code command_recover(struct arguments *arguments)
{
    if (arguments->n_files != 1) {
        console_error(&arguments->console, NULL, "recover takes one file");
        return EXIT_CODE_USAGE;
    }
    struct input input;
    struct output output;
    enum exit_code code = input_open(&input, &arguments->console, arguments->files[0], INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    code = arguments->output_path != NULL
               ? output_open_file(&output, &arguments->console, arguments->output_path,
                                  arguments->force)
               : output_open_stdout(&output, &arguments->console, arguments->force);
    if (code == EXIT_CODE_OK) {
        code = job_check_distinct(&input, &output);
        if (code == EXIT_CODE_OK)
            code = recover_into(arguments, &input, &output);
        output_abort(&output);
    }
    input_close(&input);
    return code;
}
