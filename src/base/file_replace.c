/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/try.h"

static void release(struct file_replace *file)
{
    free(file->target);
    free(file->temporary);
}

/* The first name that no file has: another process, even one that has died, may have left files of
 * other names. */
static int create(char *temporary, size_t cap, const char *path)
{
    enum { N_NAMES = 1000 };
    int fd = -1;
    for (unsigned i = 0; fd < 0 && i < N_NAMES; i++) {
        snprintf(temporary, cap, "%s.%ld-%u.part", path, (long)getpid(), i);
        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

enum tacit_status file_replace_open(struct file_replace *file, const char *path)
{
    size_t cap = strlen(path) + 48;
    *file = (struct file_replace){-1, strdup(path), malloc(cap)};
    if (!file->target || !file->temporary) {
        release(file);
        return TACIT_ERR_MEMORY;
    }
    file->fd = create(file->temporary, cap, path);
    if (file->fd >= 0)
        return TACIT_OK;
    release(file);
    return TACIT_ERR_IO;
}

enum tacit_status file_replace_write(struct file_replace *file, const void *data, size_t n_bytes)
{
    const uint8_t *at = data;
    while (n_bytes > 0) {
        ssize_t n = write(file->fd, at, n_bytes < 1u << 24 ? n_bytes : 1u << 24);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return TACIT_ERR_IO;
        at += n;
        n_bytes -= (size_t)n;
    }
    return TACIT_OK;
}

/* Makes the new name survive a crash. Some file systems cannot do this; the file is whole all the
 * same. */
static void sync_folder(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    int fd = open(slash ? path : ".", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

enum tacit_status file_replace_commit(struct file_replace *file)
{
    int fd = file->fd;
    bool durable = fsync(fd) == 0;
    if (durable) {
        file->fd = -1;
        durable = close(fd) == 0 && rename(file->temporary, file->target) == 0;
    }
    if (!durable) {
        file_replace_abandon(file);
        return TACIT_ERR_IO;
    }
    sync_folder(file->target);
    release(file);
    return TACIT_OK;
}

void file_replace_abandon(struct file_replace *file)
{
    int saved = errno;
    if (file->fd >= 0)
        close(file->fd);
    unlink(file->temporary);
    release(file);
    errno = saved;
}

enum tacit_status file_replace_all(const char *path, const void *data, size_t n_bytes)
{
    struct file_replace file;
    TRY(file_replace_open(&file, path));
    enum tacit_status status = file_replace_write(&file, data, n_bytes);
    if (status == TACIT_OK)
        return file_replace_commit(&file);
    file_replace_abandon(&file);
    return status;
}
