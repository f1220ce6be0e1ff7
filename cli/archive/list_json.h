/* SPDX-License-Identifier: Apache-2.0
 *
 * What `tacit list --json` prints: {"files": [{"name", "format_version", "archives", "blocks",
 * "archive_size", "content_size"}]}, and with_blocks also "block_list": [{"content_offset",
 * "content_size", "archive_offset", "archive_size", "method"}]. Sizes are bytes. The document is
 * this flat, and its only free text is a file's name, so it is printed as it comes: begin, files,
 * end.
 */
#ifndef TACIT_CLI_ARCHIVE_LIST_JSON_H
#define TACIT_CLI_ARCHIVE_LIST_JSON_H

#include <stdbool.h>

#include "cli/archive/archive_file.h"

struct list_json {
    bool has_files; /* a comma is due before the next */
};

void list_json_begin(struct list_json *json);
enum tacit_status list_json_file(struct list_json *json, const struct archive_file *file,
                                 bool with_blocks);
void list_json_end(struct list_json *json);

#endif
