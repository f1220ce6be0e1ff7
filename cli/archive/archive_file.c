/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/archive_file.h"

#include "cli/archive/job.h"

enum exit_code archive_file_open(struct archive_file *file, struct arguments *arguments,
                                 const char *path, bool to_decode)
{
    *file = (struct archive_file){.info.struct_size = sizeof file->info};
    enum exit_code code = input_open(&file->input, &arguments->console, path, INPUT_ANY);
    if (code != EXIT_CODE_OK)
        return code;
    struct tacit_source source;
    if (to_decode)
        code = job_find_model(arguments, &file->input);
    if (code == EXIT_CODE_OK)
        code = input_source(&file->input, &source);
    if (code == EXIT_CODE_OK) {
        enum tacit_status status = tacit_archive_open(&file->archive, &source, &arguments->codec);
        if (status == TACIT_OK)
            status = tacit_archive_get_info(file->archive, &file->info);
        if (status != TACIT_OK)
            code = input_source_failed(&file->input, status);
    }
    if (code != EXIT_CODE_OK)
        archive_file_close(file);
    return code;
}

void archive_file_close(struct archive_file *file)
{
    tacit_archive_close(file->archive);
    file->archive = NULL;
    input_close(&file->input);
}
