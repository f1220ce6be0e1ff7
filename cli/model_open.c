/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "console.h"
#include "model.h"

enum tacit_status model_inspect_named(const char *name, char *path, struct tacit_model_info *info)
{
    if (strcmp(name, "default") == 0 && tacit_model_inspect(NULL, info) == TACIT_OK) {
        memcpy(path, MODEL_LINKED, sizeof MODEL_LINKED);
        return TACIT_OK;
    }
    enum tacit_status status = tacit_model_find(name, path);
    return status == TACIT_OK ? tacit_model_inspect(path, info) : status;
}

enum exit_code model_open_named(struct console *console, const char *name,
                                struct tacit_model **model)
{
    char path[TACIT_MODEL_PATH_MAX];
    const struct tacit_model *linked;
    *model = NULL;
    if (strcmp(name, "default") == 0 && tacit_model_default(&linked) == TACIT_OK) {
        memcpy(model, &linked, sizeof linked); /* closed like any other, which does nothing */
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
    if (status != TACIT_OK)
        console_error(console, name, "cannot open the model: %s", tacit_status_message(status));
    return exit_code_of_status(status);
}
