/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/models/model_named.h"

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

enum exit_code model_output_end(struct console *console, const char *name, const char *path,
                                enum tacit_status status)
{
    if (status == TACIT_ERR_CONTENT_LIMIT)
        console_error(console, NULL, "--calibrate: the texts have fewer than 512 tokens");
    else if (status == TACIT_ERR_IO)
        console_error(console, name, "cannot read it, a text, or write %s: %s", path,
                      strerror(errno));
    else if (status != TACIT_OK)
        return fail_to_open_model(console, name, status);
    else
        printf("%s: stored as %s\n", name, path);
    return status == TACIT_OK ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
