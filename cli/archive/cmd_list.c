/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit list`: sizes, ratio and blocks, from the index.
 */
#include <stdio.h>
#include <string.h>

#include "cli/archive/archive_file.h"
#include "cli/archive/list_json.h"
#include "cli/base/commands.h"

/* Sums over all files. */
struct totals {
    uint64_t n_archives, n_blocks, archive_size, content_size;
};

static void print_row(const struct totals *row, const char *name)
{
    char ratio[16] = "-", bits[16] = "-";
    if (row->content_size > 0) {
        double size = (double)row->archive_size, content = (double)row->content_size;
        snprintf(ratio, sizeof ratio, "%.3f", content / size);
        snprintf(bits, sizeof bits, "%.3f", 8 * size / content);
    }
    printf("%8llu %8llu %15llu %15llu %9s %9s  ", (unsigned long long)row->n_archives,
           (unsigned long long)row->n_blocks, (unsigned long long)row->archive_size,
           (unsigned long long)row->content_size, ratio, bits);
    console_print_name(name);
    putchar('\n');
}

static void print_reference(const struct tacit_archive_info *info)
{
    struct tacit_reference_identity identity = {.n_bytes = info->reference_size,
                                                .n_hash = info->n_reference_hash};
    char text[REFERENCE_TEXT_CAP];
    memcpy(identity.hash, info->reference_hash, sizeof identity.hash);
    if (info->n_reference_hash > 0)
        printf("  needs the reference of %s (-D)\n", reference_text(text, &identity));
}

static enum tacit_status print_blocks(const struct archive_file *file)
{
    printf("%8s %15s %15s %15s %15s  %s\n", "block", "content at", "content", "archive at",
           "archive", "method");
    for (uint64_t i = 0; i < file->info.n_blocks; i++) {
        struct tacit_block_info block = {.struct_size = sizeof block};
        enum tacit_status status = tacit_archive_get_block(file->archive, i, &block);
        if (status != TACIT_OK)
            return status;
        printf("%8llu %15llu %15llu %15llu %15llu  %s\n", (unsigned long long)i,
               (unsigned long long)block.content_offset, (unsigned long long)block.content_size,
               (unsigned long long)block.archive_offset, (unsigned long long)block.archive_size,
               tacit_method_name(block.method));
    }
    return TACIT_OK;
}

/* json: NULL for a table. */
static enum exit_code list_one(struct arguments *arguments, const char *path, struct totals *totals,
                               struct list_json *json)
{
    struct archive_file file;
    enum exit_code code = archive_file_open(&file, arguments, path, false);
    if (code != EXIT_CODE_OK)
        return code;
    const struct tacit_archive_info *info = &file.info;
    bool with_blocks = arguments->console.verbosity > 0;
    enum tacit_status status = TACIT_OK;
    if (json != NULL) {
        status = list_json_file(json, &file, with_blocks);
    } else {
        struct totals row = {info->n_archives, info->n_blocks, info->archive_size,
                             info->content_size};
        print_row(&row, file.input.name);
        print_reference(info);
        if (with_blocks)
            status = print_blocks(&file);
    }
    totals->n_archives += info->n_archives;
    totals->n_blocks += info->n_blocks;
    totals->archive_size += info->archive_size;
    totals->content_size += info->content_size;
    if (status != TACIT_OK)
        code = input_source_failed(&file.input, status);
    archive_file_close(&file);
    return code;
}

static enum exit_code list_as_json(struct arguments *arguments)
{
    struct totals totals = {0};
    struct list_json json;
    enum exit_code worst = EXIT_CODE_OK;
    list_json_begin(&json);
    for (int i = 0; i < arguments->n_files; i++)
        worst = exit_code_worse(worst, list_one(arguments, arguments->files[i], &totals, &json));
    list_json_end(&json);
    return worst;
}

enum exit_code command_list(struct arguments *arguments)
{
    if (arguments->n_files == 0 && !arguments->is_expanded) {
        console_error(&arguments->console, NULL, "list: name a file");
        return EXIT_CODE_USAGE;
    }
    if (arguments->as_json)
        return list_as_json(arguments);
    struct totals totals = {0};
    enum exit_code worst = EXIT_CODE_OK;
    printf("%8s %8s %15s %15s %9s %9s  %s\n", "archives", "blocks", "archive", "content", "ratio",
           "bits/byte", "file");
    for (int i = 0; i < arguments->n_files; i++)
        worst = exit_code_worse(worst, list_one(arguments, arguments->files[i], &totals, NULL));
    if (arguments->n_files > 1)
        print_row(&totals, "(total)");
    return worst;
}
