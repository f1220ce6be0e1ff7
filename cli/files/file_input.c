/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/file_input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/console.h"
#include "cli/files/acl_group.h"
#include "cli/files/fd_io.h"

static enum exit_code fail_to_open(struct input *input, enum input_rule rule)
{
    if (errno == ELOOP && rule == INPUT_REGULAR_ONLY) {
        console_error(input->console, input->name,
                      "is a symbolic link; skipped (-f follows it, -c and -o too)");
    } else {
        console_error(input->console, input->name, "cannot open: %s", strerror(errno));
    }
    return EXIT_CODE_FAILED;
}

static enum exit_code check_type(struct input *input, enum input_rule rule)
{
    mode_t mode = input->stat.st_mode;
    if (S_ISDIR(mode)) {
        console_error(
            input->console, input->name,
            "is a directory; tar packs it into one file: tar -I tacit -cf DIR.tar.tct DIR");
        return EXIT_CODE_FAILED;
    }
    if (!S_ISREG(mode) && rule == INPUT_REGULAR_ONLY) {
        console_error(input->console, input->name,
                      "is not a regular file; skipped (-f reads it, -c and -o too)");
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

enum exit_code input_open(struct input *input, struct console *console, const char *path,
                          enum input_rule rule)
{
    bool is_stdin = strcmp(path, "-") == 0;
    *input = (struct input){
        .console = console, .path = path, .name = is_stdin ? "(stdin)" : path, .fd = STDIN_FILENO};
    if (!is_stdin) {
        /* O_NONBLOCK: opening a pipe without a writer must not block */
        int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC;
        if (rule == INPUT_REGULAR_ONLY)
            flags |= O_NOFOLLOW | O_NONBLOCK;
        input->fd = open(path, flags);
    }
    if (input->fd < 0)
        return fail_to_open(input, rule);
    if (fstat(input->fd, &input->stat) != 0) {
        console_error(console, input->name, "cannot open: %s", strerror(errno));
        input_close(input);
        return EXIT_CODE_FAILED;
    }
    input->stat.st_mode &= ~(mode_t)070 | acl_group_rights(input->fd);
    enum exit_code code = is_stdin ? EXIT_CODE_OK : check_type(input, rule);
    if (code != EXIT_CODE_OK)
        input_close(input);
    return code;
}

static enum exit_code read_full(struct input *input, void *data, size_t n, size_t *n_read)
{
    if (fd_read_full(input->fd, data, n, n_read))
        return EXIT_CODE_OK;
    console_error(input->console, input->name, "cannot read: %s", strerror(errno));
    return EXIT_CODE_FAILED;
}

enum exit_code input_peek(struct input *input, const void **start, size_t *n)
{
    *start = input->start;
    enum exit_code code = read_full(input, input->start, sizeof input->start, &input->n_start);
    *n = input->n_start;
    input->start_is_all = *n < sizeof input->start;
    return code;
}

enum exit_code input_check_end(const struct input *input)
{
    struct stat now;
    if (!S_ISREG(input->stat.st_mode) || fstat(input->fd, &now) != 0 ||
        now.st_size >= input->stat.st_size || lseek(input->fd, 0, SEEK_CUR) >= input->stat.st_size)
        return EXIT_CODE_OK;
    console_error(input->console, input->name,
                  "became shorter while it was read; try again when nothing writes to it");
    return EXIT_CODE_FAILED;
}

enum exit_code input_read(struct input *input, void *data, size_t n, size_t *n_read)
{
    size_t n_ahead = input->n_start - input->at_start;
    if (n_ahead > n)
        n_ahead = n;
    memcpy(data, input->start + input->at_start, n_ahead);
    input->at_start += n_ahead;
    *n_read = 0;
    if (!input->start_is_all) { /* a terminal would have to signal its end a second time */
        enum exit_code code = read_full(input, (char *)data + n_ahead, n - n_ahead, n_read);
        if (code != EXIT_CODE_OK)
            return code;
    }
    *n_read += n_ahead;
    input->n_read += *n_read;
    input->at_end = *n_read < n;
    return input->at_end ? input_check_end(input) : EXIT_CODE_OK;
}

uint64_t input_size(const struct input *input)
{
    return S_ISREG(input->stat.st_mode) ? (uint64_t)input->stat.st_size : 0;
}

static enum tacit_status read_at(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    struct input *input = context;
    if (fd_read_at(input->fd, offset, data, n_bytes))
        return TACIT_OK;
    input->source_errno = errno;
    return TACIT_ERR_IO;
}

enum exit_code input_source(struct input *input, struct tacit_source *source)
{
    off_t size = -1;
    if (S_ISREG(input->stat.st_mode) || S_ISBLK(input->stat.st_mode))
        size = lseek(input->fd, 0, SEEK_END);
    if (size < 0) {
        console_error(input->console, input->name,
                      "cannot jump about in it; save it to a file first");
        return EXIT_CODE_FAILED;
    }
    *source = (struct tacit_source){.context = input, .size = (uint64_t)size, .read_at = read_at};
    return EXIT_CODE_OK;
}

enum exit_code input_source_failed(const struct input *input, enum tacit_status status)
{
    if (status != TACIT_ERR_IO)
        return fail_with_status(input->console, input->name, status);
    console_error(input->console, input->name, "cannot read: %s", strerror(input->source_errno));
    return EXIT_CODE_FAILED;
}

static bool differ(const struct stat *a, const struct stat *b)
{
    return a->st_size != b->st_size || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
           a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

bool input_has_changed(const struct input *input)
{
    struct stat now;
    return S_ISREG(input->stat.st_mode) && fstat(input->fd, &now) == 0 &&
           differ(&now, &input->stat);
}

enum exit_code input_remove(const struct input *input)
{
    const struct stat *then = &input->stat;
    struct stat now;
    const char *why = NULL;
    if (lstat(input->path, &now) != 0)
        why = strerror(errno);
    else if (now.st_dev != then->st_dev || now.st_ino != then->st_ino)
        why = "it was replaced meanwhile, or is a symbolic link";
    else if (differ(&now, then))
        why = "it has changed meanwhile";
    else if (unlink(input->path) != 0)
        why = strerror(errno);
    if (why == NULL)
        return EXIT_CODE_OK;
    console_error(input->console, input->name, "not removed: %s", why);
    return EXIT_CODE_FAILED;
}

void input_close(struct input *input)
{
    if (input->fd > STDIN_FILENO)
        close(input->fd);
    input->fd = -1;
}
