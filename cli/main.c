/* SPDX-License-Identifier: Apache-2.0
 *
 * The command: finds the row of the command line's command and runs it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/archive/file_list.h"
#include "cli/archive/output_folder.h"
#include "cli/archive/reference_files.h"
#include "cli/base/arguments.h"
#include "cli/base/commands.h"
#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "cli/base/signals.h"
#include "cli/files/fd_io.h"
#include "cli/models/model_named.h"
#include "tacit/tacit.h"

/* The model of -m, for the codec; *model stays NULL without -m. */
static enum exit_code open_model(struct arguments *arguments, struct tacit_model **model)
{
    if (arguments->model_name == NULL)
        return EXIT_CODE_OK;
    enum exit_code code = model_open_named(&arguments->console, arguments->model_name, model);
    arguments->codec.model = *model;
    return code;
}

static enum exit_code run(struct arguments *arguments)
{
    if (arguments->wants_version) {
        printf("tacit %s\n", tacit_version());
        return EXIT_CODE_OK;
    }
    if (arguments->wants_help) {
        command_print_help(arguments->command);
        return EXIT_CODE_OK;
    }
    struct tacit_model *model = NULL;
    struct file_list list = {0};
    struct tacit_reference *reference = NULL;
    enum exit_code code = output_folder_check(arguments);
    if (code == EXIT_CODE_OK)
        code = open_model(arguments, &model);
    if (code == EXIT_CODE_OK)
        code = reference_files_open(arguments, &reference);
    if (code == EXIT_CODE_OK) {
        code = file_list_open(&list, arguments);
        code = exit_code_worse(code, arguments->command->work(arguments));
    }
    file_list_close(&list);
    tacit_reference_destroy(reference);
    tacit_model_close(model);
    tacit_model_close(arguments->found_model);
    return code;
}

/* What was written may still fail: a full disk shows up on flush, a network file system on close.
 */
static enum exit_code close_stdout(struct console *console)
{
    if (fflush(stdout) == 0 && !ferror(stdout) && (close(STDOUT_FILENO) == 0 || errno == EBADF))
        return EXIT_CODE_OK;
    console_error(console, "(stdout)", "cannot write: %s", strerror(errno));
    return EXIT_CODE_FAILED;
}

int main(int argc, char **argv)
{
    fd_guard_standard();
    signals_install();
    const struct command *command = argc > 1 ? command_by_name(argv[1]) : NULL;
    if (command != NULL && command->run != NULL) {
        struct console console;
        console_init(&console);
        static char program[32]; /* what getopt's messages begin with */
        snprintf(program, sizeof program, "tacit: %s", command->name);
        argv[1] = program;
        int code = command->run(argc - 1, argv + 1);
        return code ? code : (int)close_stdout(&console);
    }

    struct arguments arguments;
    enum exit_code code = arguments_parse(&arguments, argc, argv);
    if (code == EXIT_CODE_OK)
        code = run(&arguments);
    return (int)exit_code_worse(code, close_stdout(&arguments.console));
}
