/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "commands.h"
#include "fd_io.h"
#include "signals.h"
#include "tacit/tacit.h"

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
    return arguments->command->run(arguments);
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
    const struct tool *tool = argc > 1 ? tool_by_name(argv[1]) : NULL;
    if (tool != NULL)
        return tool->run(argc - 1, argv + 1);

    struct arguments arguments;
    signals_install();
    enum exit_code code = arguments_parse(&arguments, argc, argv);
    if (code == EXIT_CODE_OK)
        code = run(&arguments);
    return (int)exit_code_worse(code, close_stdout(&arguments.console));
}
