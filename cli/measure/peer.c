/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/measure/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/base/console.h"
#include "cli/files/fd_io.h"
#include "cli/records/text_pieces.h"

extern char **environ;

static const struct {
    const char *name, *command;
} known[] = {
    {"xz", "xz -9e -c"},
    {"zstd", "zstd --ultra -22 --long=27 -q -c"},
    {"brotli", "brotli -q 11 --lgwin=24 -c"},
};

const char *peer_command(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].command;
    return NULL;
}

/* The first bytes of the file in a file without a name, at its beginning. */
static enum exit_code copy_input(struct console *console, const char *path, uint64_t limit,
                                 FILE **copy)
{
    struct text_pieces pieces;
    const unsigned char *data;
    size_t n = 1;
    *copy = NULL;
    enum exit_code code = text_pieces_open(&pieces, console, path, limit);
    if (code != EXIT_CODE_OK)
        return code;
    *copy = tmpfile();
    bool good = *copy != NULL;
    while (good && n > 0 && code == EXIT_CODE_OK) {
        code = text_pieces_next(&pieces, &data, &n);
        good = fd_write_full(fileno(*copy), data, n);
    }
    if (!good || lseek(fileno(*copy), 0, SEEK_SET) != 0) {
        console_error(console, path, "cannot make a temporary copy: %s", strerror(errno));
        code = EXIT_CODE_FAILED;
    }
    text_pieces_close(&pieces);
    return code;
}

static bool start(const char *command, int in, int out, pid_t *child)
{
    char shell[] = "sh", option[] = "-c", text[4096];
    char *argv[] = {shell, option, text, NULL};
    posix_spawn_file_actions_t actions;
    size_t n_text = strlen(command) + 1;
    if (n_text > sizeof text) {
        errno = E2BIG;
        return false;
    }
    memcpy(text, command, n_text);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    errno = posix_spawnp(child, shell, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return errno == 0;
}

static uint64_t count_output(int fd)
{
    static char data[1 << 16];
    uint64_t n = 0;
    ssize_t got;
    while ((got = read(fd, data, sizeof data)) > 0 || (got < 0 && errno == EINTR))
        n += got > 0 ? (uint64_t)got : 0;
    return n;
}

enum exit_code peer_run(struct console *console, const char *command, const char *path,
                        uint64_t limit, uint64_t *n_out)
{
    FILE *copy;
    int ends[2], status = 0;
    pid_t child;
    *n_out = 0;
    enum exit_code code = copy_input(console, path, limit, &copy);
    if (code == EXIT_CODE_OK && pipe(ends) == 0) {
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        bool started = start(command, fileno(copy), ends[1], &child);
        close(ends[1]);
        *n_out = started ? count_output(ends[0]) : 0;
        close(ends[0]);
        if (!started || waitpid(child, &status, 0) != child || status != 0) {
            console_error(console, path, "'%s' failed%s", command,
                          WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ": not installed" : "");
            code = EXIT_CODE_FAILED;
        }
    } else if (code == EXIT_CODE_OK) {
        console_error(console, path, "cannot make a pipe: %s", strerror(errno));
        code = EXIT_CODE_FAILED;
    }
    if (copy)
        fclose(copy);
    return code;
}
