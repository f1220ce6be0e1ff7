/* SPDX-License-Identifier: Apache-2.0 */
#include "exit_codes.h"

#include <stdbool.h>
#include <stdio.h>

#include "console.h"
#include "tacit/archive.h"

enum exit_code exit_code_of_status(enum tacit_status status)
{
    switch (status) {
    case TACIT_OK:
        return EXIT_CODE_OK;
    case TACIT_ERR_ARGUMENT:
    case TACIT_ERR_RANGE:
        return EXIT_CODE_USAGE;
    case TACIT_ERR_NOT_ARCHIVE:
    case TACIT_ERR_CORRUPT:
    case TACIT_ERR_TRUNCATED:
    case TACIT_ERR_CHECKSUM:
        return EXIT_CODE_ARCHIVE;
    case TACIT_ERR_VERSION:
    case TACIT_ERR_UNSUPPORTED:
    case TACIT_ERR_FLOAT:
    case TACIT_ERR_MODEL_MISSING:
    case TACIT_ERR_MODEL_WRONG:
    case TACIT_ERR_MODEL_DAMAGED:
        return EXIT_CODE_UNSUPPORTED;
    case TACIT_ERR_MEMORY:
    case TACIT_ERR_MEMORY_LIMIT:
    case TACIT_ERR_THREAD:
        return EXIT_CODE_RESOURCES;
    default:
        return EXIT_CODE_FAILED;
    }
}

enum exit_code exit_code_worse(enum exit_code a, enum exit_code b)
{
    return a > b ? a : b;
}

static const char *status_hint(enum tacit_status status)
{
    switch (status) {
    case TACIT_ERR_CORRUPT:
    case TACIT_ERR_TRUNCATED:
    case TACIT_ERR_CHECKSUM:
        return "; 'tacit recover' saves the undamaged blocks";
    case TACIT_ERR_MEMORY:
        return "; try fewer threads (-T 1) or a smaller --block-size";
    case TACIT_ERR_MEMORY_LIMIT:
        return "; raise --memory, or compress at a lower level or with a smaller --block-size";
    case TACIT_ERR_THREAD:
        return "; try fewer threads (-T 1)";
    case TACIT_ERR_MODEL_MISSING:
    case TACIT_ERR_MODEL_WRONG:
        return "; -m NAME gives one, 'tacit model show' tells its identity";
    default:
        return "";
    }
}

/* ": it needs NAME, identity HASH", if the archive of that name can be read and says so. */
static const char *needed_model(char *text, size_t cap, const char *archive_name)
{
    struct tacit_archive_model needed = {.struct_size = sizeof needed};
    uint8_t head[TACIT_ARCHIVE_HEADER_MAX];
    FILE *file = fopen(archive_name, "rb");
    size_t n = file ? fread(head, 1, sizeof head, file) : 0;
    text[0] = 0;
    if (file)
        fclose(file);
    if (tacit_archive_needs(head, n, &needed) != TACIT_OK || needed.n_hash == 0)
        return text;
    int at =
        snprintf(text, cap, ": it needs %s%sidentity ", needed.name, needed.name[0] ? ", " : "");
    for (uint32_t i = 0; i < needed.n_hash && at > 0 && (size_t)at + 3 <= cap; i++)
        at += snprintf(text + at, cap - (size_t)at, "%02x", (unsigned)needed.hash[i]);
    return text;
}

enum exit_code fail_with_status(struct console *console, const char *name, enum tacit_status status)
{
    char needed[2 * TACIT_MODEL_HASH + TACIT_MODEL_TEXT_MAX + 32] = "";
    if (status == TACIT_ERR_MODEL_MISSING || status == TACIT_ERR_MODEL_WRONG)
        needed_model(needed, sizeof needed, name);
    console_error(console, name, "%s%s%s", tacit_status_message(status), needed,
                  status_hint(status));
    return exit_code_of_status(status);
}

enum exit_code fail_at_offset(struct console *console, const char *name, enum tacit_status status,
                              unsigned long long offset)
{
    bool is_damage = status == TACIT_ERR_CORRUPT || status == TACIT_ERR_TRUNCATED ||
                     status == TACIT_ERR_CHECKSUM;
    if (!is_damage)
        return fail_with_status(console, name, status);
    console_error(console, name, "%s, in the part at byte %llu%s", tacit_status_message(status),
                  offset, status_hint(status));
    return exit_code_of_status(status);
}
