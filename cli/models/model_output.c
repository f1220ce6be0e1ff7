/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/models/model_named.h"

bool model_output_is_free(struct console *console, const char *path, bool force)
{
    struct stat there;
    if (force || stat(path, &there) != 0)
        return true;
    console_error(console, path, "already exists; not replaced without -f");
    return false;
}

static enum exit_code find_place(struct console *console, const char *given, bool force,
                                 char path[TACIT_MODEL_PATH_MAX])
{
    size_t n = strlen(given);
    bool is_file = n > 7 && strcmp(given + n - 7, ".tmodel") == 0;
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
    return model_output_is_free(console, path, force) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* Texts may have been read for calibration. */
static enum exit_code tell_end(struct console *console, const char *name, const char *path,
                               enum tacit_status status)
{
    if (status == TACIT_ERR_CONTENT_LIMIT)
        console_error(console, NULL, "--calibrate: the texts have fewer than 512 tokens");
    else if (status == TACIT_ERR_RANGE)
        console_error(console, name, "cannot be made so small: give a larger --size");
    else if (status == TACIT_ERR_IO)
        console_error(console, name, "cannot read it, a text, or write %s: %s", path,
                      strerror(errno));
    else if (status != TACIT_OK)
        return fail_to_open_model(console, name, status);
    else
        printf("%s: stored as %s\n", name, path);
    return status == TACIT_OK ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* Shown as a note: on a terminal, or with --progress. */
static void say_line(void *context, const char *text)
{
    const struct model_making *making = context;
    console_note(making->console, making->output, "%s", text);
}

enum exit_code model_output_make(const struct model_making *making, const char *name)
{
    struct model_making said = *making;
    const struct tacit_train_sink sink = {say_line, making->stop, &said};
    char source[TACIT_MODEL_PATH_MAX], path[TACIT_MODEL_PATH_MAX];
    const char *model;
    enum exit_code code = model_path_named(making->console, name, source, &model);
    if (code == EXIT_CODE_OK)
        code = find_place(making->console, making->output, making->force, path);
    if (code != EXIT_CODE_OK)
        return code;
    enum tacit_status status = making->make(making->job, model, path, &sink);
    const char *why = making->explain && status != TACIT_OK ? making->explain(making->job) : NULL;
    if (why) {
        console_error(making->console, name, "%s", why);
        return EXIT_CODE_FAILED;
    }
    if (status != TACIT_ERR_ARGUMENT || !making->argument_means)
        return tell_end(making->console, name, path, status);
    console_error(making->console, name, "%s", making->argument_means);
    return EXIT_CODE_FAILED;
}
