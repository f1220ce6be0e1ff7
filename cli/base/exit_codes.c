/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/exit_codes.h"

#include <stdbool.h>
#include <stdio.h>

#include "cli/base/console.h"
#include "cli/base/model_sources.h"
#include "cli/base/needed_model.h"
#include "cli/base/reference_text.h"
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
    case TACIT_ERR_REFERENCE_MISSING:
    case TACIT_ERR_REFERENCE_WRONG:
        return EXIT_CODE_UNSUPPORTED;
    case TACIT_ERR_MEMORY:
    case TACIT_ERR_MEMORY_LIMIT:
    case TACIT_ERR_CONTENT_LIMIT:
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
    case TACIT_ERR_CONTENT_LIMIT:
        return "; it may be a bomb: --limit-size allows more";
    case TACIT_ERR_THREAD:
        return "; try fewer threads (-T 1)";
    case TACIT_ERR_MODEL_MISSING:
    case TACIT_ERR_MODEL_WRONG:
        return "; -m NAME gives one, 'tacit model show' tells its identity";
    default:
        return "";
    }
}

enum exit_code fail_for_model(struct console *console, const char *name, enum tacit_status status,
                              const struct tacit_archive_model *needed)
{
    char identity[2 * TACIT_MODEL_HASH + 1] = "";
    for (uint32_t i = 0; i < needed->n_hash; i++)
        snprintf(identity + 2 * i, 3, "%02x", (unsigned)needed->hash[i]);
    bool has_name = needed->name[0] != 0;
    const struct model_source *source = model_source_of_identity(identity);
    char fetch[128], rules[32] = "";
    if (needed->has_rules)
        snprintf(rules, sizeof rules, ", tokenizer %08x", (unsigned)needed->rules);
    if (source)
        snprintf(fetch, sizeof fetch, "; 'tacit model fetch %s' gets it", source->name);
    console_error(console, name, "%s%s%s%s%s%s%s%s", tacit_status_message(status),
                  *identity ? ": it needs " : "", has_name ? needed->name : "",
                  has_name ? ", " : "", *identity ? "identity " : "", identity, rules,
                  source ? fetch : status_hint(status));
    return exit_code_of_status(status);
}

enum exit_code fail_for_reference(struct console *console, const char *name,
                                  enum tacit_status status,
                                  const struct tacit_reference_identity *needed)
{
    char text[REFERENCE_TEXT_CAP];
    const char *given = console->reference_given;
    bool is_known = needed->n_hash > 0;
    console_error(console, name, "%s%s%s%s%s; give the same files with -D, in the same order",
                  tacit_status_message(status), is_known ? ": it needs " : "",
                  is_known ? reference_text(text, needed) : "", given ? "; -D gave " : "",
                  given ? given : "");
    return exit_code_of_status(status);
}

bool status_is_of_reference(enum tacit_status status)
{
    return status == TACIT_ERR_REFERENCE_MISSING || status == TACIT_ERR_REFERENCE_WRONG;
}

bool status_is_of_model(enum tacit_status status)
{
    return status == TACIT_ERR_MODEL_MISSING || status == TACIT_ERR_MODEL_WRONG;
}

enum exit_code fail_with_status(struct console *console, const char *name, enum tacit_status status)
{
    if (status_is_of_model(status)) {
        struct tacit_archive_model needed;
        needed_model_read(name, &needed);
        return fail_for_model(console, name, status, &needed);
    }
    if (status_is_of_reference(status)) {
        struct tacit_reference_identity needed;
        reference_needed_read(name, &needed);
        return fail_for_reference(console, name, status, &needed);
    }
    console_error(console, name, "%s%s", tacit_status_message(status), status_hint(status));
    return exit_code_of_status(status);
}

enum exit_code fail_for_memory(struct console *console, const char *name,
                               unsigned long long n_bytes, const char *less)
{
    unsigned shift = n_bytes < 1U << 20 ? 10 : 20;
    if (n_bytes == 0)
        return fail_with_status(console, name, TACIT_ERR_MEMORY_LIMIT);
    console_error(console, name, "%s: --memory %llu%c would do%s",
                  tacit_status_message(TACIT_ERR_MEMORY_LIMIT),
                  (n_bytes + (1ULL << shift) - 1) >> shift, shift == 10 ? 'K' : 'M', less);
    return exit_code_of_status(TACIT_ERR_MEMORY_LIMIT);
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
