/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "base/file_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_MAX = 1 << 30 }; /* bytes; no system's read takes less */

static enum tacit_status read_all(int fd, uint8_t *data, size_t n_bytes)
{
    for (size_t at = 0; at < n_bytes;) {
        size_t wanted = n_bytes - at < READ_MAX ? n_bytes - at : READ_MAX;
        ssize_t n = read(fd, data + at, wanted);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* the file has become shorter */
        if (n <= 0)
            return TACIT_ERR_IO;
        at += (size_t)n;
    }
    return TACIT_OK;
}

static enum tacit_status read_descriptor(struct file_bytes *file, int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return TACIT_ERR_IO;
    if (!S_ISREG(info.st_mode) || (uint64_t)info.st_size > SIZE_MAX) {
        errno = EINVAL;
        return TACIT_ERR_IO;
    }
    if (info.st_size == 0)
        return TACIT_OK;
    size_t n_bytes = (size_t)info.st_size;
    void *data = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return TACIT_ERR_MEMORY;
    *file = (struct file_bytes){data, n_bytes};
    enum tacit_status status = read_all(fd, data, n_bytes);
    if (status != TACIT_OK)
        file_bytes_close(file);
    return status;
}

enum tacit_status file_bytes_open(struct file_bytes *file, const char *path)
{
    *file = (struct file_bytes){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return TACIT_ERR_IO;
    enum tacit_status status = read_descriptor(file, fd);
    int saved = errno;
    close(fd);
    errno = saved;
    return status;
}

void file_bytes_close(struct file_bytes *file)
{
    if (file->data) {
        int saved = errno;
        munmap((void *)(uintptr_t)file->data, file->n_bytes);
        errno = saved;
    }
    *file = (struct file_bytes){0};
}
