/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/archive/list_json.h"

#include <stdio.h>
#include <string.h>

#include "cli/base/json_text.h"

static void print_number(const char *before, uint64_t n)
{
    printf("%s%llu", before, (unsigned long long)n);
}

void list_json_begin(struct list_json *json)
{
    json->has_files = false;
    fputs("{\"files\": [", stdout);
}

static enum tacit_status print_blocks(const struct archive_file *file)
{
    enum tacit_status status = TACIT_OK;
    fputs(",\n  \"block_list\": [", stdout);
    for (uint64_t i = 0; i < file->info.n_blocks && status == TACIT_OK; i++) {
        struct tacit_block_info block = {.struct_size = sizeof block};
        status = tacit_archive_get_block(file->archive, i, &block);
        print_number(i == 0 ? "\n    {\"content_offset\": " : ",\n    {\"content_offset\": ",
                     block.content_offset);
        print_number(", \"content_size\": ", block.content_size);
        print_number(", \"archive_offset\": ", block.archive_offset);
        print_number(", \"archive_size\": ", block.archive_size);
        printf(", \"method\": \"%s\"}", tacit_method_name(block.method));
    }
    putchar(']');
    return status;
}

enum tacit_status list_json_file(struct list_json *json, const struct archive_file *file,
                                 bool with_blocks)
{
    const struct tacit_archive_info *info = &file->info;
    enum tacit_status status = TACIT_OK;
    fputs(json->has_files ? ",\n  {\"name\": " : "\n  {\"name\": ", stdout);
    json->has_files = true;
    json_print_string(stdout, file->input.name, strlen(file->input.name));
    print_number(", \"format_version\": ", info->format_version);
    print_number(", \"archives\": ", info->n_archives);
    print_number(", \"blocks\": ", info->n_blocks);
    print_number(", \"archive_size\": ", info->archive_size);
    print_number(", \"content_size\": ", info->content_size);
    if (info->n_reference_hash > 0) {
        char hex[2 * TACIT_REFERENCE_HASH + 1];
        reference_hash_text(hex, info->reference_hash, info->n_reference_hash);
        if (info->reference_size > 0)
            print_number(", \"reference_size\": ", info->reference_size);
        printf(", \"reference_xxh3\": \"%s\"", hex);
    }
    if (with_blocks)
        status = print_blocks(file);
    putchar('}');
    return status;
}

void list_json_end(struct list_json *json)
{
    fputs(json->has_files ? "\n]}\n" : "]}\n", stdout);
}
