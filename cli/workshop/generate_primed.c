/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workshop/generate_primed.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/base/kv_name.h"
#include "cli/files/whole_file.h"
#include "cli/models/model_fetch.h"

#define PRIMED_MAX (UINT64_C(1) << 40) /* bytes of a file */

static enum exit_code refuse(struct console *console, const char *path, enum tacit_status status,
                             const struct tacit_primed_info *info)
{
    char identity[2 * TACIT_MODEL_HASH + 1];
    if (status == TACIT_ERR_NOT_ARCHIVE)
        console_error(console, path, "not a file of 'tacit model prime'");
    else if (status == TACIT_ERR_VERSION)
        console_error(console, path, "made by a newer version of tacit");
    else if (status == TACIT_ERR_UNSUPPORTED)
        console_error(console, path, "made on a machine of the other byte order");
    else if (status == TACIT_ERR_MODEL_WRONG)
        console_error(console, path, "primed with another model, whose identity is %s",
                      model_hash_text(identity, info->model));
    else if (status == TACIT_ERR_TRUNCATED || status == TACIT_ERR_CHECKSUM ||
             status == TACIT_ERR_CORRUPT)
        console_error(console, path, "is damaged; 'tacit model prime' makes it anew");
    else
        return fail_with_status(console, path, status);
    return exit_code_of_status(status);
}

/* Takes over what the state was made with, if it is not given otherwise. */
static enum exit_code adopt(struct console *console, const char *path, bool kv_is_given,
                            const struct tacit_primed_info *info,
                            struct tacit_generate_options *options)
{
    bool has_context = options->n_context == 0 || options->n_context == info->n_context;
    bool has_kv = !kv_is_given || options->kv == info->kv;
    bool has_keep = options->kv_keep == 0 || options->kv_keep == info->kv_keep;
    char keep[32] = "";
    if (info->kv_keep)
        snprintf(keep, sizeof keep, " --kv-keep %u", info->kv_keep);
    if (!has_context || !has_kv || !has_keep) {
        console_error(console, path, "primed with --context %u --kv %s%s, not as asked for",
                      info->n_context, kv_name(info->kv), keep);
        return EXIT_CODE_USAGE;
    }
    options->n_context = info->n_context;
    options->kv = info->kv;
    options->kv_keep = info->kv_keep;
    return EXIT_CODE_OK;
}

enum exit_code generate_primed_open(struct console *console, const char *path,
                                    const struct tacit_model *model, bool kv_is_given,
                                    struct tacit_generate_options *options,
                                    struct tacit_primed **primed)
{
    unsigned char *data;
    size_t n;
    struct tacit_primed_info info = {.struct_size = sizeof info};
    enum exit_code code = whole_file_read(console, path, PRIMED_MAX, &data, &n);
    if (code == EXIT_CODE_OK) {
        enum tacit_status status = tacit_primed_inspect(data, n, &info);
        if (status == TACIT_OK)
            status = tacit_primed_open(primed, model, data, n);
        if (status != TACIT_OK)
            code = refuse(console, path, status, &info);
    }
    free(data);
    if (code != EXIT_CODE_OK)
        return code;
    code = adopt(console, path, kv_is_given, &info, options);
    options->primed = *primed;
    return code;
}
