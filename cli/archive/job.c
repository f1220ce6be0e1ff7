/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/archive/output_folder.h"
#include "cli/archive/transfer.h"
#include "cli/base/progress.h"
#include "cli/models/model_search.h"

void job_report(struct console *console, const char *name, uint64_t n_in, uint64_t n_out,
                bool is_decoding, double seconds)
{
    char rate[SIZE_TEXT_CAP];
    double n_content = (double)(is_decoding ? n_out : n_in);
    double n_archive = (double)(is_decoding ? n_in : n_out);
    size_format(rate, seconds > 0 ? n_content / seconds : 0);
    if (n_content > 0)
        console_note(console, name, "%llu -> %llu bytes, ratio %.3f, %.3f bits/byte, %.2f s, %s/s",
                     (unsigned long long)n_in, (unsigned long long)n_out, n_content / n_archive,
                     8 * n_archive / n_content, seconds, rate);
    else
        console_note(console, name, "%llu -> %llu bytes", (unsigned long long)n_in,
                     (unsigned long long)n_out);
}

size_t job_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

bool job_has_archive_suffix(const char *path)
{
    const char *base = path + job_base_name(path);
    size_t n = strlen(base), n_suffix = strlen(ARCHIVE_SUFFIX);
    return n > n_suffix && strcmp(base + n - n_suffix, ARCHIVE_SUFFIX) == 0;
}

/* Whether the output's name is derived from the input's. */
static bool names_output(const struct arguments *arguments, const char *path)
{
    return !arguments->to_stdout && arguments->output_path == NULL && strcmp(path, "-") != 0;
}

enum exit_code job_check_distinct(const struct input *input, const struct output *output)
{
    if (!output_is_same_file(output, &input->stat))
        return EXIT_CODE_OK;
    console_error(input->console, input->name,
                  "is input and output at once; choose another output");
    return EXIT_CODE_FAILED;
}

static enum exit_code open_output(struct arguments *arguments, const struct input *input,
                                  const struct job_kind *kind, struct output *output, char **name)
{
    enum exit_code code;
    if (names_output(arguments, input->path)) {
        code = kind->name_output(arguments, input->path, name);
        if (code == EXIT_CODE_OK && arguments->output_folder)
            code = output_folder_place(arguments, name);
        if (code == EXIT_CODE_OK)
            code = output_open_file(output, &arguments->console, *name, arguments->force);
    } else if (arguments->output_path != NULL) {
        code =
            output_open_file(output, &arguments->console, arguments->output_path, arguments->force);
    } else {
        code = output_open_stdout(output, &arguments->console, arguments->force);
    }
    if (code != EXIT_CODE_OK)
        return code;
    code = job_check_distinct(input, output);
    if (code != EXIT_CODE_OK)
        output_abort(output);
    return code;
}

static bool input_is_terminal(struct arguments *arguments, const struct input *input)
{
    if (arguments->force || input->fd != STDIN_FILENO || !isatty(STDIN_FILENO))
        return false;
    console_error(&arguments->console, input->name,
                  "is a terminal; name a file, or insist with -f ('tacit --help' says more)");
    return true;
}

static bool goes_to_terminal(const struct output *output)
{
    return output->fd == STDOUT_FILENO && isatty(STDOUT_FILENO);
}

/* If the file was written to meanwhile, its archive holds a content that the file never had. */
static void warn_of_change(const struct input *input)
{
    if (input_has_changed(input))
        console_warn(input->console, input->name,
                     "changed while it was read: the output may be a mixture of old and new");
}

enum exit_code job_find_model(struct arguments *arguments, struct input *input)
{
    const void *start;
    size_t n;
    if (arguments->model_name != NULL)
        return EXIT_CODE_OK;
    enum exit_code code = input_peek(input, &start, &n);
    if (code == EXIT_CODE_OK)
        model_search_for(arguments, start, n);
    return code;
}

/* Input and output are open; leaves output closed. */
static enum exit_code work(struct arguments *arguments, struct input *input, struct output *output,
                           const struct job_kind *kind)
{
    struct progress progress;
    if (kind->is_decoding) {
        enum exit_code found = job_find_model(arguments, input);
        if (found != EXIT_CODE_OK) {
            output_abort(output);
            return found;
        }
    }
    struct tacit_options options = arguments->codec;
    options.progress = progress_update;
    options.progress_context = &progress;
    options.content_size = input_size(input);
    progress_start(&progress, &arguments->console, input->name, options.content_size,
                   kind->is_decoding, goes_to_terminal(output));
    enum exit_code code = kind->transfer(arguments, input, output, &options);
    progress_end(&progress);
    if (code != EXIT_CODE_OK) {
        output_abort(output);
        return code;
    }
    warn_of_change(input);
    uint64_t n_out = output->n_bytes;
    bool is_new_file = output->temp_path != NULL;
    code = output_commit(output, S_ISREG(input->stat.st_mode) ? &input->stat : NULL);
    if (code != EXIT_CODE_OK)
        return code;
    job_report(&arguments->console, input->name, input->n_read, n_out, kind->is_decoding,
               clock_seconds() - progress.start);
    if (arguments->remove_input && is_new_file && input->fd != STDIN_FILENO)
        code = input_remove(input);
    return code;
}

enum exit_code job_run(struct arguments *arguments, const char *path, const struct job_kind *kind)
{
    struct input input;
    struct output output;
    char *name = NULL;
    bool regular_only = names_output(arguments, path) && !arguments->force;
    enum exit_code code = input_open(&input, &arguments->console, path,
                                     regular_only ? INPUT_REGULAR_ONLY : INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    if (input_is_terminal(arguments, &input))
        code = EXIT_CODE_USAGE;
    if (code == EXIT_CODE_OK)
        code = open_output(arguments, &input, kind, &output, &name);
    if (code == EXIT_CODE_OK)
        code = work(arguments, &input, &output, kind);
    input_close(&input);
    free(name);
    return code;
}

static enum exit_code decode_open_input(struct arguments *arguments, struct input *input,
                                        struct output *output)
{
    if (input_is_terminal(arguments, input))
        return EXIT_CODE_USAGE;
    enum exit_code code = job_check_distinct(input, output);
    if (code == EXIT_CODE_OK)
        code = job_find_model(arguments, input);
    if (code != EXIT_CODE_OK)
        return code;
    struct progress progress;
    struct tacit_options options = arguments->codec;
    options.progress = progress_update;
    options.progress_context = &progress;
    uint64_t n_before = output->n_bytes;
    progress_start(&progress, &arguments->console, input->name, input_size(input), true,
                   goes_to_terminal(output));
    code = transfer_decode(input, output, &options);
    progress_end(&progress);
    if (code == EXIT_CODE_OK)
        warn_of_change(input);
    bool is_test = output->fd < 0;
    if (code == EXIT_CODE_OK && is_test)
        job_report(&arguments->console, input->name, input->n_read, output->n_bytes - n_before,
                   true, clock_seconds() - progress.start);
    return code;
}

enum exit_code job_decode_into(struct arguments *arguments, const char *path, struct output *output)
{
    struct input input;
    enum exit_code code = input_open(&input, &arguments->console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    code = decode_open_input(arguments, &input, output);
    input_close(&input);
    return code;
}
