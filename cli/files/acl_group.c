/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/acl_group.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/xattr.h>

/* The attribute as linux/posix_acl_xattr.h lays it out, little-endian: a version, then for each entry
 * what it is for, its rights, and an identifier. */
enum {
    LIST_MAX = 1 << 16, /* the largest attribute */
    VERSION_SIZE = 4,
    ENTRY_SIZE = 8,
    TAG_OWNING_GROUP = 4,
};

static unsigned little_16(const uint8_t *data)
{
    return data[0] | (unsigned)data[1] << 8;
}

static mode_t rights_in(const uint8_t *list, size_t n)
{
    for (size_t at = VERSION_SIZE; at + ENTRY_SIZE <= n; at += ENTRY_SIZE)
        if (little_16(list + at) == TAG_OWNING_GROUP)
            return (little_16(list + at + 2) & 7) << 3;
    return 0;
}

mode_t acl_group_rights(int fd)
{
    static const char name[] = "system.posix_acl_access";
    if (fgetxattr(fd, name, NULL, 0) < 0)
        return errno == ENODATA || errno == ENOTSUP || errno == EBADF || errno == EPERM ? 070 : 0;
    uint8_t *list = malloc(LIST_MAX);
    ssize_t n = list ? fgetxattr(fd, name, list, LIST_MAX) : -1;
    mode_t rights = n > 0 ? rights_in(list, (size_t)n) : 0;
    free(list);
    return rights;
}
