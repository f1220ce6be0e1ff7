/* SPDX-License-Identifier: Apache-2.0
 *
 * The command's outputs. A file is written under a temporary name beside its own, synchronised, and renamed, as
 * base/file_replace does inside the library; here signals remove the temporary file too.
 */
#include "cli/files/file_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/console.h"
#include "cli/base/signals.h"
#include "cli/files/fd_io.h"

enum { HOLE_UNIT = 4096 }; /* a multiple of file systems' block size */

static const char *errno_hint(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "; free some space, or write elsewhere with -o";
    case EFBIG:
        return "; the file system or a limit (ulimit -f) allows no larger file";
    case EACCES:
    case EPERM:
    case EROFS:
        return "; write elsewhere with -o";
    default:
        return "";
    }
}

static enum exit_code fail_with_errno(const struct output *output, const char *what)
{
    int error = errno;
    console_error(output->console, output->name, "%s: %s%s", what, strerror(error),
                  errno_hint(error));
    return EXIT_CODE_FAILED;
}

void output_open_nothing(struct output *output, struct console *console)
{
    *output = (struct output){.console = console, .name = "(nothing)", .fd = -1};
}

enum exit_code output_open_stdout(struct output *output, struct console *console, bool force)
{
    struct stat file;
    *output = (struct output){.console = console, .name = "(stdout)", .fd = STDOUT_FILENO};
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    output->is_sparse = flags >= 0 && !(flags & O_APPEND) && fstat(STDOUT_FILENO, &file) == 0 &&
                        S_ISREG(file.st_mode) && lseek(STDOUT_FILENO, 0, SEEK_CUR) == file.st_size;
    if (!force && isatty(STDOUT_FILENO)) {
        console_error(console, output->name,
                      "is a terminal; redirect it, name a file with -o, or insist with -f");
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

/* The length of the directory's part of path, its last slash included. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static enum exit_code create_temp(struct output *output, const char *path)
{
    static const char pattern[] = ".tacit-XXXXXX.tmp";
    enum { SUFFIX_LENGTH = 4 }; /* ".tmp" */
    size_t n_directory = directory_length(path);
    output->temp_path = malloc(n_directory + sizeof pattern);
    if (output->temp_path == NULL)
        return fail_with_errno(output, "cannot create");
    memcpy(output->temp_path, path, n_directory);
    memcpy(output->temp_path + n_directory, pattern, sizeof pattern);

    sigset_t saved;
    signals_block(&saved);
    output->fd = mkstemps(output->temp_path, SUFFIX_LENGTH);
    if (output->fd >= 0)
        signals_add_temp_path(output->temp_path);
    output->is_sparse = true;
    signals_restore(&saved);
    if (output->fd >= 0)
        return EXIT_CODE_OK;
    enum exit_code code = fail_with_errno(output, "cannot create");
    free(output->temp_path);
    output->temp_path = NULL;
    return code;
}

/* A device, pipe or socket must not be replaced by a file, since its reader would not notice. */
static enum exit_code open_in_place(struct output *output, const char *path)
{
    output->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    return output->fd >= 0 ? EXIT_CODE_OK : fail_with_errno(output, "cannot open for writing");
}

static bool is_null_device(const struct stat *file)
{
    struct stat null_device;
    return S_ISCHR(file->st_mode) && stat("/dev/null", &null_device) == 0 &&
           null_device.st_rdev == file->st_rdev;
}

enum exit_code output_open_file(struct output *output, struct console *console, const char *path,
                                bool force)
{
    *output = (struct output){.console = console, .name = path, .fd = -1, .replace = force};
    struct stat entry, target;
    if (lstat(path, &entry) != 0) {
        /* Finds errors at once that would otherwise show only when all work is done. */
        if (errno == ENAMETOOLONG || path[0] == '\0')
            return fail_with_errno(output, "cannot create");
        return create_temp(output, path);
    }
    bool leads_somewhere = stat(path, &target) == 0;
    if (leads_somewhere && S_ISDIR(target.st_mode)) {
        console_error(console, path, "is a directory; name a file in it");
        return EXIT_CODE_FAILED;
    }
    if (!force && !(leads_somewhere && is_null_device(&target))) {
        console_error(console, path, "already exists; not replaced without -f");
        return EXIT_CODE_FAILED;
    }
    if (leads_somewhere && !S_ISREG(target.st_mode))
        return open_in_place(output, path);
    return create_temp(output, path);
}

bool output_is_same_file(const struct output *output, const struct stat *file)
{
    struct stat target;
    if (output->fd < 0 || !S_ISREG(file->st_mode))
        return false;
    int failed =
        output->temp_path != NULL ? stat(output->name, &target) : fstat(output->fd, &target);
    return failed == 0 && target.st_dev == file->st_dev && target.st_ino == file->st_ino;
}

static enum exit_code make_hole(struct output *output, uint64_t n)
{
    if (lseek(output->fd, (off_t)n, SEEK_CUR) < 0)
        return fail_with_errno(output, "cannot write");
    output->n_bytes += n;
    output->ends_in_hole = true;
    return EXIT_CODE_OK;
}

static bool is_zero(const char *data, size_t n)
{
    return data[0] == 0 && memcmp(data, data + 1, n - 1) == 0;
}

/* How many first bytes of data[0 .. n), which go to the file at offset, are all holes, or all
 * not. */
static size_t run_length(const char *data, size_t n, uint64_t offset, bool *is_hole)
{
    size_t done = 0;
    while (done < n) {
        size_t n_unit = HOLE_UNIT - (size_t)((offset + done) % HOLE_UNIT);
        size_t n_piece = n_unit < n - done ? n_unit : n - done;
        bool is_unit = n_piece == HOLE_UNIT && is_zero(data + done, n_piece);
        if (done > 0 && is_unit != *is_hole)
            break;
        *is_hole = is_unit;
        done += n_piece;
    }
    return done;
}

enum exit_code output_write(struct output *output, const void *data, size_t n)
{
    const char *from = data;
    bool is_hole = false;
    for (size_t n_run; n > 0; from += n_run, n -= n_run) {
        n_run = output->is_sparse ? run_length(from, n, output->n_bytes, &is_hole) : n;
        if (is_hole) {
            enum exit_code code = make_hole(output, n_run);
            if (code != EXIT_CODE_OK)
                return code;
            continue;
        }
        output->n_bytes += n_run;
        output->ends_in_hole = false;
        if (output->fd >= 0 && !fd_write_full(output->fd, from, n_run))
            return fail_with_errno(output, "cannot write");
    }
    return EXIT_CODE_OK;
}

enum exit_code output_skip(struct output *output, uint64_t n)
{
    static const char zeros[HOLE_UNIT];
    if (output->is_sparse && n > 0)
        return make_hole(output, n);
    enum exit_code code = EXIT_CODE_OK;
    while (n > 0 && code == EXIT_CODE_OK) {
        size_t n_now = n < sizeof zeros ? (size_t)n : sizeof zeros;
        code = output_write(output, zeros, n_now);
        n -= n_now;
    }
    return code;
}

/* Set-user-id and its like are dropped: a user who unpacks a file should not get them unasked. If
 * the group cannot be kept, the new group must not get more than all others had. */
static bool copy_attributes(int fd, const struct stat *like)
{
    mode_t mode = like->st_mode & 0777;
    (void)!fchown(fd, like->st_uid, (gid_t)-1); /* only root may change the owner */
    if (fchown(fd, (uid_t)-1, like->st_gid) != 0)
        mode &= ~(mode_t)070 | ((mode & 07) << 3);
    struct timespec times[2] = {like->st_atim, like->st_mtim};
    return fchmod(fd, mode) == 0 && futimens(fd, times) == 0;
}

static bool set_new_file_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

/* The name in the directory must survive a power cut as well as the bytes. A directory that cannot
 * be read or synchronised is no reason to give up the finished file. */
static void sync_directory(const char *path)
{
    size_t n = directory_length(path);
    char *directory = n == 0 ? strdup(".") : strndup(path, n);
    int fd = directory == NULL ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(directory);
}

/* Without replace, link() makes sure that a file that appeared meanwhile is not lost either. */
static bool give_final_name(const struct output *output)
{
    if (output->replace)
        return rename(output->temp_path, output->name) == 0;
    if (link(output->temp_path, output->name) == 0) {
        if (unlink(output->temp_path) != 0)
            console_warn(output->console, output->temp_path,
                         "cannot remove this temporary name of the output: %s", strerror(errno));
        return true;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK)
        return false;
    struct stat entry; /* a file system without hard links */
    if (lstat(output->name, &entry) == 0) {
        errno = EEXIST;
        return false;
    }
    return rename(output->temp_path, output->name) == 0;
}

/* A hole at the file's end exists only once the file has its full length. */
static enum exit_code end_hole(struct output *output)
{
    off_t end = output->ends_in_hole ? lseek(output->fd, 0, SEEK_CUR) : 0;
    if (output->ends_in_hole && (end < 0 || ftruncate(output->fd, end) != 0))
        return fail_with_errno(output, "cannot write");
    output->ends_in_hole = false;
    return EXIT_CODE_OK;
}

static enum exit_code finish_file(struct output *output, const struct stat *like)
{
    if (!(like != NULL ? copy_attributes(output->fd, like) : set_new_file_mode(output->fd)))
        console_warn(output->console, output->name, "cannot set mode or time: %s", strerror(errno));
    if (fsync(output->fd) != 0)
        return fail_with_errno(output, "cannot write to the disk");
    int failed = close(output->fd);
    output->fd = -1;
    if (failed)
        return fail_with_errno(output, "cannot write");
    if (!give_final_name(output))
        return fail_with_errno(output, "cannot give the finished file its name");
    return EXIT_CODE_OK;
}

enum exit_code output_commit(struct output *output, const struct stat *like)
{
    enum exit_code code = end_hole(output);
    if (code == EXIT_CODE_OK && output->temp_path != NULL) {
        code = finish_file(output, like);
        if (code == EXIT_CODE_OK) {
            sync_directory(output->name);
            signals_remove_temp_path(output->temp_path);
            free(output->temp_path);
            output->temp_path = NULL;
        }
    } else if (code == EXIT_CODE_OK && output->fd > STDERR_FILENO) {
        int failed = close(output->fd);
        output->fd = -1;
        if (failed)
            code = fail_with_errno(output, "cannot write");
    }
    output_abort(output);
    return code;
}

void output_abort(struct output *output)
{
    if (output->fd > STDERR_FILENO)
        close(output->fd);
    output->fd = -1;
    if (output->temp_path == NULL)
        return;
    unlink(output->temp_path);
    signals_remove_temp_path(output->temp_path);
    free(output->temp_path);
    output->temp_path = NULL;
}
