/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_output.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum exit_code model_output_find(struct console *console, const char *given, bool force,
                                 char path[TACIT_MODEL_PATH_MAX])
{
    size_t n = strlen(given);
    bool is_file = n > 7 && strcmp(given + n - 7, ".tmodel") == 0;
    struct stat there;
    enum tacit_status status = TACIT_OK;
    if (!is_file)
        status = tacit_model_place(given, path);
    else if (snprintf(path, TACIT_MODEL_PATH_MAX, "%s", given) >= TACIT_MODEL_PATH_MAX)
        status = TACIT_ERR_ARGUMENT;
    if (status == TACIT_ERR_ARGUMENT) {
        console_error(console, given, "neither a name for a model nor a .tmodel file");
        return EXIT_CODE_USAGE;
    }
    if (status != TACIT_OK)
        return fail_with_status(console, given, status);
    if (!force && stat(path, &there) == 0) {
        console_error(console, path, "already exists; not replaced without -f");
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}
