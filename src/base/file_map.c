/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_map.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tacit_status map_descriptor(struct file_map *map, int fd)
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
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return TACIT_ERR_IO;
    map->data = data;
    map->n_bytes = (size_t)info.st_size;
    return TACIT_OK;
}

enum tacit_status file_map_open(struct file_map *map, const char *path)
{
    *map = (struct file_map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return TACIT_ERR_IO;
    enum tacit_status status = map_descriptor(map, fd);
    int saved = errno;
    close(fd); /* the mapping outlives the descriptor */
    errno = saved;
    return status;
}

void file_map_close(struct file_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->n_bytes);
    *map = (struct file_map){0};
}
