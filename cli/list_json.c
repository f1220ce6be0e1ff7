/* SPDX-License-Identifier: Apache-2.0 */
#include "list_json.h"

#include <stdio.h>

/* Bytes of the UTF-8 letter that text starts with, 0 if it starts with none. RFC 3629: no
 * surrogates, no longer form than needed, nothing above U+10FFFF. */
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char first, last, second_min, second_max, length;
    } forms[] = {
        {0x01, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    size_t i = 0;
    while (i < sizeof forms / sizeof forms[0] &&
           (text[0] < forms[i].first || text[0] > forms[i].last))
        i++;
    if (i == sizeof forms / sizeof forms[0])
        return 0;
    if (forms[i].length > 1 && (text[1] < forms[i].second_min || text[1] > forms[i].second_max))
        return 0;
    for (size_t k = 2; k < forms[i].length; k++) {
        if ((text[k] & 0xc0) != 0x80)
            return 0;
    }
    return forms[i].length;
}

/* JSON is Unicode, file names are bytes: each byte that is no part of a letter becomes U+FFFD. */
static void print_string(const char *string)
{
    const unsigned char *text = (const unsigned char *)string;
    putchar('"');
    while (*text != '\0') {
        size_t n = utf8_length(text);
        if (n == 0)
            fputs("\\ufffd", stdout);
        else if (*text < 0x20 || *text == 0x7f)
            printf("\\u%04x", *text);
        else if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            fwrite(text, 1, n, stdout);
        text += n == 0 ? 1 : n;
    }
    putchar('"');
}

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
    print_string(file->input.name);
    print_number(", \"format_version\": ", info->format_version);
    print_number(", \"archives\": ", info->n_archives);
    print_number(", \"blocks\": ", info->n_blocks);
    print_number(", \"archive_size\": ", info->archive_size);
    print_number(", \"content_size\": ", info->content_size);
    if (with_blocks)
        status = print_blocks(file);
    putchar('}');
    return status;
}

void list_json_end(struct list_json *json)
{
    fputs(json->has_files ? "\n]}\n" : "]}\n", stdout);
}
