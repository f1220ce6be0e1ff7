/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit cat`: writes content, or a range of it, to standard output.
 */
#include <stdlib.h>

#include "cli/archive/archive_file.h"
#include "cli/archive/job.h"
#include "cli/base/commands.h"

enum { CHUNK_SIZE = 1 << 20 };

static enum exit_code copy_content(struct archive_file *file, uint64_t offset, uint64_t n_bytes,
                                   struct output *output)
{
    enum exit_code code = EXIT_CODE_OK;
    unsigned char *chunk = malloc(CHUNK_SIZE);
    if (chunk == NULL)
        return fail_with_status(output->console, file->input.name, TACIT_ERR_MEMORY);
    while (n_bytes > 0 && code == EXIT_CODE_OK) {
        size_t n = n_bytes < CHUNK_SIZE ? (size_t)n_bytes : CHUNK_SIZE;
        enum tacit_status status = tacit_archive_read(file->archive, offset, chunk, n);
        if (status == TACIT_OK)
            code = output_write(output, chunk, n);
        else
            code = input_source_failed(&file->input, status);
        offset += n;
        n_bytes -= n;
    }
    free(chunk);
    return code;
}

static enum exit_code cat_range(struct arguments *arguments, const char *path,
                                struct output *output)
{
    struct archive_file file;
    enum exit_code code = archive_file_open(&file, arguments, path, true);
    if (code != EXIT_CODE_OK)
        return code;
    uint64_t offset, n_bytes;
    code = job_check_distinct(&file.input, output);
    if (code != EXIT_CODE_OK) {
        archive_file_close(&file);
        return code;
    }
    if (range_resolve(&arguments->range, file.info.content_size, &offset, &n_bytes)) {
        code = copy_content(&file, offset, n_bytes, output);
    } else {
        console_error(&arguments->console, file.input.name,
                      "the range leaves the content, which is %llu bytes long (0 is the first)",
                      (unsigned long long)file.info.content_size);
        code = EXIT_CODE_USAGE;
    }
    archive_file_close(&file);
    return code;
}

static enum exit_code cat_all(struct arguments *arguments, struct output *output)
{
    static char standard_input[] = "-";
    static char *const no_files[] = {standard_input};
    bool reads_input = arguments->n_files == 0 && !arguments->is_expanded;
    char *const *files = reads_input ? no_files : arguments->files;
    int n_files = reads_input ? 1 : arguments->n_files;
    enum exit_code worst = EXIT_CODE_OK;
    for (int i = 0; i < n_files; i++) {
        enum exit_code code = arguments->has_range ? cat_range(arguments, files[i], output)
                                                   : job_decode_into(arguments, files[i], output);
        worst = exit_code_worse(worst, code);
    }
    return worst;
}

enum exit_code command_cat(struct arguments *arguments)
{
    struct output output;
    bool force_terminal = true; /* the user asked to see the content */
    enum exit_code code = arguments->output_path != NULL
                              ? output_open_file(&output, &arguments->console,
                                                 arguments->output_path, arguments->force)
                              : output_open_stdout(&output, &arguments->console, force_terminal);
    if (code != EXIT_CODE_OK)
        return code;
    code = cat_all(arguments, &output);
    if (code == EXIT_CODE_OK)
        return output_commit(&output, NULL);
    output_abort(&output);
    return code;
}
