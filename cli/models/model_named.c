/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_named.h"

#include <errno.h>
#include <string.h>

#include "cli/base/console.h"
#include "cli/models/model_fetch.h"

enum tacit_status model_inspect_named(const char *name, char *path, struct tacit_model_info *info)
{
    if (strcmp(name, "default") == 0 && tacit_model_inspect(NULL, info) == TACIT_OK) {
        memcpy(path, MODEL_LINKED, sizeof MODEL_LINKED);
        return TACIT_OK;
    }
    enum tacit_status status = tacit_model_find(name, path);
    return status == TACIT_OK ? tacit_model_inspect(path, info) : status;
}

enum exit_code fail_to_open_model(struct console *console, const char *name,
                                  enum tacit_status status)
{
    char path[TACIT_MODEL_PATH_MAX], why[TACIT_MODEL_REASON_MAX], text[2 * TACIT_MODEL_HASH + 1];
    uint8_t hash[TACIT_MODEL_HASH];
    bool is_file = status == TACIT_ERR_MODEL_DAMAGED || status == TACIT_ERR_UNSUPPORTED;
    if (status == TACIT_ERR_IO)
        console_error(console, name, "%s", strerror(errno));
    else if (!is_file || tacit_model_find(name, path) != TACIT_OK)
        return fail_with_status(console, name, status);
    else if (tacit_model_explain(path, why) == status && *why)
        console_error(console, name, "cannot run this model: %s", why);
    else if (status == TACIT_ERR_MODEL_DAMAGED && tacit_model_hash_file(path, hash) == TACIT_OK)
        console_error(console, name, "%s: %s has SHA-256 %s; fetch or import it anew",
                      tacit_status_message(status), path, model_hash_text(text, hash));
    else
        return fail_with_status(console, name, status);
    return exit_code_of_status(status);
}

enum exit_code model_open_named(struct console *console, const char *name,
                                struct tacit_model **model)
{
    char path[TACIT_MODEL_PATH_MAX];
    const struct tacit_model *linked;
    *model = NULL;
    if (strcmp(name, "default") == 0 && tacit_model_default(&linked) == TACIT_OK) {
        memcpy(model, &linked, sizeof linked); /* closing it like other models does nothing */
        return EXIT_CODE_OK;
    }
    enum tacit_status status = tacit_model_find(name, path);
    if (status == TACIT_ERR_MODEL_MISSING) {
        console_error(console, name,
                      "no such model; 'tacit model list' shows those there are, "
                      "'tacit model fetch' gets one");
        return exit_code_of_status(status);
    }
    if (status == TACIT_OK)
        status = tacit_model_open(model, path);
    return status == TACIT_OK ? EXIT_CODE_OK : fail_to_open_model(console, name, status);
}

enum exit_code model_path_named(struct console *console, const char *name,
                                char path[TACIT_MODEL_PATH_MAX], const char **found)
{
    const struct tacit_model *linked;
    *found = NULL;
    if (strcmp(name, "default") == 0 && tacit_model_default(&linked) == TACIT_OK)
        return EXIT_CODE_OK;
    enum tacit_status status = tacit_model_find(name, path);
    *found = path;
    if (status == TACIT_ERR_MODEL_MISSING) {
        console_error(console, name, "no such model; 'tacit model list' shows those there are");
        return EXIT_CODE_FAILED;
    }
    return status == TACIT_OK ? EXIT_CODE_OK : fail_to_open_model(console, name, status);
}
